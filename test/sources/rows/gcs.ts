import { gcsSource } from "../../../src/sources/gcs.ts";
import { startGcs } from "../../rig/servers/gcs.ts";
import type { SourceRow } from "./row.ts";

export const gcsRow: SourceRow = {
  name: "gs",
  source: gcsSource,
  start: (content) =>
    startGcs({ objects: { "dir/model.bin": [{ body: content, generation: "1700000000000001" }] } }),
  ask: (url) => ({
    reference: { source: "gs://models/dir/model.bin", include: [], exclude: [] },
    environment: { STORAGE_EMULATOR_HOST: url },
  }),
  isContent: ({ url }) => url.includes("alt=media"),
  isListing: ({ url }) => !url.includes("alt=media"),
};
