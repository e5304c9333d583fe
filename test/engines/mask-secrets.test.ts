import { suite } from "uvu";
import * as assert from "uvu/assert";
import { maskEvents, maskSecrets } from "../../src/engines/mask-secrets.ts";
import type { BuildEvent } from "../../src/model/engine.ts";

const test = suite("maskSecrets");

const VALUE = "p/ss w+rd'(1)";
const mask = maskSecrets([{ id: "pip", value: VALUE, username: "me" }]);

for (const [how, written] of [
  ["as it is", VALUE],
  ["as browsers encode it", encodeURIComponent(VALUE)],
  ["as Python encodes it", "p/ss%20w%2Brd%27%281%29"],
  ["in lower-case digits", "p%2fss%20w%2brd%27%281%29"],
  ["in a header", Buffer.from(`me:${VALUE}`).toString("base64")],
] as const) {
  test(`takes it out ${how}`, () => assert.is(mask.text(`a${written}b${written}`), "a***b***"));
}

test("takes out the lines of a longer one, and leaves what may be in any text", () => {
  const lines = maskSecrets([{ id: "key", value: "-----BEGIN\r\nabc\nsecond line\n" }]);
  assert.is(lines.text("second line, abc, -----BEGIN"), "***, abc, ***");
});

test("changes nothing without secrets", () => {
  assert.is(maskSecrets([]).text("all of it"), "all of it");
  assert.is(maskSecrets([{ id: "empty", value: "" }]).text("all of it"), "all of it");
});

test("takes it out wherever it is cut in pieces, and loses nothing else", () => {
  const whole = `before ${VALUE} and ${VALUE}p/s`;
  for (let first = 0; first < whole.length; first += 1) {
    for (let second = first; second < whole.length; second += 3) {
      const pieces = mask.pieces();
      const cut = [whole.slice(0, first), whole.slice(first, second), whole.slice(second)];
      assert.is(`${cut.map(pieces.next).join("")}${pieces.rest()}`, "before *** and ***p/s");
    }
  }
});

test("takes out the base64 of what had a newline at its end, and of what more comes after", () => {
  for (const value of ["token-1", "token-12", "token-123"]) {
    for (const secret of [value, `${value}\n`, `${value}\r\n`]) {
      const masking = maskSecrets([{ id: "token", value: secret }]);
      for (const written of [value, `${value}\n`, secret])
        assert.is(masking.text(`a ${Buffer.from(written).toString("base64")} b`), "a *** b");
      const longer = masking.text(Buffer.from(`${value}, and more`).toString("base64"));
      assert.ok(longer.startsWith("***"), longer);
    }
  }
});

test("takes out the whole of a secret that begins with another, wherever it is cut", () => {
  const both = maskSecrets([
    { id: "short", value: "token-1" },
    { id: "long", value: "token-1-of-many" },
  ]);
  const whole = "a token-1-of-many b token-1-of c";
  for (let first = 0; first < whole.length; first += 1) {
    const pieces = both.pieces();
    const told = [pieces.next(whole.slice(0, first)), pieces.next(whole.slice(first)), pieces.rest()];
    assert.is(told.join(""), "a *** b ***-of c");
  }
});

test("takes out secrets that overlap, wherever they are cut", () => {
  const both = maskSecrets([
    { id: "left", value: "left-middle" },
    { id: "right", value: "middle-right" },
  ]);
  const whole = "a left-middle-right left-middle b";
  assert.is(both.text(whole), "a *** *** b");
  for (let first = 0; first < whole.length; first += 1) {
    const pieces = both.pieces();
    const told = [pieces.next(whole.slice(0, first)), pieces.next(whole.slice(first)), pieces.rest()];
    assert.is(told.join(""), "a *** *** b");
  }
});

test("a secret of 400 KiB is like any other", () => {
  const lines = Array.from({ length: 6400 }, (_, line) => `${line}-`.padEnd(63, "(.*x"));
  const large = maskSecrets([{ id: "large", value: `${lines.join("\n")}\n` }]);
  const pieces = large.pieces();
  for (const line of lines.slice(0, 400)) {
    const next = `at ${line}, ${encodeURIComponent(line)} and 17`;
    assert.is(large.text(next), "at ***, *** and 17");
    assert.is(`${pieces.next(next)}${pieces.rest()}`, "at ***, *** and 17");
  }
  assert.is(large.text(`all: ${lines.join("\n")}.`), "all: ***.");
});

test("the log of each vertex is read by itself, and ends with it", () => {
  const told: BuildEvent[] = [];
  const tell = maskEvents(mask, (event) => told.push(event));
  const log = (vertex: string, text: string) => tell({ type: "vertex-log", vertex, text });
  log("a", VALUE.slice(0, 4));
  log("b", "p");
  log("a", VALUE.slice(4));
  for (const vertex of ["a", "b"]) {
    const error = `it says ${VALUE}`;
    tell({ type: "vertex-finished", vertex, name: VALUE, cached: false, durationMs: 1, error });
  }
  const texts = told.map((event) => (event.type === "vertex-log" ? `${event.vertex} ${event.text}` : event));
  const finished = {
    type: "vertex-finished",
    name: "***",
    cached: false,
    durationMs: 1,
    error: "it says ***",
  };
  assert.equal(texts, ["a ***", { ...finished, vertex: "a" }, "b p", { ...finished, vertex: "b" }]);
});

test.run();
