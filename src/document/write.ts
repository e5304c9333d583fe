import type { Serializable } from "../model/serializable.ts";

/** Plain data as YAML, each text on a line of its own, however long. Loaded by who writes: reading has its own way. */
export async function writeYaml(value: Serializable): Promise<string> {
  const { dump } = await import("js-yaml");
  return dump(value, { lineWidth: -1, noRefs: true });
}
