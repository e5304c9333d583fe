import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Package } from "../../src/cli/open-package.ts";
import { placeDiagnostics } from "../../src/cli/place-diagnostics.ts";
import { locate } from "../../src/document/locate.ts";
import { parseDocument } from "../../src/document/parse.ts";
import { type Diagnostic, errorDiagnostic } from "../../src/model/diagnostic.ts";
import { readText } from "../config/read-fixture.ts";
import { makeHost } from "../fakes/host.ts";
import { makeFolder } from "../fakes/temporary-folder.ts";

const test = suite("placeDiagnostics");

const yaml = `name: demo
models: [ridge.pkl]
base_image: "debian:bookworm"
environment:
  system_packages: [curl, libgomp1]
  python: {requirements: reqs/r.txt}
inference: score.py
tests:
  - {name: two rows, request: {}}
`;
const requirements =
  "# numpy\nnumpy-stl\nnumpy\nscipy >= 1.0,<2  # why\ntorch==2 ; python_version > '3'\nflask==3 --hash=sha256:0\n";

function openAt(path: string): Package {
  const directory = makeFolder({ "reqs/r.txt": requirements });
  const document = parseDocument({ path, text: yaml });
  const config = readText(yaml, { directory });
  if (!document.ok || !config.ok) throw new Error("the file of the test is wrong");
  const { value } = document;
  return {
    config: config.value,
    document: value,
    locate: (pointer) => locate(value, pointer),
    configPath: `${directory}/mlpackage.yaml`,
    configPaths: [`${directory}/mlpackage.yaml`],
    profiles: [],
    names: { variables: {} },
    rememberDocument: async () => {},
  };
}

/** The file and the text that a diagnostic is placed at. */
async function placeOf(more: Partial<Diagnostic>, path = "mlpackage.yaml"): Promise<string | undefined> {
  const given = { ...errorDiagnostic("x/y", "z"), ...more };
  const [placed] = await placeDiagnostics([given], openAt(path), makeHost());
  if (placed?.location === undefined) return undefined;
  const { file, range } = placed.location;
  return `${file.path}: ${file.text.slice(range.start, range.end)}`;
}

const rows: readonly (readonly [what: string, more: Partial<Diagnostic>, place: string | undefined])[] = [
  ["by its pointer", { path: "/models/0" }, "mlpackage.yaml: ridge.pkl"],
  ["by a pointer that the file does not have", { path: "/build/platforms" }, undefined],
  ["by its test", { details: { test: "two rows" } }, "mlpackage.yaml: {name: two rows, request: {}}"],
  ["by a value", { details: { subject: "libgomp1" } }, "mlpackage.yaml: libgomp1"],
  ["by an image", { details: { subject: "debian:bookworm" } }, 'mlpackage.yaml: "debian:bookworm"'],
  ["by a requirement", { details: { subject: "numpy" } }, "reqs/r.txt: numpy"],
  ["by a requirement as pip writes it", { details: { subject: "scipy<2,>=1.0" } }, undefined],
  [
    "by a requirement with other spaces",
    { details: { subject: "scipy>=1.0,<2" } },
    "reqs/r.txt: scipy >= 1.0,<2  # why",
  ],
  [
    "by a requirement with a marker",
    { details: { subject: "torch==2" } },
    "reqs/r.txt: torch==2 ; python_version > '3'",
  ],
  [
    "by a requirement with a hash",
    { details: { subject: "flask==3" } },
    "reqs/r.txt: flask==3 --hash=sha256:0",
  ],
  ["by nothing", {}, undefined],
  ["by what is nowhere", { details: { subject: "nothing" } }, undefined],
];

for (const [what, more, place] of rows) {
  test(what, async () => assert.is(await placeOf(more), place));
}

test("the requirements file is named as the package's folder is", async () => {
  const subject = { details: { subject: "numpy" } };
  assert.is(await placeOf(subject, "some/where/mlpackage.yaml"), "some/where/reqs/r.txt: numpy");
});

test("a requirement is found where it stands, not where another begins with it", async () => {
  const [placed] = await placeDiagnostics(
    [errorDiagnostic("x/y", "z", { details: { subject: "numpy" } })],
    openAt("mlpackage.yaml"),
    makeHost(),
  );
  assert.is(placed?.location?.range.start, "# numpy\nnumpy-stl\n".length);
});

test("a place that is known stays", async () => {
  const location = { file: { path: "own", text: "abc" }, range: { start: 1, end: 2 } };
  assert.is(await placeOf({ location, path: "/models/0" }), "own: b");
});

test.run();
