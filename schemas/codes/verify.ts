import type { PagesOf } from "./page.ts";

export const verifyPages: PagesOf<"verify"> = {
  "verify/no-image": {
    title: "there is no image to verify",
    why: "What was named is no file, and neither the engine nor a registry has it. A signature is only kept in a registry.",
    mend: "Name a pushed image, one of the engine, or an archive; without a name it is what the outputs say.",
  },
  "verify/not-attested": {
    title: "an image has no such statement signed with this key",
    why: "Something is signed beside it, but the SBOM or the provenance is missing.",
    mend: "Set `attest: true` and `sign` on the output, and `mlpackage apply`.",
  },
  "verify/not-signed": {
    title: "an image is not signed",
    why: "There is nothing beside it in its registry. It may have been pushed without, or be another image under the same tag.",
    mend: "Set `attest: true` and `sign` on the output, and `mlpackage apply`.",
  },
  "verify/other-image": {
    title: "what is signed beside an image is about another one",
    why: "The statement names another digest. Somebody may have put it there to make the image look right. Do not use it.",
    mend: "Ask who pushed it; `mlpackage apply` on a clone you trust pushes and signs it anew.",
  },
  "verify/other-key": {
    title: "an image is signed with another key",
    why: "None of the signatures beside it was made with the private half of your key. Do not use the image before you know why.",
    mend: "Check that the key is the right one; if the signer's key was changed, get the new public half in a way you trust.",
  },
  "verify/unreadable": {
    title: "an image cannot be read",
    why: "It is there, but a part of it is missing, damaged, or in a form that is not known here.",
    mend: "For an archive, save it anew; for an image of a registry, push it anew with `mlpackage apply`.",
  },
};
