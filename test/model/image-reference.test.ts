import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type ImageReference, nameOf, parseImageReference } from "../../src/model/image-reference.ts";

const test = suite("image references");

const digest = `sha256:${"0".repeat(64)}`;

const rows: readonly (readonly [reference: string, parts: ImageReference, name: string])[] = [
  ["debian", { registry: "docker.io", repository: "library/debian" }, "debian"],
  ["debian:12", { registry: "docker.io", repository: "library/debian", tag: "12" }, "debian"],
  ["team/app", { registry: "docker.io", repository: "team/app" }, "team/app"],
  ["docker.io/debian", { registry: "docker.io", repository: "library/debian" }, "docker.io/debian"],
  ["ghcr.io/a/b/c:1.0", { registry: "ghcr.io", repository: "a/b/c", tag: "1.0" }, "ghcr.io/a/b/c"],
  ["localhost/a", { registry: "localhost", repository: "a" }, "localhost/a"],
  ["localhost:5000/a", { registry: "localhost:5000", repository: "a" }, "localhost:5000/a"],
  ["10.0.0.1:5000/a:b", { registry: "10.0.0.1:5000", repository: "a", tag: "b" }, "10.0.0.1:5000/a"],
  [`a@${digest}`, { registry: "docker.io", repository: "library/a", digest }, "a"],
  [`r.io:1/a:t@${digest}`, { registry: "r.io:1", repository: "a", tag: "t", digest }, "r.io:1/a"],
];

for (const [reference, parts, name] of rows) {
  test(reference, () => {
    assert.equal(parseImageReference(reference), parts);
    assert.is(nameOf(reference), name);
  });
}

test.run();
