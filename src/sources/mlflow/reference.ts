import { errorDiagnostic } from "../../model/diagnostic.ts";
import { fail, type Result, succeed } from "../../model/result.ts";

/** What a reference asks of MLflow, in the grammar of its own URIs. */
export type Asked =
  | { readonly kind: "version"; readonly name: string; readonly version: string }
  | { readonly kind: "alias"; readonly name: string; readonly alias: string }
  /** The highest version; with a stage, of those that are in it. */
  | { readonly kind: "latest"; readonly name: string; readonly stage?: string }
  | { readonly kind: "logged"; readonly modelId: string }
  /** `path` is a file or a folder among what a run has left. */
  | { readonly kind: "run"; readonly runId: string; readonly path: string };

/** An id of MLflow's: it becomes a part of an address. */
const ID = /^[A-Za-z0-9][\w-]{0,255}$/;

/** What stands in an address of MLflow's, and is passed on as it is. */
const NAME = /^[^/:@\p{Cc}]+$/u;

/** Reads `models:/…` and `runs:/…`; undefined where it is neither. */
export function readUri(uri: string): Asked | undefined {
  const [, scheme, rest = ""] = /^(models|runs):\/(?!\/)(.+)$/.exec(uri) ?? [];
  const [first = "", ...others] = rest.split("/");
  if (scheme === "runs") return readRun(first, others);
  return scheme === "models" ? readModel(first, others) : undefined;
}

function readRun(runId: string, segments: readonly string[]): Asked | undefined {
  const isPath = segments.length > 0 && segments.every((one) => !["", ".", ".."].includes(one));
  return ID.test(runId) && isPath ? { kind: "run", runId, path: segments.join("/") } : undefined;
}

function readModel(first: string, [suffix, ...others]: readonly string[]): Asked | undefined {
  if (others.length > 0) return undefined;
  if (suffix === undefined) return readAlias(first) ?? readLogged(first);
  if (!NAME.test(first) || !NAME.test(suffix)) return undefined;
  if (/^\d+$/.test(suffix)) return { kind: "version", name: first, version: String(BigInt(suffix)) };
  const isAny = suffix.toLowerCase() === "latest";
  return { kind: "latest", name: first, ...(!isAny && { stage: suffix }) };
}

function readAlias(text: string): Asked | undefined {
  const [name = "", alias = "", ...others] = text.split("@");
  const isAlias = NAME.test(name) && NAME.test(alias) && others.length === 0;
  return isAlias ? { kind: "alias", name, alias } : undefined;
}

function readLogged(modelId: string): Asked | undefined {
  return ID.test(modelId) ? { kind: "logged", modelId } : undefined;
}

/** `mlflow:` and a URI of MLflow's. */
export function readReference(source: string): Result<Asked> {
  const asked = readUri(source.replace(/^mlflow:/i, ""));
  if (asked !== undefined) return succeed(asked);
  return fail(
    errorDiagnostic("source/not-an-mlflow-uri", `\`${source}\` is not an MLflow model`, {
      hint: "write `mlflow:models:/NAME/VERSION`, `mlflow:models:/NAME@ALIAS`, `mlflow:models:/MODEL_ID` or `mlflow:runs:/RUN_ID/PATH`",
    }),
  );
}
