import type { PagesOf } from "./page.ts";

export const vendorPages: PagesOf<"vendor"> = {
  "vendor/base-not-pinned": {
    title: "the engine has the base image in other bytes than the lock names",
    why: "An engine unpacks what it pulls, and cannot always give back the layers as they were. Only the registry has those.",
    mend: "Try again where the registry of the base image answers.",
  },
};
