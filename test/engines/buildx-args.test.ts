import { suite } from "uvu";
import * as assert from "uvu/assert";
import { buildxArgs, secretVariables } from "../../src/engines/buildx-args.ts";
import type { BuildRequest } from "../../src/model/engine.ts";

const test = suite("buildxArgs");

const request: BuildRequest = {
  dockerfile: "/work/Dockerfile",
  context: "/work/empty",
  namedContexts: {},
  target: "environment",
  platforms: [],
  sourceDateEpoch: 0,
  layoutFolder: "/work/layout",
  noCache: false,
  signal: new AbortController().signal,
  onEvent: () => {},
};

const outputs = { writesLayouts: true, idFile: "/work/id" };
const IMAGE = [
  "--output",
  "type=image,oci-mediatypes=true,compression=uncompressed",
  "--iidfile",
  "/work/id",
];
const LAYOUT = [
  "--output",
  "type=oci,tar=false,oci-mediatypes=true,compression=uncompressed,dest=/work/layout",
];

function outputsOf(args: readonly string[]): readonly string[] {
  return args.flatMap((one, index) => (/^--(output|iidfile)$/.test(one) ? [one, args[index + 1] ?? ""] : []));
}

test("the least", () => {
  assert.equal(buildxArgs(request, outputs), [
    ...["build", "--builder", "default", "--file", "/work/Dockerfile", "--target", "environment"],
    ...["--build-arg", "SOURCE_DATE_EPOCH=0", "--provenance=false", "--sbom=false"],
    ...IMAGE,
    ...LAYOUT,
    ...["--progress=rawjson", "/work/empty"],
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
    outputs,
  ).join(" ");
  assert.match(args, "--builder remote ");
  assert.match(args, "--build-context app=/work/contexts/app --build-context model-a=/work/with space/a,b ");
  assert.match(args, "--platform linux/amd64,linux/arm64 ");
});

for (const [what, builder, writesLayouts, expected] of [
  ["the classic store cannot write layouts", undefined, false, IMAGE],
  ["a builder of its own writes layouts, and keeps nothing in the engine", "remote", false, LAYOUT],
  ["and does so whatever the engine can", "remote", true, LAYOUT],
] as const) {
  test(what, () => {
    const args = buildxArgs({ ...request, ...(builder && { builder }) }, { ...outputs, writesLayouts });
    assert.equal(outputsOf(args), expected);
  });
}

test("a place that would end the field it stands in is quoted", () => {
  const args = buildxArgs({ ...request, layoutFolder: '/a,b"c' }, outputs).join(" ");
  assert.match(args, ',"dest=/a,b""c" ');
});

test("a build that is forced asks BuildKit for everything anew", () => {
  assert.ok(buildxArgs({ ...request, noCache: true }, outputs).includes("--no-cache"));
});

test("stages are made afresh, unless all is: buildx takes one or the other", () => {
  const freshStages = ["environment", "lock"];
  const args = buildxArgs({ ...request, freshStages }, outputs).join(" ");
  assert.match(args, "--no-cache-filter environment --no-cache-filter lock ");
  const all = buildxArgs({ ...request, freshStages, noCache: true }, outputs);
  assert.ok(all.includes("--no-cache") && !all.includes("--no-cache-filter"));
});

test("secrets are named in the arguments, and nothing more is said of them", () => {
  const secrets = [
    { id: "pip", value: "s3cr3t" },
    { id: "key", value: "of the file", file: "/home/me/a,b" },
  ];
  const args = buildxArgs({ ...request, secrets }, outputs);
  assert.match(args.join(" "), "--secret id=pip,type=env,env=MLPACKAGE_BUILD_SECRET_0 ");
  assert.match(args.join(" "), '--secret id=key,type=file,"src=/home/me/a,b" ');
  assert.not.match(args.join(" "), /s3cr3t|of the file/);
  assert.equal(secretVariables({ secrets }), { MLPACKAGE_BUILD_SECRET_0: "s3cr3t" });
});

test("caches are written whatever is read, and read unless all is made anew", () => {
  const caches = {
    cacheFrom: [{ type: "registry", ref: "r/c:1" }],
    cacheTo: [{ type: "local", dest: "/p/a,b", mode: "max" }],
  };
  const written = '--cache-to type=local,"dest=/p/a,b",mode=max ';
  const args = buildxArgs({ ...request, ...caches }, outputs).join(" ");
  assert.match(args, `--cache-from type=registry,ref=r/c:1 ${written}`);
  const anew = buildxArgs({ ...request, ...caches, noCache: true }, outputs).join(" ");
  assert.match(anew, written);
  assert.not.match(anew, "--cache-from");
});

test("files alone are written where no image is wanted", () => {
  const args = buildxArgs({ ...request, filesFolder: "/work/answers" }, outputs);
  assert.equal(outputsOf(args), ["--output", "type=local,dest=/work/answers"]);
});

test.run();
