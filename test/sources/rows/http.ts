import { httpSource } from "../../../src/sources/http.ts";
import { startFileServer } from "../../rig/servers/files.ts";
import type { SourceRow } from "./row.ts";

export const httpRow: SourceRow = {
  name: "http",
  source: httpSource,
  start: (content) => startFileServer({ "/dir/model.bin": content }),
  ask: (url) => ({
    reference: { source: `${url}/dir/model.bin`, include: [], exclude: [] },
    environment: {},
  }),
  isContent: ({ method }) => method === "GET",
  isListing: ({ method }) => method === "HEAD",
};
