import { createMlflowSource } from "../../../src/sources/mlflow.ts";
import { startMlflow } from "../../rig/servers/mlflow.ts";
import type { SourceRow } from "./row.ts";

export const mlflowRow: SourceRow = {
  name: "mlflow",
  source: createMlflowSource(() => undefined),
  start: (content) =>
    startMlflow({
      artifacts: { "0/r1/artifacts/ridge/model.bin": content },
      versions: [{ name: "ridge", version: "3", source: "mlflow-artifacts:/0/r1/artifacts/ridge" }],
      authorization: "Bearer let-me-in",
    }),
  ask: (url) => ({
    reference: { source: "mlflow:models:/ridge/3", include: [], exclude: [] },
    environment: { MLFLOW_TRACKING_URI: url, MLFLOW_TRACKING_TOKEN: "let-me-in" },
  }),
  isContent: ({ url }) => url.includes("/mlflow-artifacts/artifacts/"),
  isListing: ({ url }) => !url.includes("/mlflow-artifacts/artifacts/"),
};
