import type { PagesOf } from "./page.ts";

export const registryPages: PagesOf<"registry"> = {
  "registry/failed": {
    title: "a registry did not do what it was asked",
    why: "It answered with an error, which stands below the message. Faults that may pass were tried again.",
    mend: "Try again later, and look into the registry's own log. `mlpackage doctor` asks each registry of the package.",
  },
  "registry/not-found": {
    title: "a registry does not have an image",
    why: "It was never pushed there, was removed, or has another name or tag.",
    mend: "`mlpackage apply` pushes what the outputs say. For another image, check its name: `docker buildx imagetools inspect IMAGE`.",
  },
  "registry/refused": {
    title: "a registry refuses access",
    why: "Nobody is logged in, or the account may not read or write there. Some registries say the same of a repository that does not exist.",
    mend: "`docker login HOST`; `mlpackage registry` shows as whom you are known. Some want the repository to be made beforehand.",
  },
  "registry/tried-again": {
    title: "a registry did not answer well, and is asked again",
    why: "Such faults mostly pass. It is told so that you know why it takes longer.",
    mend: "Nothing. If it happens often, the network or the registry needs a look.",
  },
  "registry/unreachable": {
    title: "a registry does not answer",
    why: "Its name is unknown, or nothing listens there, or the network does not lead there.",
    mend: "Check the name at the beginning of the tag; `HTTPS_PROXY` names a proxy. `mlpackage doctor` asks each registry of the package.",
  },
};
