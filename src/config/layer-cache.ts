import type { LayerCacheConfig } from "../model/config.ts";
import { normalizePath } from "./paths.ts";

type Written = string | Readonly<Record<string, string | boolean | number>>;

/**
 * A cache of BuildKit's as it is written: a mapping, `type=local,src=cache`, or the image reference of one in a registry.
 * What has no value is given an empty one.
 */
export function readLayerCache(written: Written, pointer: string): LayerCacheConfig {
  const { type = "", ...attributes } =
    typeof written === "string" ? attributesIn(written) : asTexts(Object.entries(written));
  return { pointer, type, attributes: type === "local" ? withPlainPath(attributes) : attributes };
}

function attributesIn(text: string): Record<string, string> {
  const fields = fieldsOf(text);
  const [first = ""] = fields;
  if (fields.length === 1 && !first.includes("=")) return { type: "registry", ref: first };
  return asTexts(
    fields.map((field) => {
      const [name = "", ...value] = field.split("=");
      return [name.trim().toLowerCase(), value.join("=")];
    }),
  );
}

/** As Go reads a line of CSV: a field with a comma or a quote in it is put in quotes. */
function fieldsOf(text: string): readonly string[] {
  const fields = text.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g);
  return [...fields].map(([, quoted, plain = ""]) => quoted?.replaceAll('""', '"') ?? plain);
}

function asTexts(entries: readonly (readonly [string, string | boolean | number])[]): Record<string, string> {
  return Object.fromEntries(entries.map(([name, value]) => [name, String(value)]));
}

/** What nobody checked yet is left as it is. */
function withPlainPath(attributes: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(attributes).map(([name, value]) => {
      const isPath = (name === "src" || name === "dest") && value !== "" && !value.startsWith("/");
      return [name, isPath ? normalizePath(value) : value];
    }),
  );
}
