import { suite } from "uvu";
import * as assert from "uvu/assert";
import { digestOf } from "../../src/model/digest.ts";
import type { Reason } from "../../src/model/event.ts";
import type { Serializable } from "../../src/model/serializable.ts";
import { compareFingerprints, toldValue } from "../../src/plan/compare-fingerprints.ts";
import type { Fingerprint } from "../../src/plan/fingerprint.ts";

const test = suite("compareFingerprints");

const before: Fingerprint = {
  format: 1,
  kind: "build",
  kindVersion: 1,
  inputs: {
    platforms: ["linux/amd64"],
    code: { "a.py": "644 sha256:1", "b.py": "644 sha256:2" },
    builder: null,
  },
  needs: { render: digestOf("render"), "fetch:a": digestOf("a") },
};

type Change = readonly [what: string, change: Partial<Fingerprint>, reasons: readonly Reason[]];

const changes: readonly Change[] = [
  ["nothing", {}, []],
  ["the order of keys alone", { inputs: Object.fromEntries(Object.entries(before.inputs).toReversed()) }, []],
  [
    "a file changed",
    { inputs: { ...before.inputs, code: { "a.py": "644 sha256:9", "b.py": "644 sha256:2" } } },
    [{ type: "input-changed", input: "code.a.py", from: '"644 sha256:1"', to: '"644 sha256:9"' }],
  ],
  [
    "files came and went",
    { inputs: { ...before.inputs, code: { "c.py": "644 sha256:1", "b.py": "644 sha256:2" } } },
    [
      { type: "input-removed", input: "code.a.py" },
      { type: "input-added", input: "code.c.py" },
    ],
  ],
  [
    "nothing became something",
    { inputs: { ...before.inputs, builder: "remote" } },
    [{ type: "input-changed", input: "builder", from: "null", to: '"remote"' }],
  ],
  [
    "a record became a text",
    { inputs: { ...before.inputs, code: "none" } },
    [
      {
        type: "input-changed",
        input: "code",
        from: '{"a.py":"644 sha256:1","b.py":"644 sha256:2"}',
        to: '"none"',
      },
    ],
  ],
  [
    "a step before it made something else",
    { needs: { ...before.needs, render: digestOf("other") } },
    [{ type: "upstream", step: "render" }],
  ],
  [
    "a step before it is new",
    { needs: { ...before.needs, "fetch:b": digestOf("b") } },
    [{ type: "input-added", input: "fetch:b" }],
  ],
  [
    "a step before it is gone",
    { needs: { render: digestOf("render") } },
    [{ type: "input-removed", input: "fetch:a" }],
  ],
  [
    "the tool is newer",
    { kindVersion: 2 },
    [{ type: "input-changed", input: "tool", from: '"build 1.1"', to: '"build 1.2"' }],
  ],
  [
    "everything at once, the tool first and steps last",
    { format: 2, inputs: {}, needs: {} },
    [
      { type: "input-changed", input: "tool", from: '"build 1.1"', to: '"build 2.1"' },
      { type: "input-removed", input: "builder" },
      { type: "input-removed", input: "code" },
      { type: "input-removed", input: "platforms" },
      { type: "input-removed", input: "fetch:a" },
      { type: "input-removed", input: "render" },
    ],
  ],
];

for (const [what, change, reasons] of changes) {
  test(what, () => assert.equal(compareFingerprints(before, { ...before, ...change }), reasons));
}

test("a step that never ran is new", () =>
  assert.equal(compareFingerprints(undefined, before), [{ type: "new" }]));

type ListChange = readonly [
  what: string,
  from: readonly Serializable[],
  to: readonly Serializable[],
  reasons: readonly Reason[],
];

const listChanges: readonly ListChange[] = [
  ["nothing", ["a", "b"], ["a", "b"], []],
  ["an element at the end", ["a"], ["a", "b"], [{ type: "input-added", input: "list.1" }]],
  ["an element at the beginning", ["a", "b"], ["x", "a", "b"], [{ type: "input-added", input: "list.0" }]],
  ["one of equal elements", ["a", "a"], ["a"], [{ type: "input-removed", input: "list.1" }]],
  [
    "elements taken out of the middle",
    ["a", "b", "c", "d"],
    ["a", "d"],
    [
      { type: "input-removed", input: "list.1" },
      { type: "input-removed", input: "list.2" },
    ],
  ],
  [
    "an element in its place",
    ["a", "b", "c"],
    ["a", "x", "c"],
    [{ type: "input-changed", input: "list.1", from: '"b"', to: '"x"' }],
  ],
  [
    "a member of an element",
    [{ name: "m", version: "1" }],
    [{ name: "m", version: "2" }],
    [{ type: "input-changed", input: "list.0.version", from: '"1"', to: '"2"' }],
  ],
  [
    "the order",
    ["a", "b", "c"],
    ["b", "a", "c"],
    [{ type: "input-changed", input: "list", from: '["a","b","c"]', to: '["b","a","c"]' }],
  ],
  [
    "more than can be told one by one",
    ["a", "b"],
    ["x", "y", "z"],
    [{ type: "input-changed", input: "list", from: '["a","b"]', to: '["x","y","z"]' }],
  ],
];

for (const [what, from, to, reasons] of listChanges) {
  test(`of a list: ${what}`, () => {
    const lists = [{ list: from }, { list: to }] as const;
    const [was, is] = lists.map((inputs) => ({ ...before, inputs }));
    assert.equal(is && compareFingerprints(was, is), reasons);
  });
}

test("what may be a secret is named, not told", () => {
  const withInputs = (secret: string): Fingerprint => ({
    ...before,
    inputs: {
      baseImage: { buildArgs: { TOKEN: secret } },
      environment: {
        variables: { KEY: secret },
        python: { indexUrl: `https://me:${secret}@pypi.example/x` },
      },
      tests: [{ request: { headers: { Authorization: secret } } }],
    },
  });
  const reasons = compareFingerprints(withInputs("hunter2"), withInputs("swordfish"));
  assert.equal(reasons, [
    { type: "input-changed", input: "baseImage.buildArgs.TOKEN" },
    { type: "input-changed", input: "environment.python.indexUrl" },
    { type: "input-changed", input: "environment.variables.KEY" },
    { type: "input-changed", input: "tests.0.request.headers.Authorization" },
  ]);
});

test("an input that is called as a prototype's member", () => {
  const now = { ...before, inputs: { ...before.inputs, constructor: "x" } };
  assert.equal(compareFingerprints(before, now), [{ type: "input-added", input: "constructor" }]);
});

test("the query of an address may be a signature, and is not told", () => {
  const address = (signature: string) => `https://data.example/m.pkl?X-Amz-Signature=${signature}#part`;
  assert.is(toldValue(address("s3cret"), "source"), '"https://data.example/m.pkl?…#part"');
  const withSource = (source: string): Fingerprint => ({ ...before, inputs: { source } });
  const reasons = compareFingerprints(withSource(address("one")), withSource(address("two")));
  assert.equal(reasons, [{ type: "input-changed", input: "source" }]);
});

test.run();
