// What a program gets that imports the package: from the tarball, type-checked, and against the real engine.
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { execa } from "execa";
import * as assert from "uvu/assert";
import { installPackage } from "./installed-package.ts";
import { timedSuite } from "./timed-suite.ts";
import { openWorkspace } from "./workspace.ts";

const compiler = new URL("../../node_modules/typescript/bin/tsc", import.meta.url).pathname;
const workspace = openWorkspace("library");
const test = timedSuite("library", 240_000);
const installed = path.join(workspace.folder, "installed");
const made = await workspace.makePackage("served", "models: [model.pkl]\n", { "model.pkl": "one" });

/** Its last line is JSON; anything else that is printed is not ours. */
const PROGRAM = `import { type ApplyEvent, type ApplyResult, apply, plan, validate } from "mlpackage";

const directory: string = process.argv[2] ?? ".";
const checked = await validate({ directory });
if (!checked.ok) throw new Error(checked.diagnostics.map(({ message }) => message).join());
const events: ApplyEvent[] = [];
const before = await plan({ directory });
const applied: ApplyResult = await apply({ directory, jobs: 2, onEvent: (event) => events.push(event) });
const after = await plan({ directory });
const broken = await apply({ directory, set: ["port=1"] });
const stop = new AbortController();
const stopped = await apply({
  directory,
  cache: false,
  signal: stop.signal,
  onEvent: ({ type }) => {
    if (type === "step-started") stop.abort();
  },
});
const started = events.flatMap((event) => (event.type === "step-started" ? [event.step] : []));
const verdicts = [before, after].map((one) => (one.ok ? one.plan.summary : undefined));
console.log(JSON.stringify({ verdicts, applied, started, types: events.map(({ type }) => type), broken, stopped }));
`;

const TSCONFIG = JSON.stringify({
  compilerOptions: {
    ...{ module: "nodenext", target: "es2023", strict: true, types: ["node"], noEmit: false, outDir: "out" },
    typeRoots: [new URL("../../node_modules/@types", import.meta.url).pathname],
  },
  files: ["program.mts"],
});

test("a program that imports it is checked, plans and applies, and ends by itself", async () => {
  await installPackage(installed);
  await writeFile(path.join(installed, "program.mts"), PROGRAM);
  await writeFile(path.join(installed, "tsconfig.json"), TSCONFIG);
  const compiled = await execa("node", [compiler, "-p", "."], { cwd: installed, reject: false });
  assert.is(compiled.exitCode, 0, compiled.stdout);
  const ran = await execa("node", ["out/program.mjs", made.path], {
    cwd: installed,
    env: { MLPACKAGE_CACHE_DIR: workspace.cacheDirectory, CI: "" },
    reject: false,
    timeout: 200_000,
  });
  assert.is(ran.exitCode, 0, ran.stderr);
  assert.is(ran.stderr, "");
  const told = JSON.parse(ran.stdout);
  const [before, after] = told.verdicts;
  assert.ok(before.run > 0, JSON.stringify(before));
  assert.equal([after.run, after.pending], [0, 0]);
  assert.is(told.applied.ok, true, JSON.stringify(told.applied));
  const image = told.applied.steps.find(({ id }: { id: string }) => id === "build:image");
  assert.match(image.output.digest, /^sha256:/);
  assert.equal(
    told.applied.tests.map(({ status }: { status: string }) => status),
    ["passed"],
  );
  assert.ok(told.started.includes("build:image"));
  assert.is(told.types.at(-1), "run-finished");
  assert.is(told.broken.ok, false);
  assert.is(told.broken.diagnostics[0].code, "config/unknown-key");
  assert.equal([told.stopped.ok, told.stopped.cancelled], [false, true]);
});

test.run();
