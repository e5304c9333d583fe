// `run --watch`: from a save to the new answer, in the container that runs.
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import * as assert from "uvu/assert";
import { docker, findContainers } from "./engine.ts";
import { makeForkyImage } from "./forky-image.ts";
import { timedSuite } from "./timed-suite.ts";
import { openWorkspace, type PackageFolder } from "./workspace.ts";

const workspace = openWorkspace("watch");
const test = timedSuite("run --watch", 300_000);

const PACKAGE = "inference: {entry_script: score.py, source_directory: src, workers: 2}\n";

/** A script whose answer is a word from a module beside it. */
const answering = (word: string, before = ""): string => `${before}
import lib

def init():
    pass

def run(data):
    return "${word} " + lib.WORD
`;
const lib = (word: string): string => `WORD = "${word}"\n`;

type Watched = {
  readonly url: string;
  readonly said: () => string;
  /** Waits until something new is said that has this in it. */
  hear(text: string): Promise<string>;
  readonly child: ReturnType<PackageFolder["start"]>["child"];
  readonly ended: ReturnType<PackageFolder["start"]>["ended"];
};

async function watch(folder: PackageFolder, first = "ready on"): Promise<Watched> {
  const { child, ended } = folder.start(["run", "--watch"]);
  let said = "";
  let heard = 0;
  const note = (chunk: Buffer) => {
    said += chunk.toString();
  };
  child.stdout.on("data", note);
  child.stderr.on("data", note);
  let hasEnded = false;
  ended.then(() => {
    hasEnded = true;
  });
  const hear = async (text: string): Promise<string> => {
    const deadline = Date.now() + 60_000;
    for (;;) {
      const at = said.indexOf(text, heard);
      if (at >= 0) {
        const between = said.slice(heard, at + text.length);
        heard = at + text.length;
        return between;
      }
      if (hasEnded || Date.now() > deadline) throw new Error(`nobody said ${text}:\n${said}`);
      await sleep(5);
    }
  };
  await hear(first);
  const id = await containerOf(folder);
  const port = (await docker(["port", id, "5001"])).split(":").at(-1)?.trim();
  return { url: `http://127.0.0.1:${port}`, said: () => said, hear, child, ended };
}

async function containerOf({ name }: PackageFolder): Promise<string> {
  const [line = ""] = await findContainers(name, "service");
  return line.split(" ")[0] ?? "";
}

async function ask({ url }: Watched): Promise<string> {
  const response = await fetch(`${url}/score`, {
    method: "POST",
    body: "x",
    signal: AbortSignal.timeout(20_000),
  });
  return response.ok ? ((await response.json()) as string) : `status ${response.status}`;
}

/** How long it takes until the answer is this one; in between there is none but this and what it was. */
async function untilAnswer(watched: Watched, expected: string): Promise<number> {
  const began = performance.now();
  const before = await ask(watched);
  for (let answer = before; answer !== expected; answer = await ask(watched)) {
    assert.is(answer, before);
    assert.ok(performance.now() - began < 60_000, `${answer} stays\n${watched.said()}`);
  }
  return performance.now() - began;
}

const volumes = async () => (await docker(["volume", "ls", "--quiet"])).split("\n").filter(Boolean).sort();
const volumesBefore = await volumes();

async function stopWatching(watched: Watched): Promise<void> {
  watched.child.kill("SIGINT");
  const { exitCode, all } = await watched.ended;
  assert.is(exitCode, 130, all);
  assert.not.match(all, /mlpackage-reload|error\[bug\]/);
  assert.equal(await findContainers(workspace.prefix, "service"), []);
  assert.equal(await volumes(), volumesBefore);
}

const folder = await workspace.makePackage("loop", PACKAGE, {
  "src/score.py": answering("built"),
  "src/lib.py": lib("one"),
  "src/.env": "TOKEN=secret\n",
});
let watched: Watched;

test("what lies here is served, and not what was built", async () => {
  const applied = await folder.call(["apply"]);
  assert.is(applied.exitCode, 0, applied.all);
  await folder.write({ "src/score.py": answering("here") });
  watched = await watch(folder);
  assert.is(await ask(watched), "here one");
});

