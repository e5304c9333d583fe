export type Schema = { readonly [key: string]: unknown };

const reference = /^([a-z-]+)\.schema\.json(?:#\/definitions\/(\w+))?$/;

/** One self-contained schema out of a root and the files beside it: each becomes a definition, and every `$ref` local. */
export function bundle(root: Schema, read: (name: string) => Schema): Schema {
  const definitions: Record<string, unknown> = {};
  const include = (name: string, schema: unknown, file: string) => {
    if (name in definitions) return;
    definitions[name] = undefined;
    definitions[name] = localize(schema, file);
  };
  const localize = (node: unknown, file: string): unknown =>
    mapSchema(node, (key, value) => {
      if (key !== "$ref" || typeof value !== "string") return localize(value, file);
      return `#/definitions/${resolve(value, file)}`;
    });
  const resolve = (target: string, file: string): string => {
    const [, name, definition] =
      reference.exec(target.startsWith("#") ? `${file}.schema.json${target}` : target) ?? [];
    if (name === undefined) throw new Error(`cannot bundle the reference ${target}`);
    const schema = read(name);
    include(
      definition ?? name,
      definition === undefined ? schema : memberOf(schema.definitions, definition),
      name,
    );
    return definition ?? name;
  };
  const bundled = localize(root, "config") as Schema;
  const sorted = Object.keys(definitions).sort();
  return {
    ...bundled,
    definitions: Object.fromEntries(sorted.map((name) => [name, withoutHead(definitions[name])])),
  };
}

/** A copy of a schema in which `change` has the say over every member, in lists as well. */
export function mapSchema(node: unknown, change: (key: string, value: unknown) => unknown): unknown {
  if (Array.isArray(node)) return node.map((item) => change("", item));
  if (node === null || typeof node !== "object") return node;
  return Object.fromEntries(Object.entries(node).map(([key, value]) => [key, change(key, value)]));
}

function memberOf(record: unknown, name: string): unknown {
  const member = (record as Schema | undefined)?.[name];
  if (member === undefined) throw new Error(`no definition is called ${name}`);
  return member;
}

function withoutHead(schema: unknown): unknown {
  const { $schema: _schema, $id: _id, ...rest } = schema as Schema;
  return rest;
}
