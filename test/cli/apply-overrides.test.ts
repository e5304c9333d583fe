import { suite } from "uvu";
import * as assert from "uvu/assert";
import { applyOverrides } from "../../src/cli/apply-overrides.ts";
import { parseDocument } from "../../src/document/parse.ts";
import type { Serializable } from "../../src/model/serializable.ts";

const test = suite("applyOverrides");

async function apply(text: string, ...overrides: readonly string[]): Promise<Serializable> {
  const parsed = parseDocument({ path: "mlpackage.yaml", text });
  assert.ok(parsed.ok);
  const applied = await applyOverrides(parsed.value, overrides);
  return applied.ok ? applied.value.value : applied.diagnostics.map(({ code }) => code);
}

const rows: readonly (readonly [text: string, override: string, value: Serializable])[] = [
  ["a: 1", "a=2", { a: 2 }],
  ["a: 1", "b=text", { a: 1, b: "text" }],
  ["a: 1", "b.c.d=x", { a: 1, b: { c: { d: "x" } } }],
  ["a: {b: 1, c: 2}", "a.b=x", { a: { b: "x", c: 2 } }],
  ["a: [1, 2]", "a.0=x", { a: ["x", 2] }],
  ["a: [1]", "a.1=x", { a: [1, "x"] }],
  ["a: [{b: 1}]", "a.0.b=2", { a: [{ b: 2 }] }],
  ["a: 1", "a=[1, {}]", { a: [1, {}] }],
  ["a: 1", "a=true", { a: true }],
  ["a: 1", 'a="3"', { a: "3" }],
  ["a: 1", "a=3.10", { a: 3.1 }],
  ["a: 1", "a=", { a: "" }],
  ["a: 1", "a=b=c", { a: "b=c" }],
  ["a: 1", "a=${X}", { a: "${X}" }],
  ["inference: s.py", "inference.port=80", { inference: { entry_script: "s.py", port: 80 } }],
  ["models: [a.pkl]", 'models.0.version="2"', { models: [{ source: "a.pkl", version: "2" }] }],
  ["a: 1", "a=null", { a: null }],
  ["a: 1", "a=~", { a: null }],
  ["a: 1", "a=True", { a: true }],
  ["a: 1", "a=no", { a: "no" }],
  ["a: 1", "a=0x1F", { a: 31 }],
  ["a: 1", "a=1e-9", { a: 1e-9 }],
  ["a: 1", "a=2024-11-02", { a: "2024-11-02" }],
  ["a: 1", "a=1, 2", { a: "1, 2" }],
  ["a: 1", "a=1 # 2", { a: "1 # 2" }],
  ["a: 1", "a='3'", { a: "3" }],
  ["a: 1", "a={b: [1, x]}", { a: { b: [1, "x"] } }],
  ["a: 1", "a=[ab]*.pkl", { a: "[ab]*.pkl" }],
  ["a: 1", "a=b: c", { a: "b: c" }],
  ["a: 1", "a=1: c", { a: "1: c" }],
  ["a: 1", "a=*.pkl", { a: "*.pkl" }],
  ["a: 1", "a=12345678901234567890", { a: "12345678901234567890" }],
  ["a: 1", "toString.name=x", { a: 1, toString: { name: "x" } }],
];

for (const [text, override, value] of rows) {
  test(`${text} --set ${override}`, async () => assert.equal(await apply(text, override), value));
}

for (const override of [
  "a",
  "=x",
  "",
  "a.b=1",
  "c.2=x",
  "c.x=1",
  "c.-1=x",
  "c.0.5=x",
  "c.=x",
  "profiles.gpu.a=1",
]) {
  test(`--set ${override} is refused`, async () => {
    assert.equal(await apply("a: 1\nc: [1]", override), ["cli/bad-override"]);
  });
}

test("one after the other", async () => {
  assert.equal(await apply("a: 1", "b.c=1", "b.d=2", "b.c=3"), { a: 1, b: { c: 3, d: 2 } });
});

test("a prototype is nothing to override", async () => {
  const value = await apply("a: 1", "__proto__.polluted=x");
  assert.is(({} as Record<string, unknown>).polluted, undefined);
  assert.equal(Object.keys(value as object), ["a", "__proto__"]);
});

test("a `--set` of many keys is refused at the first that is too deep", async () => {
  const parsed = parseDocument({ path: "mlpackage.yaml", text: "a: 1" });
  assert.ok(parsed.ok);
  if (!parsed.ok) return;
  const applied = await applyOverrides(parsed.value, [`build.labels${".a".repeat(20_000)}=1`]);
  const [told] = applied.ok ? [] : applied.diagnostics;
  assert.is(told?.code, "cli/bad-override");
  assert.equal(told?.location?.range, { start: 209, end: 210 });
});

test.run();
