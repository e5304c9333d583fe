import type { Schema } from "./bundle.ts";

/** The reference of the file in Markdown: each mapping in it is a section with a table of its keys. */
export function fileDocument(root: Schema): string {
  const definitions = root.definitions as Readonly<Record<string, Schema>>;
  return `${HEAD}\n${sections("", root).join("\n")}`;

  function sections(path: string, schema: Schema): readonly string[] {
    const mappings = mappingsOf(schema);
    const nested = new Map(
      mappings.flatMap((mapping) =>
        Object.entries(propertiesOf(mapping)).flatMap(([key, property]) =>
          mappingsOf(property).length === 0 ? [] : [[placeOf(path, key, property), property] as const],
        ),
      ),
    );
    return [
      section(path, resolve(schema), mappings),
      ...[...nested].flatMap(([place, property]) => sections(place, property)),
    ];
  }

  function section(path: string, schema: Schema, mappings: readonly Schema[]): string {
    const each = schema.type === "array" ? resolve(schema.items as Schema) : schema;
    const head =
      path === "" ? [] : [`## \`${path}\``, ...prose(schema), ...(each === schema ? [] : prose(each))];
    const tables = mappings.flatMap((mapping) => [
      ...(mappings.length === 1 ? [] : [`With \`${deciderOf(mapping)}\`:`]),
      table(path, mapping),
    ]);
    return [...new Set(head), ...tables].map((paragraph) => `${paragraph}\n`).join("\n");
  }

  function table(path: string, mapping: Schema): string {
    const required = (mapping.required ?? []) as readonly string[];
    const rows = Object.entries(propertiesOf(mapping)).map(([key, property]) => {
      const { description, examples = [], default: usual } = resolve(property);
      const place = placeOf(path, key, property);
      const cells = [
        mappingsOf(property).length === 0 ? `\`${key}\`` : `[\`${key}\`](#${slugOf(place)})`,
        typeOf(property),
        required.includes(key) ? "required" : usual === undefined ? "" : code(usual),
        [description, ruleOf(property)].filter((text) => text !== undefined).join(" "),
        (examples as readonly unknown[]).map(code).join(", "),
      ];
      return `| ${cells.map((cell) => String(cell).replaceAll("|", "\\|")).join(" | ")} |`;
    });
    return ["| key | type | default | means | examples |", "|---|---|---|---|---|", ...rows].join("\n");
  }

  /** The mappings with keys of their own that a value may be, or that may be in its list. */
  function mappingsOf(schema: Schema): readonly Schema[] {
    const { items, oneOf, properties } = resolve(schema);
    if (items !== undefined) return mappingsOf(items as Schema);
    if (oneOf !== undefined) return (oneOf as readonly Schema[]).flatMap(mappingsOf);
    return properties === undefined ? [] : [resolve(schema)];
  }

  function typeOf(schema: Schema): string {
    const {
      type,
      items,
      oneOf,
      properties,
      const: only,
      enum: choices,
      additionalProperties,
    } = resolve(schema);
    if (only !== undefined) return code(only);
    if (choices !== undefined) return (choices as readonly unknown[]).map(code).join(", ");
    if (oneOf !== undefined) return [...new Set((oneOf as readonly Schema[]).map(typeOf))].join(" or ");
    if (items !== undefined) return `list: ${typeOf(items as Schema)}`;
    if (properties !== undefined) return "mapping";
    if (isSchema(additionalProperties)) return `mapping: ${typeOf(additionalProperties)}`;
    if (type === undefined) return "any";
    return [type]
      .flat()
      .map((one) => TYPE_WORDS[String(one)] ?? String(one))
      .join(" or ");
  }

  /** What a text must be, in the words that refuse another one. */
  function ruleOf(schema: Schema): string | undefined {
    const { items, patternErrorMessage: rule, minimum, maximum } = resolve(schema);
    if (typeof rule === "string") return `It ${rule}.`;
    if (typeof minimum === "number" && typeof maximum === "number") return `From ${minimum} to ${maximum}.`;
    const ofEach = items === undefined ? undefined : resolve(items as Schema).patternErrorMessage;
    return typeof ofEach === "string" ? `Each ${ofEach}.` : undefined;
  }

  /** A schema with what its `$ref` says; its own words come first. */
  function resolve(schema: Schema): Schema {
    if (typeof schema.$ref !== "string") return schema;
    const { $ref, ...own } = schema;
    return { ...resolve(definitions[String($ref).replace("#/definitions/", "")] as Schema), ...own };
  }

  function placeOf(path: string, key: string, property: Schema): string {
    return `${path === "" ? "" : `${path}.`}${key}${resolve(property).type === "array" ? "[]" : ""}`;
  }
}

const HEAD = `# The file

<!-- Written by schemas/generate.ts from schemas/*.schema.json: change those, not this. -->

All keys of \`mlpackage.yaml\`. Those that are not required may be left out; a default is what stands for them then. Paths are
relative to the folder of the file. In texts, \`\${VAR}\` is a variable, and \`$$\` a dollar.
`;

const TYPE_WORDS: Readonly<Record<string, string>> = {
  string: "text",
  integer: "whole number",
  boolean: "`true` or `false`",
  object: "mapping",
};

function prose({ description }: Schema): readonly string[] {
  return typeof description === "string" ? [description] : [];
}

function propertiesOf(mapping: Schema): Readonly<Record<string, Schema>> {
  return mapping.properties as Readonly<Record<string, Schema>>;
}

/** The key that tells a mapping from the others that may stand in its place. */
function deciderOf(mapping: Schema): string {
  const [first = ""] = mapping.required as readonly string[];
  const only = propertiesOf(mapping)[first]?.const;
  return only === undefined ? first : `${first}: ${only}`;
}

/** JSON is YAML, too; a text that needs no quotes has none. */
function code(value: unknown): string {
  const isPlain = typeof value === "string" && /^(?:[A-Za-z~/$_][\w ./:=$-]*|\d+[a-z]+)$/.test(value);
  return `\`${isPlain ? value : JSON.stringify(value)}\``;
}

/** As GitHub makes the address of a heading. */
function slugOf(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\w -]/g, "")
    .replaceAll(" ", "-");
}

function isSchema(node: unknown): node is Schema {
  return node !== null && typeof node === "object" && !Array.isArray(node);
}
