import { mapSchema, type Schema } from "./bundle.ts";

/** Keywords that only our messages read. */
export const wordingKeywords = ["patternErrorMessage", "x-reasons", "x-branch"];

const proseKeywords = new Set(["title", "description", "examples", "default"]);

/** The schema as editors want it: with the prose, without what only our messages read, and before interpolation. */
export function forEditors(node: unknown): unknown {
  const decided = withoutMembers(withPlainUnions(node), (key) => key.startsWith("x-"));
  return withMarkdown(withVariables(withoutListsAsDefault(decided)));
}

/** Unions in such a form that editors complete and word them well. */
function withPlainUnions(node: unknown): unknown {
  const nested = mapSchema(node, (_key, value) => withPlainUnions(value));
  if (!isSchema(nested) || !Array.isArray(nested.oneOf)) return nested;
  const { discriminator, oneOf, ...rest } = nested;
  const branches = oneOf as readonly Schema[];
  if (!isSchema(discriminator))
    return {
      ...rest,
      oneOf: branches.map((branch) => (isShorthand(branch) ? withoutDescription(branch) : branch)),
    };
  return { ...rest, ...chosenBy(String(discriminator.propertyName), branches) };
}

/** A shorthand has the description of the whole, which says what it is short for. */
function isShorthand(branch: Schema): boolean {
  return !isSchema(branch.properties);
}

function withoutDescription({ description: _description, ...rest }: Schema): Schema {
  return rest;
}

/** The key that decides has all its values in one list; what else there may be depends on it. */
function chosenBy(key: string, branches: readonly Schema[]): Schema {
  const deciding = branches.map((branch) => (branch.properties as Schema)[key] as Schema);
  return {
    properties: {
      [key]: {
        enum: deciding.map((one) => one.const),
        enumDescriptions: deciding.map((one) => one.description),
        description: deciding.map((one) => `\`${one.const}\`: ${one.description}`).join("\n\n"),
      },
    },
    allOf: branches.map((branch, index) => ({
      if: { properties: { [key]: { const: deciding[index]?.const } }, required: [key] },
      // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
      then: branch,
    })),
  };
}

/** A list of mappings is offered as `[object Object]`; what stands in it is a matter of the description. */
function withoutListsAsDefault(node: unknown): unknown {
  const nested = mapSchema(node, (_key, value) => withoutListsAsDefault(value));
  if (!isSchema(nested) || !Array.isArray(nested.default) || nested.default.length === 0) return nested;
  const { default: _default, ...rest } = nested;
  return rest;
}

/** Some editors show a `description` as it is written, backticks and all. */
function withMarkdown(node: unknown): unknown {
  const nested = mapSchema(node, (_key, value) => withMarkdown(value));
  if (!isSchema(nested) || typeof nested.description !== "string" || !nested.description.includes("`"))
    return nested;
  const { description, ...rest } = nested;
  return { description, markdownDescription: description, ...rest };
}

const isCastable = (type: unknown) => type === "integer" || type === "number" || type === "boolean";

/** An editor sees a file before its variables are replaced: whatever holds a `$` may become what is wanted. */
function withVariables(node: unknown): unknown {
  const nested = mapSchema(node, (_key, value) => withVariables(value));
  if (!isSchema(nested)) return nested;
  if (typeof nested.pattern === "string") return { ...nested, pattern: `${nested.pattern}|\\$` };
  return isCastable(nested.type) ? { ...nested, type: [nested.type, "string"], pattern: "\\$" } : nested;
}

/** The schema as the validator wants it: without prose, and with every union decided by what the value looks like. */
export function forValidator(root: Schema): Schema {
  const bare = withoutMembers(root, (key) => proseKeywords.has(key)) as Schema;
  return decideUnions(bare, bare.definitions as Schema) as Schema;
}

