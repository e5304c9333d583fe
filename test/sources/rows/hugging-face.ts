import { huggingFaceSource } from "../../../src/sources/hugging-face.ts";
import { startHub } from "../../rig/servers/hugging-face.ts";
import type { SourceRow } from "./row.ts";

/** A small file, which the hub sends itself, and of which it publishes what Git calls it. */
export const hubRow: SourceRow = {
  name: "hf",
  source: huggingFaceSource,
  start: (content) => startHub({ "org/repo": { files: { "model.bin": content } } }),
  ask: (url) => ({
    reference: { source: "hf://org/repo", include: [], exclude: [] },
    environment: { HF_ENDPOINT: url, HF_TOKEN: "" },
  }),
  isContent: ({ url }) => url.includes("/resolve/"),
  isListing: ({ url }) => url.startsWith("/api/"),
};

/** A large one, which the hub sends on to, and of which it publishes the SHA-256; here it stays in reach of the faults. */
export const hubLargeRow: SourceRow = {
  ...hubRow,
  name: "hf, large",
  start: (content) =>
    startHub(
      { "org/repo": { files: { "model.bin": content }, largeFromBytes: 1 } },
      { contentAt: "same-host" },
    ),
  isContent: ({ url }) => url.startsWith("/large/"),
};
