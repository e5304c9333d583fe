// Thousands of files that somebody might have written, and thousands that nobody would. `FUZZ_RUNS` and `FUZZ_SEED`
// try more of them, and others.
import { readdirSync, readFileSync } from "node:fs";
import { DockerfileParser } from "dockerfile-ast";
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { pointerTo, segmentsOf } from "../../src/document/locate.ts";
import { parseDocument } from "../../src/document/parse.ts";
import type { Config } from "../../src/model/config.ts";
import { digestOf } from "../../src/model/digest.ts";
import type { Serializable, SerializableRecord } from "../../src/model/serializable.ts";
import { renderDiagnostics } from "../../src/report/diagnostic-text.ts";
import { renderDockerfile } from "../../src/steps/dockerfile.ts";
import { layOutImage } from "../../src/steps/image-layout.ts";
import { settingsOf } from "../../src/steps/service-settings.ts";
import { NUMPY_LOCKED } from "../fakes/package.ts";
import { readText } from "./read-fixture.ts";

const test = suite("fuzz");

const RUNS = Number(process.env.FUZZ_RUNS ?? 2000);
const SEED = Number(process.env.FUZZ_SEED ?? 1);
const LONGEST_MS = 2000;

const folder = new URL("../../fixtures/valid/", import.meta.url);
const texts = readdirSync(folder).map((name) =>
  readFileSync(new URL(`${name}/mlpackage.yaml`, folder), "utf8"),
);

/** What YAML, Dockerfiles, shells and people are touchy about. */
const AWKWARD = [
  ..."\t\n\r\u0000\u0085\u2028\ufeff\u{1f600}\\\"'`$#&*!|>%@:-?{}[],~",
  ..."<<EOF|\nRUN x|\r\nUSER root|\\\n|# escape=`|# syntax=x|${|${X|${X:-|$$|: |- |--- |...|<<: *a|&a |*a|!!binary |null|~|yes|no|on|3.10|0x1f|1e999|.inf|.nan"
    .split("|")
    .filter((text) => text !== ""),
  "constructor",
  "__proto__",
  "../../etc/passwd",
  "x".repeat(5000),
];
const awkward = fc.oneof(fc.constantFrom(...AWKWARD), fc.string({ unit: "grapheme", maxLength: 8 }));

type Mutation = (text: string) => string;

const at = (text: string, place: number): number => Math.floor(place * (text.length + 1));
const place = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

/** What typing, merging and pasting do to a text. */
const mutation: fc.Arbitrary<Mutation> = fc.oneof(
  fc.tuple(place, awkward).map(([where, what]) => (text: string) => {
    const offset = at(text, where);
    return text.slice(0, offset) + what + text.slice(offset);
  }),
  fc.tuple(place, fc.integer({ min: 1, max: 40 })).map(([where, length]) => (text: string) => {
    const offset = at(text, where);
    return text.slice(0, offset) + text.slice(offset + length);
  }),
  fc.tuple(place, place, fc.constantFrom("drop", "double", "move", "indent", "outdent", "tab")).map(
    ([from, to, act]) =>
      (text: string) =>
        changeLine(text, from, to, act),
  ),
  fc.tuple(place, awkward).map(
    ([where, what]) =>
      (text: string) =>
        replaceWord(text, where, what),
  ),
  fc.constantFrom<Mutation>(
    (text) => text.replaceAll("\n", "\r\n"),
    (text) => `${text}---\n${text}`,
    (text) => `<<<<<<< ours\n${text}=======\n${text}>>>>>>> theirs\n`,
    (text) => text.replace(/^/, "- "),
    (text) => text.slice(0, -1),
  ),
);

function changeLine(text: string, from: number, to: number, act: string): string {
  const lines = text.split("\n");
  const index = Math.floor(from * lines.length);
  const [line = ""] = lines.splice(index, 1);
  if (act === "double") lines.splice(index, 0, line, line);
  if (act === "move") lines.splice(Math.floor(to * lines.length), 0, line);
  if (act === "indent") lines.splice(index, 0, `  ${line}`);
  if (act === "outdent") lines.splice(index, 0, line.replace(/^ {1,2}/, ""));
  if (act === "tab") lines.splice(index, 0, line.replace(/^ */, "\t"));
  return lines.join("\n");
}

function replaceWord(text: string, where: number, what: string): string {
  const words = [...text.matchAll(/[\w./-]+/g)];
  const word = words[Math.floor(where * words.length)];
  return word === undefined
    ? text
    : text.slice(0, word.index) + what + text.slice(word.index + word[0].length);
}

const seen = { right: 0, wrong: 0, rendered: 0 };

