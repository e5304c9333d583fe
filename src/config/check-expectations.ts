import { findJsonError } from "../document/find-json-error.ts";
import { locate, pointerTo } from "../document/locate.ts";
import { parseDocument } from "../document/parse.ts";
import type { SchemaFault } from "../expectations/json-schema.ts";
import type { Config, ExpectationConfig } from "../model/config.ts";
import { type Diagnostic, errorDiagnostic, warningDiagnostic } from "../model/diagnostic.ts";
import type { Document } from "../model/document.ts";
import type { Files } from "../model/host.ts";
import type { Serializable, SerializableRecord } from "../model/serializable.ts";
import type { Location, SourceFile } from "../model/text-range.ts";
import { checkSwagger } from "./check-swagger.ts";
import { quoted } from "./words.ts";

/** What is wrong with the JSONPaths, the JSON Schemas and the OpenAPI of the tests; what reads them is loaded where there is one. */
export async function checkExpectations(
  config: Config,
  document: Document,
  files: Files,
): Promise<readonly Diagnostic[]> {
  const expectations = config.tests.flatMap(({ exchanges }) => exchanges.map(({ expect }) => expect));
  const paths = expectations.flatMap((expectation) => expressionsOf(expectation));
  const inline = expectations.flatMap(({ schema, pointer }) =>
    schema !== undefined && "inline" in schema ? { schema: schema.inline, pointer } : [],
  );
  const named = new Map(
    expectations
      .toReversed()
      .flatMap(({ schema, pointer }) =>
        schema !== undefined && "file" in schema ? [[schema.file, pointer] as const] : [],
      ),
  );
  const found = await Promise.all([
    paths.length === 0 ? [] : checkPathsIn(expectations, document),
    ...inline.map(({ schema, pointer }) => checkInline(schema, pointerTo(pointer, "schema"), document)),
    ...[...named].map(([file, pointer]) =>
      checkSchemaFile(file, pointerTo(pointer, "schema"), { config, document, files }),
    ),
    checkSwagger(config, document, files),
  ]);
  return found.flat();
}

type Expression = { readonly expression: string; readonly pointer: string };

function expressionsOf({ select, tolerance, pointer }: ExpectationConfig): readonly Expression[] {
  const places = typeof tolerance === "object" ? Object.keys(tolerance) : [];
  return [
    ...(select === undefined ? [] : [{ expression: select, pointer: pointerTo(pointer, "select") }]),
    ...places.map((expression) => ({
      expression,
      pointer: pointerTo(pointer, "tolerance", expression),
    })),
  ];
}

async function checkPathsIn(
  expectations: readonly ExpectationConfig[],
  document: Document,
): Promise<readonly Diagnostic[]> {
  const { findJsonPathFault, selectNodes } = await import("../expectations/json-path.ts");
  return expectations.flatMap((expectation) => {
    const faulty = expressionsOf(expectation).flatMap(({ expression, pointer }) => {
      const fault = findJsonPathFault(expression);
      if (fault === undefined) return [];
      const message = `${quoted(expression)} is not a JSONPath: ${fault.message}`;
      const location = placeWithin(partAt(document, pointer), expression, fault.offset);
      return errorDiagnostic("config/bad-json-path", message, {
        location,
        path: pointer,
        hint: "an expression begins with `$`, such as `$.rows[0].score` or `$..score`",
      });
    });
    return faulty.length > 0 ? faulty : checkTolerances(expectation, document, selectNodes);
  });
}

type SelectNodes = typeof import("../expectations/json-path.ts").selectNodes;

/** A tolerance for no place at all would be one that nobody notices to be missing. */
function checkTolerances(
  { tolerance, json, pointer: expectation }: ExpectationConfig,
  document: Document,
  selectNodes: SelectNodes,
): readonly Diagnostic[] {
  if (typeof tolerance !== "object" || json === undefined) return [];
  return Object.keys(tolerance).flatMap((expression) => {
    const selection = selectNodes(json, expression);
    if (selection?.nodes.some(({ value }) => typeof value === "number")) return [];
    const pointer = pointerTo(expectation, "tolerance", expression);
    const location = partAt(document, pointer);
    return errorDiagnostic("config/no-place", `${quoted(expression)} selects no number in \`json\``, {
      location,
      path: pointer,
      hint: "change it to the place of a number in `json`, or remove it",
    });
  });
}

