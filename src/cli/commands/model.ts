import { type Diagnostic, errorDiagnostic } from "../../model/diagnostic.ts";
import { refuse } from "../refuse.ts";
import type { RunOptions } from "../run-graph.ts";
import type { Session } from "../session.ts";

export type ModelAction = "push" | "pull" | "inspect";

export type ModelOptions = RunOptions & {
  readonly action: ModelAction;
  /** With or without `oci://`. */
  readonly reference: string;
  /** For `pull`. */
  readonly folder: string | undefined;
  /** For `push`: the models, by their names. */
  readonly only: readonly string[];
  /** For `pull`. */
  readonly force: boolean;
};

/** The commands about models in registries. */
export async function model(session: Session, options: ModelOptions): Promise<number> {
  const { action } = options;
  const excess = findExcess(options);
  if (excess !== undefined) return refuse(session, wordExcess(action, excess));
  switch (action) {
    case "push":
      return (await import("../model/push.ts")).pushModels(session, options);
    case "pull":
      return (await import("../model/pull.ts")).pullModel(session, options);
    case "inspect":
      return (await import("../model/inspect.ts")).inspectModel(session, options);
  }
}

function findExcess({ action, folder, only, force }: ModelOptions): string | undefined {
  if (only.length > 0 && action !== "push") return "--only";
  if (action === "pull") return undefined;
  return folder ?? (force ? "--force" : undefined);
}

function wordExcess(action: ModelAction, excess: string): Diagnostic {
  return errorDiagnostic("cli/excess-argument", `\`model ${action}\` takes no \`${excess}\``, {
    hint: "remove it: `--only` is for `model push`, a folder and `--force` for `model pull`",
  });
}
