// What `init` writes for real models is applied as it stands: scikit-learn makes them, and Debian's own packages are what
// pip is asked for, so that nothing has to come from PyPI.
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as assert from "uvu/assert";
import { makeForkyModelsImage } from "./forky-image.ts";
import { startMlpackage } from "./mlpackage.ts";
import { docker, type Service, send, startReady } from "./runtime-image.ts";
import { timedSuite } from "./timed-suite.ts";
import { openWorkspace } from "./workspace.ts";

const workspace = openWorkspace("init");
const test = timedSuite("init", 300_000);

const MAKE_MODELS = `import os
import pickle
import joblib
import numpy
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

rows = numpy.arange(40.0).reshape(10, 4) ** 2 % 17
sums = rows.sum(axis=1)
os.umask(0)
for folder in ("alone", "joined", "several"):
    os.makedirs(f"/made/{folder}")
with open("/made/alone/model.pkl", "wb") as file:
    pickle.dump(LinearRegression().fit(rows, sums), file)
words = ["large" if value > numpy.median(sums) else "small" for value in sums]
joblib.dump(make_pipeline(StandardScaler(), LogisticRegression()).fit(rows, words), "/made/joined/words.joblib")
joblib.dump(LinearRegression().fit(rows, -sums), "/made/several/minus.joblib")
with open("/made/several/plus.pkl", "wb") as file:
    pickle.dump(LinearRegression().fit(rows, sums), file, protocol=2)
`;

let base = "";
let version = "";
const made = join(workspace.folder, "made");

test.before(async () => {
  base = await makeForkyModelsImage();
  await mkdir(made);
  await writeFile(join(workspace.folder, "make.py"), MAKE_MODELS);
  const mounts = ["--volume", `${made}:/made`, "--volume", `${workspace.folder}/make.py:/make.py:ro`];
  const run = ["run", "--rm", "--user", "0", ...mounts, base, "python3"];
  await docker(...run, "/make.py");
  version = (await docker(...run, "-c", "import sklearn; print(sklearn.__version__)")).trim();
});

const environment = { MLPACKAGE_CACHE_DIR: workspace.cacheDirectory };

/** Runs `init` in a folder of models, and `apply` with what it wrote; only the name and the base are the test's own. */
async function initialize(folder: string) {
  const place = join(made, folder);
  const call = (...args: readonly string[]) => startMlpackage(place, args, { environment }).ended;
  const began = await call("init");
  assert.is(began.exitCode, 0, began.all);
  const yaml = await readFile(join(place, "mlpackage.yaml"), "utf8");
  const name = `${workspace.prefix}-${folder}`;
  const applied = await call("apply", "--set", `base_image=${base}`, "--set", `name=${name}`);
  assert.is(applied.exitCode, 0, `${yaml}\n${applied.all}`);
  const variables = await docker("inspect", "--format", "{{json .Config.Env}}", `${name}:latest`);
  const [, script = ""] = /"AZUREML_ENTRY_SCRIPT=([^"]*)"/.exec(variables) ?? [];
  return {
    yaml,
    told: began.all,
    call,
    script,
    start: () => startReady({ image: `${name}:latest`, script }),
  };
}

const ask = async (service: Service, body: unknown): Promise<readonly [number, unknown]> => {
  const answer = await send(service, { body: JSON.stringify(body) });
  return [answer.status, JSON.parse(answer.body)];
};

const near = (found: unknown, wanted: number): void => {
  const [number = Number.NaN] = (found as readonly number[]) ?? [];
  assert.ok(Math.abs(number - wanted) < 1e-5, `${number} is not ${wanted}`);
};

const ROW = [1, 2, 3, 4];

test("a folder with a pickle and nothing else", async () => {
  const { yaml, told, call, script, start } = await initialize("alone");
  assert.match(told, `model.pkl: a model of scikit-learn ${version}`);
  assert.match(yaml, "models: [model.pkl]");
  assert.match(yaml, `requirements: [scikit-learn==${version}]`);
  assert.match(yaml, "body: {data: [[0, 0, 0, 0]]}");
  assert.not.match(yaml, /^inference:/m);
  assert.is(script, "/opt/mlpackage/runtime/built_in/serve_sklearn.py");
  const service = await start();
  const [status, answer] = await ask(service, { data: [ROW] });
  assert.is(status, 200);
  near(answer, 10);

  const again = await call("init");
  assert.is(again.exitCode, 64);
  assert.match(again.all, "error[cli/place-taken]: `mlpackage.yaml` exists already");
  assert.match(again.all, "`mlpackage init --force`");
  const forced = await call("init", "--force");
  assert.is(forced.exitCode, 0, forced.all);
  assert.is(await readFile(join(made, "alone/mlpackage.yaml"), "utf8"), yaml);
});

test("a pipeline of joblib, of which the number of features is not known", async () => {
  const { yaml, start } = await initialize("joined");
  assert.match(yaml, "name: it is ready");
  const service = await start();
  assert.equal(await ask(service, { data: [ROW] }), [200, ["small"]]);
});

test("two models, by a script that was written for them", async () => {
  const { yaml, told, script, start } = await initialize("several");
  assert.match(told, "wrote score.py");
  assert.match(yaml, "models: [minus.joblib, plus.pkl]");
  assert.match(yaml, "inference: score.py");
  assert.match(script, /\/score\.py$/);
  const service = await start();
  const [, minus] = await ask(service, { model: "minus", data: [ROW] });
  near(minus, -10);
  const [, plus] = await ask(service, { model: "plus", data: [ROW] });
  near(plus, 10);
});

test.run();
