import { suite } from "uvu";
import * as assert from "uvu/assert";
import { config } from "../../src/cli/commands/config.ts";
import { validate } from "../../src/cli/commands/validate.ts";
import { makeCall } from "../fakes/call.ts";
import { writeInto } from "../fakes/temporary-folder.ts";

const test = suite("the config command");

const YAML = `name: demo
models: [ridge.pkl]
inference: {entry_script: score.py, port: "\${PORT:-8080}", workers: "\${WORKERS}"}
environment:
  python: {requirements: r.txt}
  variables: {PRICE: "5$$", NOTE: "a \${TOKEN} b"}
build:
  secrets: [{id: pip, env: TOKEN, host: pypi.example.com}]
tests:
  - {name: t, request: {body: {a: [1, 2.50], text: "one\\ntwo"}}, expect: {select: "$.a", json: [1]}}
profiles:
  big: {inference: {workers: 8}, environment: {system_packages: [libgomp1]}}
`;
const FILES = {
  "mlpackage.yaml": YAML,
  "prod.yaml": "build: {labels: {stage: prod}}\n",
  "ridge.pkl": "x",
  "r.txt": "numpy==2.0.0\n",
  "score.py": "def init(): ...\ndef run(data): ...\n",
};
const ENVIRONMENT = { WORKERS: "3", TOKEN: "s3cret-token" };

type Options = Parameters<typeof config>[1] & {
  readonly json?: boolean;
  readonly profile?: readonly string[];
};

async function call({ origin, json = false, profile = [] }: Options, environment = ENVIRONMENT) {
  const { session, said, workingDirectory } = makeCall(FILES, { environment });
  const file = ["mlpackage.yaml", "prod.yaml"];
  const set = ['build.labels.team="risk"'];
  const code = await config(
    { ...session, options: { ...session.options, json, profile, file, set } },
    { origin },
  );
  return { code, workingDirectory, session, ...said };
}

test("what it prints is a file that says the same, but for what is hidden", async () => {
  const first = await call({ origin: false });
  assert.is(first.code, 0, first.words);
  assert.not.match(first.data, "s3cret");
  assert.match(first.data, "NOTE: a *** b");
  assert.match(first.data, "port: 8080");
  for (const origin of [false, true]) {
    const { data } = await call({ origin });
    await writeInto(first.workingDirectory, "x.yaml", data);
    const printed = { data: "", words: "" };
    const session = {
      ...first.session,
      options: { ...first.session.options, file: ["x.yaml"] },
      writeData: (text: string) => {
        printed.data += text;
      },
    };
    assert.is(await validate(session), 0);
    assert.is(await config(session, { origin: false }), 0);
    assert.is(printed.data, first.data);
  }
});

test("where every value comes from", async () => {
  const { data } = await call({ origin: true, profile: ["big"] });
  const lines = data.split("\n").map((line) => line.trim());
  for (const line of [
    "name: demo  # mlpackage.yaml:1:7",
    "- name: ridge  # default",
    "source: ridge.pkl  # mlpackage.yaml:2:10",
    "image: python:3.12-slim  # default",
    "port: 8080  # mlpackage.yaml:3:43, from the default for PORT",
    "workers: 8  # mlpackage.yaml:12:30, profile big",
    "- libgomp1  # mlpackage.yaml:12:66, profile big",
    "stage: prod  # prod.yaml:1:25",
    "team: risk  # --set build.labels.team",
    "NOTE: a *** b  # mlpackage.yaml:6:35, from TOKEN",
    "text: |-  # mlpackage.yaml:10:52",
    "worker_timeout: 5m  # default",
  ])
    assert.ok(lines.includes(line), `${line}\n\n${data}`);
  const told = lines.filter((line) => line !== "" && !line.endsWith(":") && !line.includes("  # "));
  assert.equal(
    told.filter((line) => !["one", "two"].includes(line)),
    [],
  );
});

test("as JSON, with the dollars as they are meant", async () => {
  const { data } = await call({ origin: false, json: true });
  const { environment, inference } = JSON.parse(data);
  assert.is(environment.variables.PRICE, "5$");
  assert.is(inference.workers, 3);
  const both = JSON.parse((await call({ origin: true, json: true })).data);
  assert.equal(both.config, JSON.parse(data));
  assert.is(both.origins["/inference/workers"], "mlpackage.yaml:3:69, from WORKERS");
  assert.is(both.origins["/version"], "default");
});

test("a file that is wrong is not printed", async () => {
  const { code, data, words } = await call({ origin: false }, { WORKERS: "many", TOKEN: "x" });
  assert.is(code, 64);
  assert.is(data, "");
  assert.match(words, "`WORKERS` is `many`");
});

test("says that what it prints is not what is built, where something is hidden", async () => {
  for (const json of [false, true]) {
    const masked = await call({ origin: false, json });
    assert.match(masked.words, "warning[cli/masked-config]");
    assert.match(masked.words, "1 value holds a secret");
    const open = await call({ origin: false, json }, { WORKERS: "3", TOKEN: "" });
    assert.not.match(open.words, "masked-config");
  }
});

test("a secret that is short hides no word that it is not in, and a number that it is", async () => {
  const { data } = await call({ origin: false, json: true }, { WORKERS: "3", TOKEN: "a" });
  const { build, environment } = JSON.parse(data);
  assert.is(build.compression, "auto");
  assert.is(environment.variables.NOTE, "*** *** b");
  const file = YAML.replace("${WORKERS}", "${TOKEN}");
  const { session, said } = makeCall({ ...FILES, "mlpackage.yaml": file }, { environment: { TOKEN: "7" } });
  assert.is(await config({ ...session, options: { ...session.options, json: true } }, { origin: false }), 0);
  assert.is(JSON.parse(said.data).inference.workers, "***");
});

test("warnings are told beside JSON, and annotated", async () => {
  const file = YAML.replace("environment:\n", "environment:\n  user: root\n");
  const { session, said } = makeCall({ ...FILES, "mlpackage.yaml": file }, { environment: ENVIRONMENT });
  const told: string[] = [];
  const options = { ...session.options, json: true };
  const onTold: typeof session.onTold = (all) => told.push(...all.map(({ code }) => code));
  assert.is(await config({ ...session, options, onTold }, { origin: false }), 0);
  assert.is(JSON.parse(said.data).name, "demo");
  assert.match(said.words, "warning[config/root-user]");
  assert.ok(told.includes("config/root-user"), told.join());
});

test("where 8,000 values come from takes little longer than to print them", async () => {
  const labels = Array.from({ length: 8000 }, (_, index) => `    l${index}: "${index}"\n`).join("");
  const file = YAML.replace("build:\n", `build:\n  labels:\n${labels}`);
  const { session, said } = makeCall({ ...FILES, "mlpackage.yaml": file }, { environment: ENVIRONMENT });
  const measure = async (origin: boolean) => {
    const before = process.cpuUsage();
    assert.is(await config(session, { origin }), 0);
    return process.cpuUsage(before).user;
  };
  const [plain, told] = [await measure(false), await measure(true)];
  assert.ok(told < 4 * plain + 2_000_000, `${told} µs, ${plain} without`);
  assert.match(said.data, /l7999: .7999. {2}# mlpackage.yaml:\d+:12/);
});

test.run();
