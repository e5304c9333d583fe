import { mapSchema, type Schema } from "./bundle.ts";

/** Lists whose items are merged with those of the file by their names: an item may be a part of one. */
const MERGED_LISTS = ["models", "secrets"];

/**
 * The schema with what a profile may hold written out, as editors want it: the keys of the file, and none required, since
 * the file may have said the rest. Whether that comes to a whole is only seen once both are merged, which is what we check.
 */
export function withProfiles(root: Schema): Schema {
  const definitions: Record<string, unknown> = { ...(root.definitions as Schema) };
  const { profiles, ...keys } = root.properties as Record<string, Schema>;
  definitions.profile = {
    type: "object",
    additionalProperties: false,
    description: "What is merged over the file where the profile is chosen.",
    properties: Object.fromEntries(
      Object.entries(keys).map(([key, schema]) => [key, partial(schema, MERGED_LISTS.includes(key))]),
    ),
  };
  return {
    ...root,
    properties: {
      ...keys,
      profiles: { ...profiles, additionalProperties: { $ref: "#/definitions/profile" } },
    },
    definitions: Object.fromEntries(Object.entries(definitions).sort(([a], [b]) => (a < b ? -1 : 1))),
  };

  function partial(node: unknown, hasPartialItems = false): unknown {
    const schema = node as Schema;
    if (typeof schema.$ref === "string") return refer(schema, schema.$ref.replace("#/definitions/", ""));
    if (schema.type === "array")
      return hasPartialItems ? { ...schema, items: partial(schema.items) } : schema;
    if (Array.isArray(schema.oneOf)) return { ...schema, oneOf: joined(schema.oneOf) };
    if (schema.properties === undefined) return schema;
    const { required: _required, ...rest } = schema;
    const properties = mapSchema(schema.properties, (key, value) =>
      partial(value, MERGED_LISTS.includes(key)),
    );
    return { ...rest, properties };
  }

  /** What has nothing that is required is the same in a profile. */
  function refer(schema: Schema, name: string): Schema {
    const whole = (root.definitions as Schema)[name];
    const part = partial(whole);
    if (JSON.stringify(part) === JSON.stringify(whole)) return schema;
    const own = `${name}InProfile`;
    definitions[own] = part;
    return { ...schema, $ref: `#/definitions/${own}` };
  }

  /** Without the key that decides for one, the mappings of a union are one with the keys of all. */
  function joined(branches: readonly Schema[]): readonly unknown[] {
    const isMapping = (branch: Schema) => branch.properties !== undefined;
    const mappings = branches.filter(isMapping);
    const properties = Object.assign({}, ...mappings.map((branch) => branch.properties).reverse());
    const [first] = mappings;
    return [
      ...branches.filter((branch) => !isMapping(branch)),
      ...(first === undefined ? [] : [partial({ ...first, properties })]),
    ];
  }
}
