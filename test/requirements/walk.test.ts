import { suite } from "uvu";
import * as assert from "uvu/assert";
import { markerOf, Tangled } from "../../src/requirements/conditions.ts";
import { parseMarker, renderMarker } from "../../src/requirements/marker.ts";
import { walk } from "../../src/requirements/walk.ts";

const test = suite("walk");

/** Of `to` or `to ; marker`, by the node they begin at. */
type Graph = Readonly<Record<string, readonly string[]>>;

function reached(graph: Graph): Readonly<Record<string, string>> {
  const nodes = walk(["root"], (node) =>
    (graph[node] ?? []).map((edge) => {
      const [to = "", text] = edge.split(" ; ");
      return { to, marker: text === undefined ? true : (parseMarker(text) ?? false) };
    }),
  );
  return Object.fromEntries(
    [...nodes].map(([node, condition]) => {
      const marker = markerOf(condition);
      return [node, typeof marker === "boolean" ? String(marker) : renderMarker(marker)];
    }),
  );
}

const A = "os_name == 'a'";
const B = "os_name == 'b'";
const C = "os_name == 'c'";

const rows: readonly (readonly [what: string, graph: Graph, reached: Readonly<Record<string, string>>])[] = [
  ["what nothing leads to is not there", { root: ["x"], y: ["z"] }, { root: "true", x: "true" }],
  [
    "conditions along a way are all needed",
    { root: [`x ; ${A}`], x: [`y ; ${B}`] },
    { root: "true", x: A, y: `${A} and ${B}` },
  ],
  ["of several ways any will do", { root: [`x ; ${A}`, `x ; ${B}`] }, { root: "true", x: `${A} or ${B}` }],
  ["a way that is always there outdoes others", { root: [`x ; ${A}`, "x"] }, { root: "true", x: "true" }],
  [
    "and so does a shorter one",
    { root: [`x ; ${A}`, `y ; ${A}`], y: [`x ; ${B}`] },
    { root: "true", x: A, y: A },
  ],
  [
    "a bracket stays one",
    { root: [`x ; (${A} or ${B})`], x: [`y ; ${C}`] },
    { root: "true", x: `${A} or ${B}`, y: `(${A} or ${B}) and ${C}` },
  ],
  [
    "circles end",
    { root: [`x ; ${A}`], x: ["y"], y: ["x", "z"], z: ["y"] },
    { root: "true", x: A, y: A, z: A },
  ],
  [
    "what comes in late reaches all that was reached before",
    { root: [`x ; ${A}`, "w"], x: ["y"], w: ["v"], v: [`x ; ${B}`] },
    { root: "true", x: `${A} or ${B}`, y: `${A} or ${B}`, w: "true", v: "true" },
  ],
];

for (const [what, graph, expected] of rows) {
  test(what, () => assert.equal(reached(graph), expected));
}

test("ways without number are refused at once", () => {
  const ladder = Object.fromEntries(
    Array.from({ length: 40 }, (_one, step) => {
      const next = `n${step + 1}`;
      return [
        step === 0 ? "root" : `n${step}`,
        [`${next} ; platform_version == 'a${step}'`, `${next} ; platform_version == 'b${step}'`],
      ];
    }),
  );
  const started = performance.now();
  assert.throws(
    () => reached(ladder),
    (error: unknown) => error instanceof Tangled,
  );
  assert.ok(performance.now() - started < 2_000);
});

test("a long chain and a wide fan are no trouble", () => {
  const length = 3_000;
  const chain = Object.fromEntries(
    Array.from({ length }, (_one, step) => [step === 0 ? "root" : `n${step}`, [`n${step + 1}`, `m${step}`]]),
  );
  assert.is(Object.keys(reached(chain)).length, 2 * length + 1);
});

test.run();
