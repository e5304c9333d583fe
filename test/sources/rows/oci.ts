import { ociSource } from "../../../src/sources/oci.ts";
import { makeModelPack, startRegistry } from "../../rig/servers/oci.ts";
import type { SourceRow } from "./row.ts";

export const ociRow: SourceRow = {
  name: "oci",
  source: ociSource,
  start: (content) => startRegistry({ "team/model:1": makeModelPack({ "model.bin": content }) }),
  ask: (url) => ({
    reference: { source: `${url.replace(/^http:/, "oci:")}/team/model:1`, include: [], exclude: [] },
    environment: {},
  }),
  isContent: ({ url }) => url.includes("/blobs/"),
  isListing: ({ url }) => url.includes("/manifests/"),
};
