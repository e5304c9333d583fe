// No key is lost, whatever it is: without it, something else is written, or something less is told.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { pointerTo, segmentsOf } from "../../src/document/locate.ts";
import { parseDocument } from "../../src/document/parse.ts";
import { wordPointer } from "../../src/importers/reading.ts";
import type { Draft } from "../../src/model/draft.ts";
import type { Result } from "../../src/model/result.ts";
import type { Serializable, SerializableRecord } from "../../src/model/serializable.ts";
import { makeFolder } from "../fakes/temporary-folder.ts";
import { fixtures, importFrom, renderDraft } from "./import-fixture.ts";

const test = suite("every key");

/** The file of each format that has all its keys. */
const FILES = [
  ["cog-every-key", "cog.yaml"],
  ["bentoml-every-key", "bentofile.yaml"],
  ["bentoml-conda", "bentofile.yaml"],
  ["kitfile-every-key", "Kitfile"],
  ["mlflow-every-key", "forest/MLmodel"],
  ["azure-v1-every-key", "inferenceconfig.json"],
  ["azure-v1-older-keys", "my-inferenceconfig.json"],
  ["azure-v1-environment", "azureml_environment.json"],
  ["azure-v2-every-key", "package.yml"],
  ["azure-v2-custom", "package.yml"],
  ["azure-v2-environment", "environment/sklearn-regression-env.yml"],
] as const;

/** What is about the format, the workspace or the past, and nothing of the service; or means what is so without it. */
const SILENT: Readonly<Record<string, RegExp>> = {
  "kitfile-every-key": /^\/manifestVersion$|^\/datasets\/0\/|^\/docs\/0\/|^\/prompts\/0\/|^\/code\/1\//,
  "mlflow-every-key":
    /^\/(?:artifact_path|is_signature_from_type_hint|metadata|mlflow_version|model_id|model_size_bytes|model_uuid|run_id|saved_input_example_info|type_hint_from_example|utc_time_created)\b|^\/flavors\/python_function\/(?:env|model_path|predict_fn|loader_module)|^\/flavors\/sklearn\/(?:code|pickled_model|serialization_format|sklearn_version)|^\/signature\//,
  "azure-v1-every-key":
    /^\/environment\/(?:version|assetId|docker\/(?:enabled|sharedVolumes)|spark\/precachePackages)$/,
  "azure-v1-environment":
    /^\/(?:python\/interpreterPath|docker\/sharedVolumes|spark(?:\/precachePackages)?)$/,
  "azure-v2-every-key": /^\/\$schema$|^\/base_environment_source\/type$|^\/inputs\/\d\/(?:type|mode)$/,
  "azure-v2-custom": /^\/\$schema$|^\/base_environment_source\/type$|_route\/port$/,
  "azure-v2-environment": /^\/(?:\$schema|description)$/,
};

for (const [name, file] of FILES) {
  test(`of ${name}`, async () => {
    const value = readValue(name, file);
    const whole = outcome(await importAgain(name, file, value));
    const pointers = keysOf(value, "").filter(
      (pointer) => SILENT[name]?.test(pointer) !== true && !isToldAbove(whole, pointer),
    );
    assert.ok(pointers.length >= 3);
    const lost = await Promise.all(
      pointers.map(async (pointer) => {
        const without = outcome(
          await importAgain(name, file, withValue(value, segmentsOf(pointer), undefined)),
        );
        return without === whole ? [pointer] : [];
      }),
    );
    assert.equal(lost.flat(), []);
  });

  test(`nothing that stands in ${name} makes it throw, or write what is no package`, async () => {
    const value = readValue(name, file);
    const pointers = ["", ...keysOf(value, "")];
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...pointers), awkward, async (pointer, other) => {
        const changed = withValue(value, segmentsOf(pointer), other);
        const result = await importAgain(name, file, changed);
        assert.ok(renderDraft(result) !== "");
        if (!result.ok)
          assert.ok(result.diagnostics.every(({ code, message }) => code !== "" && message !== ""));
      }),
      { numRuns: RUNS, seed: SEED },
    );
  });
}