test("a save is answered by the new code, and no request is lost on the way", async () => {
  const times: number[] = [];
  for (const word of ["two", "three", "four"]) {
    await folder.write({ "src/lib.py": lib(word) });
    times.push(await untilAnswer(watched, `here ${word}`));
    await watched.hear("lib.py: reloaded in ");
  }
  process.stdout.write(
    `from the save to the new answer: ${times.map((time) => `${Math.round(time)} ms`).join(", ")}\n`,
  );
});

test("code that does not load is told, and the last that did goes on serving, until a save mends it", async () => {
  await folder.write({ "src/score.py": `${answering("broken")}x = (\n` });
  const said = await watched.hear("score.py does not load: the previous code keeps serving");
  assert.match(said, "SyntaxError: '(' was never closed");
  assert.is(await ask(watched), "here four");
  await folder.write({ "src/score.py": answering("broken", "import no_such_module") });
  assert.match(await watched.hear("score.py does not load"), "No module named 'no_such_module'");
  await folder.write({ "src/score.py": answering("broken", "import os; os.abort()") });
  await watched.hear("score.py does not load");
  assert.is(await ask(watched), "here four");
  await folder.write({ "src/score.py": answering("mended") });
  await watched.hear("score.py: reloaded in ");
  assert.is(await ask(watched), "mended four");
});

test("files that are replaced, new and removed, and folders of them", async () => {
  await writeFile(folder.at("src/score.py.new"), answering("replaced"));
  await rename(folder.at("src/score.py.new"), folder.at("src/score.py"));
  await untilAnswer(watched, "replaced four");
  // By then no worker with the code before is left to answer.
  await watched.hear("reloaded in ");

  await folder.write({ "src/deep/er/word.py": lib("deep"), "src/lib.py": "from deep.er.word import WORD\n" });
  await untilAnswer(watched, "replaced deep");
  await watched.hear("reloaded in ");

  await rename(folder.at("src/deep"), folder.at("src/moved"));
  await watched.hear("does not load");
  await folder.write({ "src/lib.py": "from moved.er.word import WORD\n" });
  await untilAnswer(watched, "replaced deep");

  await rm(folder.at("src/moved"), { recursive: true });
  assert.match(await watched.hear("does not load"), "No module named 'moved'");
  await rm(folder.at("src/lib.py"));
  await mkdir(folder.at("src/lib.py"));
  await folder.write({ "src/lib.py/nothing.txt": "", "src/lib/__init__.py": lib("package") });
  await untilAnswer(watched, "replaced package");
});

test("the container has what an image would have, and nothing else", async () => {
  await folder.write({
    "src/notes.txt": "new",
    "src/.env": "TOKEN=other\n",
    "src/__pycache__/score.cpython-311.pyc": "no code",
    "src/run.sh": "#!/bin/sh\n",
  });
  await watched.hear("reloaded in ");
  const id = await containerOf(folder);
  const listed = await docker([
    "exec",
    id,
    "find",
    "/var/azureml-app/src",
    "-type",
    "f",
    "-printf",
    "%P %m %u\n",
  ]);
  assert.equal(listed.trim().split("\n").sort(), [
    "lib.py/nothing.txt 644 root",
    "lib/__init__.py 644 root",
    "notes.txt 644 root",
    "run.sh 755 root",
    "score.py 644 root",
  ]);
});

test("a burst of saves is few reloads, and ends with the last of them", async () => {
  const before = watched.said().split("reloaded in").length;
  for (let save = 0; save <= 40; save += 1) {
    await folder.write({ "src/lib/__init__.py": lib(`burst ${save}`) });
    await sleep(5);
  }
  const deadline = Date.now() + 20_000;
  // A file may have been read half-way, in the middle of a burst.
  while ((await ask(watched)) !== "replaced burst 40") assert.ok(Date.now() < deadline, watched.said());
  await sleep(1_000);
  const reloads = watched.said().split("reloaded in").length - before;
  assert.ok(reloads >= 1 && reloads <= 10, `${reloads} reloads`);
});

test("a change overtakes one whose init() is not through, and the old code serves meanwhile", async () => {
  await folder.write({ "src/score.py": answering("never", "import time; time.sleep(600)") });
  await sleep(1_000);
  assert.is(await ask(watched), "replaced burst 40");
  await folder.write({ "src/score.py": answering("overtook") });
  await untilAnswer(watched, "overtook burst 40");
  await watched.hear("score.py: reloaded in ");
});

