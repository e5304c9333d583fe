import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import path from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";

/** The documents lead where they say. */
const test = suite("links");

const root = path.join(import.meta.dirname, "..");
const guide = readdirSync(path.join(root, "schemas/guide")).map((name) => `schemas/guide/${name}`);
const documents = [
  "README.md",
  "CONTRIBUTING.md",
  "CHANGELOG.md",
  "src/README.md",
  "schemas/README.md",
  ...guide,
];

for (const document of documents) {
  test(`of ${document}`, () => {
    const text = withoutCode(readFileSync(path.join(root, document), "utf8"));
    for (const [, target = ""] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^[a-z]+:/.test(target)) continue;
      const [file = "", anchor] = target.split("#");
      const place = path.join(root, file === "" ? document : path.join(path.dirname(document), file));
      assert.ok(existsSync(place), `${target}: there is no such file`);
      if (anchor === undefined || statSync(place).isDirectory()) continue;
      assert.ok(
        anchorsIn(readFileSync(place, "utf8")).includes(anchor),
        `${target}: there is no such heading`,
      );
    }
  });
}

/** As GitHub makes them: lower case, without punctuation, dashes for spaces. */
function anchorsIn(text: string): readonly string[] {
  return [...withoutCode(text).matchAll(/^#+ (.*)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\- _]/gu, "")
      .replaceAll(" ", "-"),
  );
}

function withoutCode(text: string): string {
  return text.replace(/^```[\s\S]*?^```/gm, "");
}

test.run();
