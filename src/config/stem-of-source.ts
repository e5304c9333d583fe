import { fileName } from "./paths.ts";

/** What names a model in a place that has names of its own, in which a dot begins no ending. */
const NAMED: readonly RegExp[] = [
  // The repository of a hub, named without a path in it.
  /^hf:\/\/(?:(?:models|datasets|spaces)\/)?[^/@]+\/([^/@]+)(?:@[^/]*|@refs\/[^/]+\/[^/]+)?\/?$/,
  /^oci:\/\/(?:.*\/)?([^/:@]+)(?::[^/@]*)?(?:@.*)?$/,
  /^azureml:(?:\/.*\/models\/)?([^/:@]+)(?:[:@][^/]*|\/versions\/[^/]*|\/labels\/latest)$/,
  /^mlflow:models:\/([^/@]+)/,
];

/** What a model is called that has no `name`: its name there, or that of its file or folder without the last extension. */
export function stemOf(source: string): string {
  const named = NAMED.map((pattern) => pattern.exec(source)?.[1]).find((name) => name !== undefined);
  if (named !== undefined) return named;
  const path = /^[a-z][a-z0-9+.-]*:\/\//.test(source) ? source.replace(/[?#].*$/, "") : source;
  return fileName(path).replace(/(?<=.)\.[^.]*$/, "");
}
