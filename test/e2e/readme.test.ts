// The first ten minutes of README, typed as they stand there: on a real engine, with a real registry.
import { copyFile, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import * as assert from "uvu/assert";
import { blocksOf, commandsTyped, type Typed } from "../readme.ts";
import { timedSuite } from "./timed-suite.ts";
import { demandVariable, openWorkspace } from "./workspace.ts";

const repository = path.join(import.meta.dirname, "../..");
const example = path.join(repository, "fixtures/examples/diabetes");
const [file = "", tests = "", outputs = ""] = blocksOf("yaml");
const [script = ""] = blocksOf("python");

const workspace = openWorkspace("readme");
const made = await workspace.makePackage("ridge", "");
const pushed = `${demandVariable("RIG_REGISTRY")}/team/${made.name}:1`;
// The first apply installs scikit-learn: minutes, where the engine has no layer of it yet.
const test = timedSuite("README", 400_000);

const typed = commandsTyped().filter(({ command }) => command.startsWith("mlpackage "));
const first = typed.findIndex(({ command }) => command === "mlpackage validate");
const walk = typed.slice(first);

/** Types the next command of README, and compares what it shows there. */
async function typeNext(expected: string, exitCode = 0): Promise<string> {
  const next = walk.shift();
  assert.is(next?.command, `mlpackage ${expected}`);
  const call = await made.call(argumentsOf(expected));
  assert.is(call.exitCode, exitCode, call.all);
  assertShown(next as Typed, call.all);
  return call.stdout;
}

function argumentsOf(command: string): readonly string[] {
  const [words = ""] = command.split(" | ");
  return [...words.matchAll(/'([^']*)'|(\S+)/g)]
    .map(([, quoted, plain]) => quoted ?? plain ?? "")
    .map((word) => own(word))
    .map((word, index, all) => (all[index - 1] === "-p" ? "0" : word));
}

/** Under names of this test's own. */
function own(text: string): string {
  return text
    .replaceAll("registry.example.com/team/ridge:1", pushed)
    .replaceAll("ridge:latest", `${made.name}:latest`);
}

/** Each line that README shows is there, in this order; times, digests and ports are those of that day. */
function assertShown({ shown }: Typed, printed: string): void {
  const lines = printed.split("\n").map(withoutToday);
  let from = 0;
  for (const line of shown.filter((one) => one !== "...").map(withoutToday)) {
    const wanted = line.replace(/\.\.\.$/, "");
    const found = lines.findIndex(
      (one, index) => index >= from && (line === wanted ? one === line : one.startsWith(wanted)),
    );
    assert.ok(found >= 0, `README shows \`${line}\`, after line ${from} of:\n${lines.join("\n")}`);
    from = found + 1;
  }
}

function withoutToday(line: string): string {
  return line
    .replace(/\d+\.\d+ s\b/g, "TIME")
    .replace(/\b[0-9a-f]{12}\b/g, "DIGEST")
    .replace(/127\.0\.0\.1:\d+/, "PLACE")
    .replace(/(\d{4}\.\d{6})\d*/g, "$1");
}

async function configure(text: string): Promise<void> {
  await made.write({ "mlpackage.yaml": own(text).replace(/^name: .*$/m, `name: ${made.name}`) });
}

test("the script is the example's", async () => {
  const whole = await readFile(path.join(example, "src/score.py"), "utf8");
  assert.ok(whole.endsWith(script));
});

test("write the file, build the image, ask it", async () => {
  await copyFile(path.join(example, "models/ridge.pkl"), made.at("ridge.pkl"));
  await made.write({ "score.py": script });
  await configure(file);
  await typeNext("validate");
  await typeNext("apply");
  await typeNext("run -d -p 6789");
  await typeNext("score --data '{\"data\": [[1,2,3,4,5,6,7,8,9,10]]}'");
  await typeNext("stop");
});

test("a wrong answer is told, the right one passes", async () => {
  await configure(file + tests);
  await typeNext("apply", 3);
  const { stderr } = await made.call(["run", "-d"]);
  assert.match(stderr, "the tests of this image failed");
  await made.call(["stop"]);
  await configure((file + tests).replace("5217.18", "5215.18"));
  const { exitCode, all } = await made.call(["apply"]);
  assert.is(exitCode, 0, all);
});

test("a changed line of the script", async () => {
  await writeFile(made.at("score.py"), script.replace("predict(rows)", "predict(rows).round(2)"));
  await typeNext("plan");
  await typeNext("apply --report mlpackage-report.html");
  assert.match(await readFile(made.at("mlpackage-report.html"), "utf8"), "<!doctype html>");
});

test("push, inspect, compare and deploy", async () => {
  const tested = (file + tests).replace("5217.18", "5215.18");
  await configure(`${tested}${outputs}`);
  await typeNext("apply");
  assert.match(await typeNext("inspect registry.example.com/team/ridge:1"), "scikit-learn");
  await typeNext("diff registry.example.com/team/ridge:1 ridge:latest");
  assert.match(await typeNext("deploy --format kubernetes | kubectl apply -f -"), "kind: Deployment");
  assert.equal(walk, []);
});

test.run();
