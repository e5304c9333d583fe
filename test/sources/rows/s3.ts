import { s3Source } from "../../../src/sources/s3.ts";
import { makeFolder } from "../../fakes/temporary-folder.ts";
import { S3RVER_KEYS, startS3rver } from "../../rig/servers/s3rver.ts";
import type { SourceRow } from "./row.ts";

export const s3Row: SourceRow = {
  name: "s3",
  source: s3Source,
  start: (content) => startS3rver(makeFolder(), { "dir/model.bin": content }),
  ask: (url) => ({
    reference: { source: "s3://models/dir/model.bin", include: [], exclude: [] },
    environment: { ...S3RVER_KEYS, AWS_ENDPOINT_URL_S3: url },
  }),
  isContent: ({ method, url }) => method === "GET" && !url.includes("list-type="),
  isListing: ({ method }) => method === "HEAD",
};
