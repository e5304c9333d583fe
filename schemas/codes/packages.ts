import type { PagesOf } from "./page.ts";

export const packagesPages: PagesOf<"packages"> = {
  "packages/no-digest": {
    title: "pip tells no digest of a package",
    why: "It comes from a folder or a repository of source code, or from an index that is too old to have digests. A lock could not say what to install.",
    mend: "Make a wheel of it, `pip wheel PACKAGE -w wheels`, and write `find_links: [wheels]` beside the requirements.",
  },
  "packages/secret-address": {
    title: "the address of a package holds what may be a secret",
    why: "It would stand in `mlpackage.lock`, which is committed and read by everybody.",
    mend: "Ask for the package by name and version from an index, and let `build.secrets` log in; or put its wheel into a folder that `find_links` names.",
  },
};