async function checkInline(
  schema: SerializableRecord,
  pointer: string,
  document: Document,
): Promise<readonly Diagnostic[]> {
  const { findSchemaFaults } = await import("../expectations/json-schema.ts");
  return findSchemaFaults(schema).map((fault) => {
    const path = `${pointer}${fault.pointer}`;
    return wordFault(fault, { location: locate(document, path), path });
  });
}

type Scope = { readonly config: Config; readonly document: Document; readonly files: Files };

async function checkSchemaFile(
  file: string,
  pointer: string,
  { config, document, files }: Scope,
): Promise<readonly Diagnostic[]> {
  const text = await readIfFile(`${config.directory}/${file}`, files);
  // What is not there is told with all other paths.
  if (text === undefined) return [];
  const folder = document.file.path.slice(0, document.file.path.lastIndexOf("/") + 1);
  const source = { path: `${folder}${file}`, text };
  const parsed = parseJson(source);
  if ("diagnostic" in parsed) return [{ ...parsed.diagnostic, path: pointer }];
  const { value } = parsed;
  if (value === null || typeof value !== "object" || Array.isArray(value))
    return [
      errorDiagnostic("config/bad-schema", `\`${file}\` is not a JSON Schema: it must be an object`, {
        location: wholeOf(source),
        path: pointer,
        hint: 'write a schema such as `{"type": "array"}`',
      }),
    ];
  const { findSchemaFaults } = await import("../expectations/json-schema.ts");
  const faults = findSchemaFaults(value as SerializableRecord);
  if (faults.length === 0) return [];
  const ranges = parseDocument(source);
  return faults.map((fault) =>
    wordFault(fault, {
      location: ranges.ok ? locate(ranges.value, fault.pointer) : wholeOf(source),
      path: pointer,
    }),
  );
}

async function readIfFile(path: string, files: Files): Promise<string | undefined> {
  const status = await files.status(path);
  return status?.type === "file" ? files.readText(path) : undefined;
}

function parseJson(
  source: SourceFile,
): { readonly value: Serializable } | { readonly diagnostic: Diagnostic } {
  try {
    return { value: JSON.parse(source.text) as Serializable };
  } catch {
    const start = findJsonError(source.text);
    return {
      diagnostic: errorDiagnostic("config/bad-schema", `\`${source.path}\` stops being JSON here`, {
        location: { file: source, range: { start, end: Math.min(start + 1, source.text.length) } },
        hint: "correct the JSON at this place",
      }),
    };
  }
}

function wordFault(
  { severity, message, hint }: SchemaFault,
  place: { readonly location: Location; readonly path: string },
): Diagnostic {
  const more = { ...place, ...(hint !== undefined && { hint }) };
  return severity === "error"
    ? errorDiagnostic("config/bad-schema", message, more)
    : warningDiagnostic("config/no-effect", message, more);
}

function wholeOf(file: SourceFile): Location {
  return { file, range: { start: 0, end: 0 } };
}

/** An expression that is a key has its place there. */
function partAt(document: Document, pointer: string): Location {
  return locate(document, pointer, pointer.endsWith("/select") ? "value" : "key");
}

/** From where an expression goes wrong on; where quotes and escapes have moved that about, all of it. */
function placeWithin(place: Location, expression: string, offset: number): Location {
  const { start, end } = place.range;
  const inside = place.file.text.slice(start, end).indexOf(expression);
  if (inside < 0 || expression === "") return place;
  const last = start + inside + expression.length;
  return { file: place.file, range: { start: Math.min(start + inside + offset, last - 1), end: last } };
}