test(`${RUNS} texts: each is a configuration, or is told what is wrong and where`, () => {
  const mutated = fc
    .tuple(fc.constantFrom(...texts), fc.array(mutation, { minLength: 1, maxLength: 6 }))
    .map(([text, mutations]) => mutations.reduce((now, mutate) => mutate(now), text));
  fc.assert(
    fc.property(mutated, (text) => {
      const began = performance.now();
      const read = readText(text);
      assert.ok(performance.now() - began < LONGEST_MS, "it took too long");
      const told = read.ok ? read.warnings : read.diagnostics;
      if (read.ok) seen.right += 1;
      else {
        seen.wrong += 1;
        assert.ok(
          told.some(({ severity }) => severity === "error"),
          "nothing is wrong with it, and yet it is refused",
        );
      }
      for (const { code, message, location } of told) {
        assert.match(code, /^[a-z]+\/[a-z0-9-]+$/);
        assert.not.match(message, /undefined|\[object/);
        if (location === undefined) continue;
        const { start, end } = location.range;
        assert.ok(start >= 0 && start <= end && end <= text.length, `${code}: ${start} to ${end}`);
      }
      assert.type(renderDiagnostics(told, { color: false }), "string");
    }),
    { numRuns: RUNS, seed: SEED, endOnFailure: true },
  );
  assert.ok(seen.right > RUNS / 50 && seen.wrong > RUNS / 50, JSON.stringify(seen));
});

test(`${RUNS} values: none adds an instruction to a Dockerfile`, () => {
  const files = texts.flatMap((text) => {
    const read = readText(text);
    const parsed = parseDocument({ path: "mlpackage.yaml", text });
    if (!read.ok || !parsed.ok || !canRender(read.value)) return [];
    return { value: parsed.value.value, instructions: instructionsOf(read.value) };
  });
  assert.ok(files.length >= 5, `only ${files.length} files`);
  const changed = fc
    .tuple(fc.constantFrom(...files), place, fc.array(awkward, { minLength: 1, maxLength: 4 }), fc.boolean())
    .map(([file, where, parts, isWhole]) => {
      const pointers = stringsOf(file.value);
      const pointer = pointers[Math.floor(where * pointers.length)] ?? "";
      return {
        ...file,
        value: changeAt(file.value, pointer, (was) => (isWhole ? "" : was) + parts.join("")),
      };
    });
  fc.assert(
    fc.property(changed, ({ value, instructions }) => {
      const read = readText(JSON.stringify(value));
      if (!read.ok || !canRender(read.value)) return;
      seen.rendered += 1;
      assert.equal(instructionsOf(read.value), instructions);
    }),
    { numRuns: RUNS, seed: SEED, endOnFailure: true },
  );
  assert.ok(seen.rendered > RUNS / 50, JSON.stringify(seen));
});

test("says how many there were", () => {
  process.stdout.write(
    `${RUNS} texts: ${seen.right} right, ${seen.wrong} told of; ${seen.rendered} Dockerfiles; no crash\n`,
  );
});

/** The text of a base that is a Dockerfile is its owner's. */
function canRender(config: Config): boolean {
  return config.baseImage.kind !== "dockerfile";
}

/** The keywords of the instructions of a saved folder's Dockerfile, in their order, by a parser that is not ours. */
function instructionsOf(config: Config): readonly string[] {
  const { baseImage, environment, build } = config;
  const base = { reference: `base@${digestOf("base")}`, digest: digestOf("base") };
  const layout = layOutImage(config);
  const settings = settingsOf({ ...config, base, labels: build.labels }, layout);
  const text = renderDockerfile(
    { base, baseImage, settings, python: environment.python, packages: NUMPY_LOCKED, secretOptions: [] },
    layout,
  );
  return DockerfileParser.parse(text)
    .getInstructions()
    .map((instruction) => instruction.getKeyword());
}

function stringsOf(value: Serializable, pointer = ""): readonly string[] {
  if (typeof value === "string") return [pointer];
  if (value === null || typeof value !== "object") return [];
  return Object.entries(value).flatMap(([key, member]) => stringsOf(member, pointerTo(pointer, key)));
}

function changeAt(value: Serializable, pointer: string, change: (text: string) => string): Serializable {
  const changed = structuredClone(value);
  const segments = [...segmentsOf(pointer)];
  const last = segments.pop() ?? "";
  const holder = segments.reduce<Serializable>(
    (node, segment) => (node as SerializableRecord)[segment] ?? null,
    changed,
  );
  const record = holder as Record<string, Serializable>;
  record[last] = change(String(record[last]));
  return changed;
}

test.run();