const RUNS = Number(process.env.FUZZ_RUNS ?? 40);
const SEED = Number(process.env.FUZZ_SEED ?? 1);

const awkward: fc.Arbitrary<Serializable> = fc.oneof(
  fc.constantFrom<Serializable>(
    ...[
      "",
      "../..",
      "/etc/passwd",
      "~/x",
      "a\nRUN x",
      "$(id)",
      "${HOME}",
      "__proto__",
      "-x",
      "a\\b",
      "\u2028",
    ],
    ...["x".repeat(5000), 0, -1, 3.1, true, false, null],
    ...[[], {}, [[]], [null], [{}], { a: null }, { __proto__x: 1 }, JSON.parse('{"__proto__": {"a": 1}}')],
  ),
  fc.jsonValue({ maxDepth: 3 }) as fc.Arbitrary<Serializable>,
);

function readValue(name: string, file: string): Serializable {
  const parsed = parseDocument({ path: file, text: readFileSync(join(fixtures, name, file), "utf8") });
  assert.ok(parsed.ok);
  return parsed.value.value;
}

/** The same files, but for this one. */
async function importAgain(name: string, file: string, value: Serializable): Promise<Result<Draft>> {
  const folder = makeFolder(filesIn(join(fixtures, name)));
  writeFileSync(join(folder, file), JSON.stringify(value));
  const isBeside = file.startsWith("environment/");
  return importFrom(folder, isBeside ? "package.yml" : file);
}

function filesIn(folder: string): Readonly<Record<string, Uint8Array>> {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return Object.fromEntries(
    entries
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .map((path) => [path.slice(folder.length + 1), readFileSync(path)]),
  );
}

/** Without places, which move, and the folder's name, which is another each time. */
function outcome(result: Result<Draft>): string {
  if (!result.ok) return JSON.stringify(result.diagnostics.map(({ code, message }) => [code, message]));
  const { config, files, leftOut } = result.value;
  const { name, ...rest } = config;
  const named = name.startsWith("folder-") ? "" : name;
  return JSON.stringify([named, rest, files, leftOut.map(({ what, why }) => [what, why])]);
}

function keysOf(value: Serializable, pointer: string): readonly string[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value as SerializableRecord).flatMap(([key, one]) => {
    const place = pointerTo(pointer, key);
    return isSaid(one) ? [place, ...keysOf(one, place)] : [];
  });
}

/** Not what says no more than if it were not there. */
function isSaid(value: Serializable): boolean {
  if (value === null || value === false) return false;
  return typeof value !== "object" || Object.values(value).some(isSaid);
}

/** What is left out as a whole is told of once. */
function isToldAbove(whole: string, pointer: string): boolean {
  const segments = segmentsOf(pointer);
  const above = segments.slice(1).map((_one, index) => pointerTo("", ...segments.slice(0, index + 1)));
  return above.some((one) => whole.includes(JSON.stringify(wordPointer(one))));
}

/** With another value at a place, or without any. */
function withValue(
  value: Serializable,
  [key, ...rest]: readonly string[],
  other: Serializable | undefined,
): Serializable {
  if (key === undefined) return other ?? null;
  if (Array.isArray(value))
    return value.flatMap((item: Serializable, index) =>
      String(index) !== key ? [item] : rest.length === 0 ? (other ?? []) : [withValue(item, rest, other)],
    );
  const entries = Object.entries(value as SerializableRecord).flatMap(
    ([name, one]): [string, Serializable][] => {
      if (name !== key) return [[name, one]];
      if (rest.length > 0) return [[name, withValue(one, rest, other)]];
      return other === undefined ? [] : [[name, other]];
    },
  );
  return Object.fromEntries(entries);
}

test.run();
