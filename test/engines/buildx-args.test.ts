import { suite } from "uvu";
import * as assert from "uvu/assert";
import { buildxArgs } from "../../src/engines/buildx-args.ts";
import type { BuildRequest } from "../../src/model/engine.ts";

const test = suite("buildxArgs");

const request: BuildRequest = {
  dockerfile: "/work/Dockerfile",
  context: "/work/empty",
  namedContexts: {},
  target: "image",
  platforms: [],
  noCache: false,
  signal: new AbortController().signal,
  onEvent: () => {},
};

test("the least", () => {
  assert.equal(buildxArgs(request, "/work/metadata.json"), [
    ...["build", "--builder", "default", "--file", "/work/Dockerfile", "--target", "image"],
    ...["--build-arg", "SOURCE_DATE_EPOCH=0", "--provenance=false", "--sbom=false"],
    ...["--output", "type=image,oci-mediatypes=true,compression=uncompressed"],
    ...["--metadata-file", "/work/metadata.json", "--progress=rawjson", "/work/empty"],
  ]);
});

test("everything", () => {
  const args = buildxArgs(
    {
      ...request,
      namedContexts: { app: "/work/contexts/app", "model-a": "/work/with space/a,b" },
      platforms: ["linux/amd64", "linux/arm64"],
      builder: "remote",
    },
    "/m",
  ).join(" ");
  assert.match(args, "--builder remote ");
  assert.match(args, "--build-context app=/work/contexts/app --build-context model-a=/work/with space/a,b ");
  assert.match(args, "--platform linux/amd64,linux/arm64 ");
});

test("a builder of its own loads into the engine", () => {
  const args = buildxArgs({ ...request, builder: "remote" }, "/m");
  assert.ok(args.includes("--load"));
  assert.not(args.includes("--output"));
});

test("a build that is forced asks BuildKit for everything anew", () => {
  assert.ok(buildxArgs({ ...request, noCache: true }, "/m").includes("--no-cache"));
});

test.run();