/** The schema as the type generator wants it: one type for each definition, and any JSON where nothing is said. */
export function forTypes(root: Schema): unknown {
  const definitions = root.definitions as Schema;
  return withAnyJson(withoutMembers(root, (key) => key === "title" || key === "$id"));

  function withAnyJson(node: unknown): unknown {
    const nested = mapSchema(node, (_key, value) => withAnyJson(value));
    if (!isSchema(nested)) return nested;
    if (typeof nested.$ref === "string" && typeOf(nested, definitions) === "object")
      return { $ref: nested.$ref };
    return isUnconstrained(nested) ? { ...nested, tsType: "Serializable" } : nested;
  }
}

function isSchema(node: unknown): node is Schema {
  return node !== null && typeof node === "object" && !Array.isArray(node);
}

/** A schema that has prose and nothing else. */
function isUnconstrained(schema: Schema): boolean {
  return typeof schema.description === "string" && Object.keys(schema).every((key) => proseKeywords.has(key));
}

/** The names of properties are data: nothing is taken away among them. */
function withoutMembers(node: unknown, isUnwanted: (key: string) => boolean): unknown {
  if (Array.isArray(node)) return node.map((item) => withoutMembers(item, isUnwanted));
  if (node === null || typeof node !== "object") return node;
  const kept = Object.entries(node).filter(([key]) => !isUnwanted(key));
  return Object.fromEntries(kept.map(([key, value]) => [key, cleaned(key, value)]));

  function cleaned(key: string, value: unknown): unknown {
    if (key !== "properties" && key !== "definitions") return withoutMembers(value, isUnwanted);
    return mapSchema(value, (_name, schema) => withoutMembers(schema, isUnwanted));
  }
}

/**
 * `oneOf` reports the mistakes of every branch. Where the type or a required key tells which branch is meant, an
 * `if`/`then`/`else` reports those of that branch alone. Unions with a `discriminator` are left to Ajv.
 */
function decideUnions(node: unknown, definitions: Schema): unknown {
  const decided = mapSchema(node, (_key, value) => decideUnions(value, definitions));
  if (!isSchema(decided) || !Array.isArray(decided.oneOf)) return decided;
  const branches = decided.oneOf.map((branch: Schema) =>
    withSiblings(branch, decided.oneOf as readonly Schema[]),
  );
  if ("discriminator" in decided) return { ...decided, oneOf: branches };
  const { oneOf: _oneOf, ...rest } = decided;
  const types = [...new Set(branches.map((branch) => typeOf(branch, definitions)))];
  // Where all are of one type, the last of them says so.
  return { ...rest, ...(types.length > 1 && { type: types }), ...chain(branches, definitions) };
}

/** Tells each object of a union what decides for it, and which keys belong to the others alone. */
function withSiblings(branch: Schema, branches: readonly Schema[]): Schema {
  if (!isSchema(branch.properties)) return branch;
  const own = Object.keys(branch.properties);
  const all = branches.flatMap((sibling) => Object.keys((sibling.properties as Schema | undefined) ?? {}));
  const deciders = branches.flatMap((sibling) => (isSchema(sibling.properties) ? [deciderOf(sibling)] : []));
  const others = [...new Set(all)].filter((key) => !own.includes(key));
  return { ...branch, "x-branch": { decider: deciderOf(branch), deciders, others } };
}

function deciderOf(branch: Schema): unknown {
  return (branch.required as readonly unknown[])[0];
}

/** Branches told by their type come first; of several objects the one written first is the last resort. */
function chain(branches: readonly Schema[], definitions: Schema): Schema {
  const isObject = (branch: Schema) => typeOf(branch, definitions) === "object";
  const ordered = [...branches.filter((branch) => !isObject(branch)), ...branches.filter(isObject).reverse()];
  return ordered.reduceRight((otherwise, branch) =>
    Object.fromEntries([
      ["if", guard(branch, definitions)],
      // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
      ["then", branch],
      ["else", otherwise],
    ]),
  );
}

function guard(branch: Schema, definitions: Schema): Schema {
  const type = typeOf(branch, definitions);
  return type === "object" ? { type, required: branch.required } : { type };
}

function typeOf(branch: Schema, definitions: Schema): unknown {
  if (typeof branch.$ref !== "string") return branch.type;
  return (definitions[branch.$ref.replace("#/definitions/", "")] as Schema).type;
}