test("a request in flight is finished by the code that took it", async () => {
  const slow = `import time\n${answering("old").replace("return", "time.sleep(2); return")}`;
  await folder.write({ "src/score.py": slow });
  await watched.hear("score.py: reloaded in ");
  const inFlight = ask(watched);
  await sleep(300);
  await folder.write({ "src/score.py": answering("new") });
  await watched.hear("score.py: reloaded in ");
  assert.is(await ask(watched), "new burst 40");
  assert.is(await inFlight, "old burst 40");
});

test("what takes a build is told, once for each change", async () => {
  await folder.configure(PACKAGE);
  await sleep(500);
  assert.not.match(watched.said(), "needs a build");
  await folder.configure(`${PACKAGE}build: {labels: {a: b}}\n`);
  assert.match(await watched.hear("mlpackage run --watch`"), "mlpackage.yaml changed, which needs a build");
  await folder.configure(PACKAGE);
  await watched.hear("needs a build");
  assert.is(await ask(watched), "new burst 40");
});

test("Ctrl-C removes the container, and what it was given", () => stopWatching(watched));

test("a script that does not load at first is served as soon as it does", async () => {
  await folder.write({ "src/score.py": answering("none", "import no_such_module") });
  const broken = await watch(folder, "the code does not load: nothing answers until it is corrected");
  assert.match(broken.said(), "No module named 'no_such_module'");
  assert.is(await ask(broken), "status 503");
  await folder.write({ "src/score.py": answering("none", "import no_such_module_either") });
  await broken.hear("score.py does not load: nothing answers until it is corrected");
  assert.is(await ask(broken), "status 503");
  await folder.write({ "src/score.py": answering("first") });
  await broken.hear("ready on");
  assert.is(await ask(broken), "first burst 40");
  assert.is((await fetch(`${broken.url}/readyz`)).status, 200);
  // The workers end by themselves, and what they would be replaced by does not load.
  await folder.write({
    "src/score.py": answering("leaving").replace("return", "import os; os._exit(9); return"),
  });
  await broken.hear("score.py: reloaded in ");
  await rm(folder.at("src/lib/__init__.py"));
  await broken.hear("does not load: the previous code keeps serving");
  for (let worker = 0; worker < 2; worker += 1) await ask(broken).catch(() => {});
  await sleep(1_500);
  assert.is(await ask(broken), "status 503");
  await folder.write({ "src/score.py": answering("back"), "src/lib/__init__.py": lib("again") });
  await broken.hear("reloaded in ");
  assert.is(await ask(broken), "back again");
  await stopWatching(broken);
});

test("`stop` ends it from elsewhere", async () => {
  const stopped = await watch(folder);
  const again = await folder.call(["run", "--watch"]);
  assert.is(again.exitCode, 64, again.all);
  assert.match(again.stderr, "error[cli/already-running]");
  assert.is((await folder.call(["stop"])).exitCode, 0);
  assert.is((await stopped.ended).exitCode, 0, stopped.said());
  assert.equal(await volumes(), volumesBefore);
});

test("the newest gunicorn reloads as well", async () => {
  const base = await makeForkyImage();
  const newest = await workspace.makePackage(
    "newest",
    `${PACKAGE}base_image: ${base}\nenvironment: {python: {managed: false}}\n`,
    { "src/score.py": answering("newest"), "src/lib.py": lib("one") },
  );
  const applied = await newest.call(["apply"]);
  assert.is(applied.exitCode, 0, applied.all);
  const watching = await watch(newest);
  assert.is(await ask(watching), "newest one");
  await newest.write({ "src/score.py": "x = (\n" });
  await watching.hear("score.py does not load: the previous code keeps serving");
  await newest.write({ "src/score.py": answering("newer"), "src/lib.py": lib("two") });
  await untilAnswer(watching, "newer two");
  await stopWatching(watching);
});

test("what cannot be watched is refused", async () => {
  const detached = await folder.call(["run", "--watch", "--detach"]);
  assert.is(detached.exitCode, 64);
  assert.match(detached.stderr, "error[cli/detached-watch]");
  const own = await workspace.makePackage("own", "inference: {command: [python3, -m, http.server]}\n");
  const refused = await own.call(["run", "--watch"]);
  assert.is(refused.exitCode, 64);
  assert.match(refused.stderr, "error[cli/not-watchable]");
});

test.run();
