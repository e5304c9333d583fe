import { suite } from "uvu";
import * as assert from "uvu/assert";
import { findJsonPathFault, selectNodes } from "../../src/expectations/json-path.ts";
import type { Serializable } from "../../src/model/serializable.ts";

const test = suite("JSONPath");

const value: Serializable = {
  rows: [
    { id: 1, score: 0.5 },
    { id: 2, score: 0.75, "it's": { "a b": null } },
  ],
  "0.6": "a name",
};

const picked: readonly (readonly [expression: string, places: readonly string[], isSingular: boolean])[] = [
  ["$", ["$"], true],
  ["$.rows[0].score", ["$.rows[0].score"], true],
  ["$.rows[-1].id", ["$.rows[1].id"], true],
  ["$.rows[9].id", [], true],
  ["$..score", ["$.rows[0].score", "$.rows[1].score"], false],
  ["$.rows[0, 1].id", ["$.rows[0].id", "$.rows[1].id"], false],
  ["$.rows[?@.score>0.6].id", ["$.rows[1].id"], false],
  ["$.rows[?@.score > 0.05e1].id", ["$.rows[1].id"], false],
  ["$.rows[?0.60 >= @.score].id", ["$.rows[0].id"], false],
  ["$.rows[?(@.id == 0 || @.score==0.75)].id", ["$.rows[1].id"], false],
  ['$["0.6"]', ["$['0.6']"], true],
  ["$[?@ == 'a name']", ["$['0.6']"], false],
  ["$.rows[1]['it\\'s']['a b']", ["$.rows[1]['it\\'s']['a b']"], true],
];

for (const [expression, places, isSingular] of picked) {
  test(expression, () => {
    assert.is(findJsonPathFault(expression), undefined);
    const selection = selectNodes(value, expression);
    assert.equal(
      selection?.nodes.map(({ place }) => place),
      places,
    );
    assert.is(selection?.isSingular, isSingular);
  });
}

/** What is wrong begins at the bar. */
const faulty = [
  "|",
  "|rows",
  "|",
  "$.rows[|",
  "$[?|foo(@)]",
  "$.a |",
  "$[|9007199254740993]",
  "$.a.|#",
  "$[?@.a>|01]",
];

for (const marked of faulty) {
  test(`refused: ${marked}`, () => {
    const fault = findJsonPathFault(marked.replace("|", ""));
    assert.is(fault?.offset, Math.min(marked.indexOf("|"), marked.length - 1));
    assert.ok(fault?.message);
  });
}

test("functions are held to their types", () => {
  assert.match(findJsonPathFault("$[?length(@.*) > 1]")?.message ?? "", /length/);
  assert.match(findJsonPathFault("$[?count(1) > 0]")?.message ?? "", /count/);
});

test("an expression that goes back and forth is given up", () => {
  assert.is(selectNodes([`${"a".repeat(60)}!`], "$[?match(@, '(a+)+')]"), undefined);
});

test.run();
