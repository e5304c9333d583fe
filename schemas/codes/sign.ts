import type { PagesOf } from "./page.ts";

export const signPages: PagesOf<"sign"> = {
  "sign/failed": {
    title: "cosign did not sign",
    why: "It did not end in time: a key in a key service may be out of reach, or ask for something.",
    mend: "Try the key by hand: `cosign public-key --key KEY`.",
  },
  "sign/no-cosign": {
    title: "there is no cosign to sign with",
    why: "Keys are left to it. To check a signature, `mlpackage verify --key`, it is not needed.",
    mend: "Install cosign 3 or newer, so that it is found in `PATH`.",
  },
  "sign/no-key": {
    title: "there is no private key of cosign in the place that is named",
    why: "A path is relative to the folder of `mlpackage.yaml`. The file is not there, or is no key.",
    mend: "`cosign generate-key-pair` makes `cosign.key` and `cosign.pub`; a key in a variable is `env://NAME`.",
  },
  "sign/old-cosign": {
    title: "the cosign that is here is too old",
    why: "It cannot write a Sigstore bundle to a file in the way that is needed.",
    mend: "Install cosign 3 or newer.",
  },
  "sign/wrong-password": {
    title: "the password of the key is wrong or not there",
    why: "cosign is not given the terminal, so it cannot ask.",
    mend: "`export COSIGN_PASSWORD=...`; an empty one if the key has none.",
  },
};
