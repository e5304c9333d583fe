import { readFileSync, writeFileSync } from "node:fs";
import { Ajv } from "ajv";
import standalone from "ajv/dist/standalone/index.js";
import { compile } from "json-schema-to-typescript";
import { bundle, type Schema } from "./bundle.ts";
import { codePages } from "./code-pages.ts";
import { codesDocument } from "./codes-document.ts";
import { fileDocument } from "./file-document.ts";
import { libraryDeclarations } from "./library-declarations.ts";
import { withProfiles } from "./partial.ts";
import { forEditors, forTypes, forValidator, wordingKeywords } from "./prepare.ts";

const root = new URL("..", import.meta.url);
const schemaId = "https://raw.githubusercontent.com/mlpackage/mlpackage/main/mlpackage.schema.json";
const banner =
  "/** Written by schemas/generate.ts from schemas/config.schema.json: change those, not this. */";

const readSchema = (name: string): Schema =>
  JSON.parse(readFileSync(new URL(`schemas/${name}.schema.json`, root), "utf8"));

const schema = bundle(readSchema("config"), readSchema);
const pages = codePages();
const committed = {
  "mlpackage.schema.json": publishedSchema(schema),
  "src/model/config.generated.ts": await typesOf(schema),
  "schemas/README.md": fileDocument(schema),
  "schemas/codes.md": codesDocument(pages),
  "schemas/library.api.d.ts": libraryDeclarations(new URL("src", root).pathname),
};
const stale = Object.entries(committed).flatMap(([path, text]) => (text === readText(path) ? [] : [path]));

if (!process.argv.includes("--check"))
  for (const [path, text] of Object.entries(committed)) writeText(path, text);
writeText("src/config/validator.generated.js", validatorOf(schema));
writeText("src/cli/codes.generated.json", `${JSON.stringify(pages)}\n`);

if (process.argv.includes("--check") && stale.length > 0) {
  process.stderr.write(`${stale.join(" and ")} stale: run \`npx tsx schemas/generate.ts\`\n`);
  process.exitCode = 1;
}

function publishedSchema(bundled: Schema): string {
  const { $schema, ...rest } = forEditors(withProfiles(bundled)) as Schema;
  return `${JSON.stringify({ $schema, $id: schemaId, ...rest }, undefined, 2)}\n`;
}

async function typesOf(bundled: Schema): Promise<string> {
  return compile(forTypes(bundled) as never, "ConfigFile", {
    bannerComment: `${banner}\nimport type { Serializable } from "./serializable.ts";`,
    additionalProperties: false,
    ignoreMinAndMaxItems: true,
    style: { printWidth: 110 },
  });
}

function validatorOf(bundled: Schema): string {
  const ajv = new Ajv({
    allErrors: true,
    verbose: true,
    discriminator: true,
    strictTypes: false,
    strictRequired: false,
    code: { source: true, esm: true },
  });
  ajv.addVocabulary(wordingKeywords);
  const code = standalone.default(ajv, ajv.compile(forValidator(bundled)));
  if (code.includes("require("))
    throw new Error("the validator must stand alone: no minLength, maxLength or uniqueItems");
  return `// Written by schemas/generate.ts.\n${code}\n`;
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(new URL(path, root), "utf8");
  } catch {
    return undefined;
  }
}

function writeText(path: string, text: string): void {
  if (readText(path) !== text) writeFileSync(new URL(path, root), text);
}
