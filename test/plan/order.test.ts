import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Step } from "../../src/model/step.ts";
import { order } from "../../src/plan/order.ts";
import { select } from "../../src/plan/select.ts";
import { seededRandom, shuffle } from "../fakes/random.ts";
import { makeStep } from "../fakes/steps.ts";

const test = suite("order and select");

const steps = [
  makeStep("fetch:a"),
  makeStep("fetch:b"),
  makeStep("render", "", { kind: "render" }),
  makeStep("build", "render fetch:a fetch:b", { kind: "build" }),
  makeStep("test", "build", { kind: "test" }),
  makeStep("push:x", "build", { kind: "push", after: ["test"] }),
  makeStep("save:x", "build", { kind: "save", after: ["test"] }),
  makeStep("save:folder", "render fetch:a fetch:b", { kind: "save" }),
];

const idsOf = (some: readonly Step[]) => some.map(({ id }) => id);

test("a list that is in order stays as it is", () => assert.equal(order(steps), steps));

test("each step comes after all it needs, wherever it stood", () => {
  const random = seededRandom(7);
  for (let round = 0; round < 200; round += 1) {
    const ids = idsOf(order(shuffle(steps, random)));
    assert.is(new Set(ids).size, steps.length);
    for (const step of steps) {
      for (const id of [...step.needs, ...step.after]) {
        assert.ok(ids.indexOf(id) < ids.indexOf(step.id), `${step.id} stands before ${id}: ${ids}`);
      }
    }
  }
});

test("the same list gives the same order", () => {
  const shuffled = shuffle(steps, seededRandom(3));
  assert.equal(order(shuffled), order(shuffled));
});

test("a chain of ten thousand, given from its end, is no deeper than we can go", () => {
  const chain = Array.from({ length: 10_000 }, (_, index) =>
    makeStep(`s${index}`, index === 0 ? "" : `s${index - 1}`),
  );
  assert.is(
    order(chain.toReversed()).every((step, place) => step === chain[place]),
    true,
  );
});

test("a circle is a bug of ours", () => {
  assert.throws(() => order([makeStep("a", "b"), makeStep("b", "", { after: ["a"] })]), /depends on itself/);
});

test("a step that does not exist is a bug of ours", () => {
  assert.throws(() => order([makeStep("a", "b")]), /b, which does not exist/);
});

const choices: readonly (readonly [names: string, ids: string, unknown?: string])[] = [
  ["", "fetch:a fetch:b render build test push:x save:x save:folder"],
  ["build", "fetch:a fetch:b render build"],
  ["fetch", "fetch:a fetch:b"],
  ["fetch:b", "fetch:b"],
  ["push", "fetch:a fetch:b render build test push:x"],
  ["save:folder", "fetch:a fetch:b render save:folder"],
  ["save:folder test", "fetch:a fetch:b render build test save:folder"],
  ["pusch", "", "pusch"],
  ["render nothing", "render", "nothing"],
];

for (const [names, ids, unknown = ""] of choices) {
  test(`--only ${names}`, () => {
    const wordsOf = (text: string) => text.split(" ").filter(Boolean);
    const selected = select({ steps }, wordsOf(names));
    assert.equal(idsOf(selected.graph.steps), wordsOf(ids));
    assert.equal(selected.unknown, wordsOf(unknown));
  });
}

test.run();
