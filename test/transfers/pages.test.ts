import { suite } from "uvu";
import * as assert from "uvu/assert";
import { readPages } from "../../src/transfers/pages.ts";

const test = suite("pages");

test("all entries of all pages come, in their order", async () => {
  const pages: Readonly<Record<string, { entries: number[]; next: string | undefined }>> = {
    first: { entries: [1, 2], next: "second" },
    second: { entries: [], next: "third" },
    third: { entries: [3], next: undefined },
  };
  const read = async (token = "first") => pages[token] ?? { entries: [], next: undefined };
  assert.equal(await readPages("a list", read), [1, 2, 3]);
});

const ENDLESS: readonly (readonly [what: string, next: (nth: number) => string])[] = [
  ["names itself", () => "again"],
  ["goes in a circle", (nth) => String(nth % 3)],
  ["always goes on", String],
];

for (const [what, next] of ENDLESS)
  test(`a list that ${what} is refused`, async () => {
    let nth = 0;
    const read = async () => {
      nth += 1;
      return { entries: [nth], next: next(nth) };
    };
    const code = await readPages("a list", read).then(
      () => "ok",
      (error: { readonly code: string }) => error.code,
    );
    assert.is(code, "source/endless-list");
  });

test.run();
