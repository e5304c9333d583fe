import { suite } from "uvu";
import * as assert from "uvu/assert";
import { errorDiagnostic } from "../../src/model/diagnostic.ts";
import { digestOf } from "../../src/model/digest.ts";
import type { Engine } from "../../src/model/engine.ts";
import type { StepOutput } from "../../src/model/outcome.ts";
import { fail, succeed } from "../../src/model/result.ts";
import { pushKind } from "../../src/steps/push.ts";
import { createTaggedImages, makeStepContext } from "../fakes/step-context.ts";
import { makeStep } from "../fakes/steps.ts";
import { makeFolder } from "../fakes/temporary-folder.ts";

const test = suite("push");

const tag = "registry.example.com/a:1";
const digest = digestOf("pushed");
const built: StepOutput = { digest, files: [], values: { image: "new" } };

function prepare(load: boolean, tags: Readonly<Record<string, string>> = {}, more: Partial<Engine> = {}) {
  const { engine, done, byTag } = createTaggedImages(tags);
  const push = async (reference: string) => {
    done.push(`push ${byTag.get(reference)} ${reference}`);
    return succeed<string>(digest);
  };
  const context = makeStepContext(makeFolder(), { ...engine, push, ...more }, { build: built });
  const step = makeStep(`push:${tag}`, "build", { kind: "push", inputs: { tag, load } });
  return { run: () => pushKind.run(step, context), done, step, context };
}

test("a tag that is also an output stays", async () => {
  const { run, done } = prepare(true);
  assert.equal(await run(), succeed({ digest, files: [], values: { tag, digest } }));
  assert.equal(done, [`tag new ${tag}`, `push new ${tag}`]);
});

test("another is there for the push alone", async () => {
  const { run, done } = prepare(false);
  assert.ok((await run()).ok);
  assert.equal(done, [`tag new ${tag}`, `push new ${tag}`, `untag ${tag}`]);
});

test("and given back to the image that had it", async () => {
  const { run, done } = prepare(false, { [tag]: "old" });
  await run();
  assert.equal(done, [`tag new ${tag}`, `push new ${tag}`, `tag old ${tag}`]);
});

test("a push that is refused gives it back too", async () => {
  const push = async () => fail(errorDiagnostic("registry/refused", "no"));
  const { run, done } = prepare(false, {}, { push });
  const result = await run();
  assert.equal(!result.ok && result.diagnostics.map(({ code }) => code), ["registry/refused"]);
  assert.equal(done, [`tag new ${tag}`, `untag ${tag}`]);
});

test("and one that is interrupted", async () => {
  const push = () => Promise.reject(new Error("aborted"));
  const { run, done } = prepare(false, {}, { push });
  assert.match(String(await run().catch(String)), "aborted");
  assert.equal(done, [`tag new ${tag}`, `untag ${tag}`]);
});

test("a tag the engine refuses is not pushed", async () => {
  const refuse = async () => fail(errorDiagnostic("engine/tag-refused", "no"));
  for (const load of [true, false]) {
    const { run, done } = prepare(load, {}, { tag: refuse });
    assert.not((await run()).ok);
    assert.equal(done, []);
  }
});

for (const [what, answer, missing] of [
  ["the registry has it", succeed(digest), undefined],
  ["the registry has another", succeed(digestOf("other")), `${tag} in the registry`],
  ["the registry has none", succeed(undefined), `${tag} in the registry`],
  [
    "the registry does not say",
    fail(errorDiagnostic("registry/unreachable", "no")),
    `an answer of the registry about ${tag}`,
  ],
] as const) {
  test(what, async () => {
    const { step, context } = prepare(true, {}, { resolve: async () => answer });
    const output: StepOutput = { digest, files: [], values: { tag, digest } };
    assert.is(await pushKind.findMissing(step, output, context), missing);
  });
}

test.run();
