import { execFileSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type InitOptions, init } from "../../src/cli/commands/init.ts";
import { validate } from "../../src/cli/commands/validate.ts";
import { makeCall } from "../fakes/call.ts";
import * as models from "../fakes/models.ts";
import { makeFolder } from "../fakes/temporary-folder.ts";

const test = suite("init");

const OPTIONS: InitOptions = {
  folder: undefined,
  from: undefined,
  force: false,
  dryRun: false,
  template: false,
};
const RIDGE = models.sklearnPickle("sklearn.linear_model._ridge");
const XGBOOST_PICKLE = models.pickle("xgboost.sklearn", "XGBRegressor");
const AFTER_FRAME = Buffer.from(RIDGE).toString("latin1").slice(11);
const MAIN = models.bytes(
  `\x80\x04\x8c\x08__main__\x94\x8c\x05Model\x94\x93\x94)\x81\x94}\x94\x8c\x01x\x94${AFTER_FRAME}`,
);
const SCRIPT = "def init():\n    pass\n\n\ndef run(data):\n    return data\n";

/** A folder of a known name, and what `init` says and writes there. */
async function initialize(
  files: Readonly<Record<string, string | Uint8Array>>,
  options: Partial<InitOptions> = {},
) {
  const folder = path.join(
    makeFolder(
      Object.fromEntries(
        Object.entries({ ".keep": "", ...files }).map(([name, content]) => [`Iris Model/${name}`, content]),
      ),
    ),
    "Iris Model",
  );
  const { session, said } = makeCall({}, { workingDirectory: folder });
  const exitCode = await init(session, { ...OPTIONS, ...options });
  const read = (name: string): string => readFileSync(path.join(folder, name), "utf8");
  const yaml = existsSync(path.join(folder, "mlpackage.yaml")) ? read("mlpackage.yaml") : "";
  return { exitCode, said, yaml, folder, read, session };
}

/** The file without comments and blank lines. */
const plain = (yaml: string): string =>
  yaml
    .split("\n")
    .filter((line) => !/^\s*(?:#|$)/.test(line))
    .join("\n");

test("a pickle of scikit-learn: the whole file", async () => {
  const { exitCode, said, yaml } = await initialize({ "model.pkl": RIDGE });
  assert.is(exitCode, 0);
  assert.is(
    said.words,
    "wrote mlpackage.yaml\n  model.pkl: a model of scikit-learn 1.5.2\nnext: mlpackage apply\n",
  );
  assert.is(
    yaml,
    `# yaml-language-server: $schema=https://raw.githubusercontent.com/mlpackage/mlpackage/main/mlpackage.schema.json
# \`mlpackage apply\` builds the image and tests it, \`mlpackage run\` starts it.
name: iris-model

# model.pkl: a model of scikit-learn 1.5.2
models: [model.pkl]

# The version that the model was made with.
environment:
  python:
    requirements: [scikit-learn==1.5.2]

# The row is made up: put one in that you know the answer to, and the answer as \`expect: {json: ...}\`.
tests:
  - name: an answer
    request: {body: {data: [[0, 0, 0]]}}
`,
  );
});

type Case = readonly [
  what: string,
  files: Readonly<Record<string, string | Uint8Array>>,
  yaml: readonly string[],
  script?: readonly string[],
  toDo?: string,
];

const MLMODEL = `flavors:
  python_function: {loader_module: mlflow.sklearn, predict_fn: predict}
  sklearn: {pickled_model: model.pkl, serialization_format: cloudpickle, sklearn_version: 1.5.2}
signature:
  inputs: '[{"type": "double", "name": "width"}, {"type": "string", "name": "kind"}]'
`;
const TORCH = ["extra_index_urls: [https://download.pytorch.org/whl/cpu]"];

const CASES: readonly Case[] = [
  [
    "of an old scikit-learn: an old Python and an old NumPy",
    { "model.pkl": models.oldSklearnPickle("sklearn.tree._classes", "1.0.2", 4) },
    ["base_image: python:3.10-slim", "requirements: [scikit-learn==1.0.2, numpy<2]", "data: [[0, 0, 0, 0]]"],
  ],
  [
    "compressed by joblib",
    { "a.joblib": models.bytes("x\x9c") },
    ["requirements: [scikit-learn]", "request: {path: /}"],
  ],
  ["ONNX", { "a.onnx": models.bytes("\x08\x08:") }, ["requirements: [onnxruntime]", "models: [a.onnx]"]],
  [
    "XGBoost in JSON",
    { "model.json": models.xgboostJson(2, [2, 1, 3]) },
    ["inference: score.py", "requirements: [xgboost>=2.1.3]", "body: {data: [[0, 0]]}"],
    ['MODEL = "model.json"', "xgboost.Booster()"],
  ],
  [
    "XGBoost in UBJSON",
    { "models/b.ubj": models.xgboostUbjson(3, [3, 0, 5]) },
    ["models: [models/b.ubj]", "requirements: [xgboost>=3.0.5]", "body: {data: [[0, 0, 0]]}"],
    ['MODEL = "b.ubj"'],
  ],
  [
    "LightGBM",
    { "model.txt": models.lightgbm(2), "notes.txt": "nothing" },
    ["requirements: [lightgbm]", "system_packages: [libgomp1]", "body: {data: [[0, 0]]}"],
    ['MODEL = "model.txt"'],
  ],
  [
    "TorchScript",
    { "net.pt": models.torchScript() },
    ["requirements: [torch, numpy]", ...TORCH, "request: {path: /}"],
    ["torch.jit.load", 'MODEL = "net.pt"'],
  ],
  [
    "a pickled module of PyTorch",
    { "net.pth": models.torchModule("network") },
    TORCH,
    ["weights_only=False"],
    "put the module `network`, which the model was pickled from, beside the script",
  ],
  [
    "weights of PyTorch",
    { "net.pth": models.torchWeights() },
    TORCH,
    ["make_network"],
    "say in `make_network` which network the weights are of",
  ],
  [
    "safetensors",
    { "net.safetensors": models.safetensors() },
    ["requirements: [safetensors, torch, numpy]", ...TORCH],
    ["load_file"],
    "say in `make_network`",
  ],
  [
    "Transformers",
    {
      "bert/config.json": '{"architectures": ["BertForSequenceClassification"]}',
      "bert/model.safetensors": models.safetensors(),
    },
    ["models: [bert]", "requirements: [transformers<5, torch]", "body: {inputs: Once upon a time}"],
    ['MODEL = "bert"', 'TASK = "text-classification"'],
  ],
  [
    "a SavedModel",
    { "saved/saved_model.pb": "x", "saved/variables/variables.index": "x" },
    ["models: [saved]", "requirements: [tensorflow]"],
    ['MODEL = "saved"'],
  ],
  [
    "GGUF",
    { "tiny.gguf": models.gguf() },
    ["requirements: [llama-cpp-python]", "prompt: Once upon a time"],
    ["Llama("],
  ],
  [
    "a pickle of a package that is known",
    { "model.pkl": models.pickle("lightgbm.sklearn", "LGBMModel") },
    ["requirements: [joblib, numpy, lightgbm, scikit-learn]", "system_packages: [libgomp1]"],
    ["joblib.load"],
  ],
  [
    "a pickle of anything else: its name is no requirement",
    { "model.pkl": models.pickle("evil.models", "Net") },
    ["requirements: [joblib, numpy]"],
    ["joblib.load"],
    "add what brings `evil` to the requirements",
  ],
  [
    "a class of the program that pickled it, which holds one of scikit-learn's",
    { "model.pkl": MAIN },
    ["requirements: [joblib, numpy]", "request: {path: /}"],
    ["joblib.load"],
    "put `Model` into a module beside the script and pickle the model anew",
  ],
  [
    "a class of a module without a dot",
    { "model.pkl": models.pickle("train", "Model") },
    ["requirements: [joblib, numpy]"],
    ["joblib.load"],
    "put the module `train`, which the model was pickled from, beside the script",
  ],
  [
    "a dict that holds a model",
    { "model.pkl": models.bytes(`\x80\x04}\x94\x8c\x05model\x94${AFTER_FRAME}`) },
    ["requirements: [joblib, numpy, scikit-learn==1.5.2]", "request: {path: /}"],
    ["joblib.load"],
    "say which of what the pickle holds predicts",
  ],
  [
    "a model beside a list of texts, and beside HDF5 of another program",
    {
      "model.pkl": RIDGE,
      "labels.pkl": models.bytes("\x80\x04]\x94(\x8c\x0fwww.example.com\x94\x8c\x03x.y\x94e."),
      "data/train.h5": models.bytes("\x89HDF\r\n\x1a\n"),
    },
    ["models: [model.pkl]", "body: {data: [[0, 0, 0]]}"],
  ],
  [
    "a folder of MLflow's with scikit-learn",
    { "forest/MLmodel": MLMODEL, "forest/model.pkl": RIDGE, "forest/python_env.yaml": "python: 3.11.9\n" },
    [
      "base_image: python:3.11-slim",
      "models: [forest]",
      "requirements: [scikit-learn==1.5.2, cloudpickle]",
      "body: {dataframe_split: {columns: [width, kind], data: [[0, '']]}}",
    ],
  ],
  [
    "a folder of MLflow's with an example",
    { "f/MLmodel": MLMODEL, "f/model.pkl": RIDGE, "f/serving_input_example.json": "{}" },
    ["request: {body_file: f/serving_input_example.json}"],
  ],
  [
    "a folder of MLflow's that a module loads",
    {
      "f/MLmodel": "flavors: {python_function: {loader_module: mlflow.pytorch, data: data}}\n",
      "f/data/model.pth": "x",
      "f/requirements.txt": "mlflow==3.6.0\n",
    },
    ["models: [f]", "requirements: f/requirements.txt"],
  ],
  [
    "requirements that are there",
    { "model.pkl": RIDGE, "requirements.txt": "scikit-learn==1.5.0\n", "uv.lock": "version = 1\n" },
    ["requirements: requirements.txt"],
  ],
  [
    "a project that asks for another Python",
    {
      "model.pkl": RIDGE,
      "pyproject.toml":
        '[project]\nname = "a"\nversion = "1"\nrequires-python = ">=3.10,<3.12"\ndependencies = ["scikit-learn"]\n',
    },
    ["base_image: python:3.11-slim", "requirements: pyproject.toml"],
  ],
  [
    "an environment of conda's",
    { "model.pkl": RIDGE, "environment.yml": "dependencies: [python=3.11, {pip: [scikit-learn==1.5.2]}]\n" },
    ["base_image: python:3.11-slim", "conda: environment.yml"],
  ],
  [
    "requirements that lack what the script needs",
    { "model.json": models.xgboostJson(2, [2, 1, 3]), "requirements.txt": "flask\n" },
    ["requirements: requirements.txt"],
    ["xgboost.Booster()"],
    "add to requirements.txt: xgboost>=2.1.3",
  ],
  [
    "requirements with another package of a name that begins the same",
    { "model.pkl": RIDGE, "requirements.txt": "scikit-learn-extra\n" },
    ["requirements: requirements.txt"],
    [],
    "add to requirements.txt: scikit-learn==1.5.2",
  ],
  [
    "requirements for another machine",
    { "a.onnx": models.bytes("\x08\x08:"), "requirements.txt": "onnxruntime-gpu\n" },
    ["requirements: requirements.txt"],
  ],
  [
    "requirements that name another file",
    { "model.pkl": RIDGE, "requirements.txt": "-r base.txt\n", "base.txt": "scikit-learn\n" },
    ["requirements: requirements.txt"],
  ],
  [
    "PyTorch by its name in conda",
    { "net.pt": models.torchScript(), "environment.yml": "dependencies: [python=3.12, pytorch, numpy]\n" },
    ["conda: environment.yml"],
    ["torch.jit.load"],
  ],
  [
    "a Python that there is no image of",
    {
      "f/MLmodel": MLMODEL.replace("1.5.2", "1.0.2"),
      "f/model.pkl": RIDGE,
      "f/python_env.yaml": "python: 3.7.9\n",
    },
    ["base_image: python:3.10-slim"],
    [],
    "see whether Python 3.10 will do, or name another `base_image`: The model was made with Python 3.7",
  ],
  [
    "a script that is there, and a sample",
    {
      "model.pkl": RIDGE,
      "src/score.py": SCRIPT,
      "src/requirements.txt": "scikit-learn\n",
      "sample-request.json": "{}",
      "other.py": SCRIPT,
    },
    ["inference: src/score.py", "requirements: src/requirements.txt", "body_file: sample-request.json"],
  ],
  ["a script by another name", { "serve.py": SCRIPT, "model.pkl": RIDGE }, ["inference: serve.py"]],
  [
    "a script that is there needs what the model needs",
    { "m.json": models.xgboostJson(2, [2, 1, 3]), "score.py": SCRIPT },
    ["inference: score.py", "requirements: [xgboost>=2.1.3]"],
  ],
  [
    "a script that is there, and a pickle of its own",
    {
      "model.pkl": models.pickle("myorg.models", "Net"),
      "score.py": SCRIPT,
      "requirements.txt": "myorg\n",
    },
    ["requirements: requirements.txt"],
  ],
  ["a script and no model", { "score.py": SCRIPT }, ["inference: score.py"]],
  [
    "several: by their names",
    { "a.pkl": RIDGE, "b.joblib": RIDGE },
    ["models: [a.pkl, b.joblib]", "requirements: [scikit-learn==1.5.2, joblib, numpy]", "model: a"],
    ['MODELS = {"a": "a/0/a.pkl", "b": "b/0/b.joblib"}'],
  ],
  [
    "several: the packages of each",
    { "a.pkl": RIDGE, "x.pkl": XGBOOST_PICKLE },
    ["requirements: [scikit-learn==1.5.2, joblib, numpy, xgboost]"],
    ["joblib.load"],
  ],
  [
    "several that are no pickles: the packages of each",
    { "l.txt": models.lightgbm(2), "m.json": models.xgboostJson(2, [2, 1, 3]) },
    ["requirements: [lightgbm, xgboost>=2.1.3]", "system_packages: [libgomp1]"],
    [],
    "write what `init` and `run` do",
  ],
  [
    "several, one of a package that is not known",
    {
      "a.pkl": RIDGE,
      "b.pkl": models.pickle("myorg.models", "Net"),
    },
    ["requirements: [scikit-learn==1.5.2, joblib, numpy]"],
    [],
    "add what brings `myorg` to the requirements",
  ],
  [
    "several, one of which MLflow has listed the packages of",
    {
      "f/MLmodel": "flavors: {python_function: {loader_module: mlflow.pytorch, data: data}}\n",
      "f/data/model.pth": "x",
      "f/requirements.txt": "mlflow==3.6.0\n",
      "model.pkl": RIDGE,
    },
    ["requirements: [scikit-learn==1.5.2]"],
    [],
    "add what `f/requirements.txt` lists to the requirements",
  ],
  [
    "several of one name, and of several kinds",
    { "model.pkl": RIDGE, "model.onnx": models.bytes("\x08\x08:") },
    ["- model.onnx", "name: model-pkl", "source: model.pkl"],
    ['"model-pkl": "model-pkl/0/model.pkl"'],
    "write what `init` and `run` do",
  ],
  [
    "more beside it than belongs into an image",
    { "model.json": models.xgboostJson(2, [2, 1, 3]), "data.csv": "1,2\n" },
    ["inference: serving/score.py"],
  ],
  [
    "names that YAML and variables mean something by",
    { "$a: #b.onnx": models.bytes("\x08\x08:") },
    ["name: a-b"],
  ],
];

for (const [what, files, wanted, script = [], toDo] of CASES) {
  test(what, async () => {
    const { exitCode, said, yaml, read, session } = await initialize(files);
    assert.is(exitCode, 0, said.words);
    for (const line of wanted) assert.match(plain(yaml), line);
    const [, entry = ""] = /^inference: (.*)$/m.exec(yaml) ?? [];
    for (const line of script) assert.match(read(entry), line);
    if (toDo === undefined) assert.not.match(said.words, "to do:");
    else assert.match(said.words, new RegExp(`^to do: .*${toDo.replace(/[`.()>=]/g, "\\$&")}`, "m"));
    said.words = "";
    assert.is(await validate(session), 0, `${yaml}\n${said.words}`);
  });
}

test("a folder with no model: what was looked for, and nothing is written", async () => {
  const { exitCode, said, folder } = await initialize({
    "table.pkl": models.pickle("pandas.core.frame", "DataFrame"),
    "lfs.onnx": "version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 1\n",
    "helper.py": "from subprocess import run\ndef init(): pass\n",
  });
  assert.is(exitCode, 64);
  assert.match(said.words, "error[cli/no-model]: there is no model in `.`");
  assert.match(said.words, "table.pkl: it is a pickle of `pandas.core.frame`");
  assert.match(said.words, "lfs.onnx: it is a pointer of git-lfs");
  assert.match(said.words, "`mlpackage init --template`");
  assert.not.ok(existsSync(path.join(folder, "mlpackage.yaml")));
});

test("`--template` where there is no model", async () => {
  const { exitCode, said, yaml, read } = await initialize({}, { template: true });
  assert.is(exitCode, 0, said.words);
  assert.match(yaml, "inference: score.py");
  assert.match(read("score.py"), "MODELS = {}");
});

test("what is there is not replaced", async () => {
  const first = await initialize({ "model.pkl": RIDGE, "mlpackage.yaml": "mine" });
  assert.is(first.exitCode, 64);
  assert.is(
    first.said.words,
    "error[cli/place-taken]: `mlpackage.yaml` exists already\nhint: type `mlpackage init --force` to replace it, or add `--dry-run` to see what would be written\n",
  );
  assert.is(first.yaml, "mine");
  const forced = await initialize({ "model.pkl": RIDGE, "mlpackage.yaml": "mine" }, { force: true });
  assert.is(forced.exitCode, 0);
  assert.match(forced.yaml, "name: iris-model");
  const script = await initialize({ "a.gguf": models.gguf(), "score.py": "mine" });
  assert.is(script.exitCode, 0, script.said.words);
  assert.is(script.read("score.py"), "mine");
  assert.match(script.yaml, "inference: serving/score.py");
  const both = await initialize({
    "a.gguf": models.gguf(),
    "score.py": "mine",
    "serving/score.py": "mine too",
  });
  assert.is(both.exitCode, 64);
  assert.match(both.said.words, "error[cli/place-taken]: `serving/score.py` exists already");
  assert.is(both.yaml, "");
});

test("`--force` asks for the packages of a script that was written before", async () => {
  const { said, session, folder } = await initialize({ "m.json": models.xgboostJson(2, [2, 1, 3]) });
  said.words = "";
  assert.is(await init(session, { ...OPTIONS, force: true }), 0, said.words);
  const yaml = readFileSync(path.join(folder, "mlpackage.yaml"), "utf8");
  assert.match(plain(yaml), "requirements: [xgboost>=2.1.3]");
});

test("`--dry-run` writes nothing, and prints it all", async () => {
  const { exitCode, said, folder } = await initialize({ "a.gguf": models.gguf() }, { dryRun: true });
  assert.is(exitCode, 0);
  assert.match(said.data, "# score.py\n");
  assert.match(said.data, "llama_cpp");
  assert.match(said.data, "# mlpackage.yaml\n");
  assert.not.ok(existsSync(path.join(folder, "mlpackage.yaml")) || existsSync(path.join(folder, "score.py")));
});

test("no file is written through a link out of the package, nor where a file is in the way", async () => {
  const elsewhere = makeFolder({});
  for (const dryRun of [true, false]) {
    const { session, said, folder } = await initialize({ "a.txt": "", "data.csv": "1\n" });
    const at = (name: string) => path.join(folder, name);
    writeFileSync(at("a.gguf"), models.gguf());
    const attempt = async (what: string) => {
      said.words = "";
      assert.is(await init(session, { ...OPTIONS, dryRun }), 64, said.words);
      assert.match(said.words, `error[cli/place-taken]: \`serving\` ${what}`);
      assert.not.match(said.words, folder);
      assert.not.ok(existsSync(at("mlpackage.yaml")));
      rmSync(at("serving"));
    };
    symlinkSync(elsewhere, at("serving"));
    await attempt("leads out of the package, where `serving/score.py` would be written");
    assert.equal(readdirSync(elsewhere), []);
    symlinkSync(path.join(elsewhere, "absent"), at("serving"));
    await attempt("is a link to nothing");
    writeFileSync(at("serving"), "mine");
    await attempt("exists, and is not a folder");
    mkdirSync(at("other"));
    symlinkSync("other", at("serving"));
    assert.is(await init(session, { ...OPTIONS, dryRun }), 0, said.words);
  }
});

test("what is written and is not valid: what is to be mended, and no success", async () => {
  const old =
    '[project]\nname = "a"\nversion = "1"\nrequires-python = "<3.8"\ndependencies = ["scikit-learn"]\n';
  const { exitCode, said, session } = await initialize({ "model.pkl": RIDGE, "pyproject.toml": old });
  assert.is(exitCode, 64);
  assert.match(said.words, "to do: see whether Python 3.12 will do");
  assert.match(said.words, "error[requirements/other-python]");
  assert.match(said.words, "to do: mend mlpackage.yaml: `pyproject.toml` needs Python <3.8");
  assert.match(said.words, /after that: mlpackage apply\n$/);
  const asData = { ...session, options: { ...session.options, json: true } };
  assert.is(await init(asData, { ...OPTIONS, force: true }), 64);
  const { valid, toDo } = JSON.parse(said.data);
  assert.is(valid, false);
  assert.match(toDo.join("\n"), "mend mlpackage.yaml: `pyproject.toml` needs");
});

test("more models than an image takes, and pointers of git-lfs by the names of texts", async () => {
  const many = Array.from(
    { length: 103 },
    (_, index) => [`${index}.onnx`, models.bytes("\x08\x08:")] as const,
  );
  const pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 1\n";
  const { said } = await initialize({ ...Object.fromEntries(many), "m.json": pointer });
  assert.match(said.words, "3 more models are left out: a package takes 100 of them here");
  assert.match(
    said.words,
    "m.json is left out: it is a pointer of git-lfs: fetch the model with `git lfs pull`",
  );
});

test("the hint repeats the call", async () => {
  const { said, session } = await initialize({
    "a b/model.pkl": RIDGE,
    "a b/mlpackage.yaml": "",
    "cog.yaml": "",
  });
  await init(session, { ...OPTIONS, folder: "a b", from: "cog.yaml" });
  assert.match(said.words, "type `mlpackage init 'a b' --from cog.yaml --force` to replace it");
  said.words = "";
  const there = { ...session, options: { ...session.options, directory: "a b" } };
  await init(there, OPTIONS);
  assert.match(said.words, "type `mlpackage -C 'a b' init --force` to replace it");
  const empty = await initialize({ "empty/.keep": "" }, { folder: "empty" });
  assert.match(empty.said.words, "write a file to fill in with `mlpackage init empty --template`");
});

test("a file of another name in a folder of its own, and the answer as data", async () => {
  const { exitCode, said, folder, session } = await initialize({});
  writeFileSync(path.join(folder, "model.pkl"), RIDGE);
  mkdirSync(path.join(folder, "a b"));
  writeFileSync(path.join(folder, "a b/other.onnx"), models.bytes("\x08\x08:"));
  assert.is(exitCode, 64);
  said.words = "";
  const named = { ...session, options: { ...session.options, file: ["a b/it.yaml"] } };
  assert.is(await init(named, OPTIONS), 0, said.words);
  assert.match(readFileSync(path.join(folder, "a b/it.yaml"), "utf8"), "models: [other.onnx]");
  assert.match(said.words, "next: mlpackage -C 'a b' -f it.yaml apply");
  const asData = { ...session, options: { ...session.options, json: true } };
  assert.is(await init(asData, OPTIONS), 0);
  assert.equal(JSON.parse(said.data), {
    written: ["score.py", "mlpackage.yaml"],
    toDo: ["in score.py: write what `init` and `run` do"],
    ...{ valid: true, leftOut: [], diagnostics: [] },
  });
});

test("a folder that is not there, a file, and a model itself", async () => {
  const absent = await initialize({}, { folder: "absent" });
  assert.is(absent.exitCode, 64);
  assert.match(absent.said.words, "error[cli/no-folder]: `absent` does not exist");
  const file = await initialize({ "model.pkl": RIDGE }, { folder: "model.pkl" });
  assert.match(file.said.words, "error[cli/no-folder]: `model.pkl` is not a folder");
  const model = await initialize({ "f/MLmodel": MLMODEL }, { folder: "f" });
  assert.is(model.exitCode, 64);
  assert.match(model.said.words, "error[cli/folder-is-model]: `f` is itself a model");
});

test("the name and the registry of a repository, and none of its secrets", async () => {
  const folder = makeFolder({ "model.pkl": RIDGE });
  const git = (...args: readonly string[]) =>
    execFileSync("git", ["-C", folder, ...args], { stdio: "ignore" });
  git("init");
  git("remote", "add", "origin", "https://user:hunter2@github.com/Team/Ridge.git");
  const { session, said } = makeCall(
    {},
    { workingDirectory: folder, environment: { PATH: process.env.PATH ?? "" } },
  );
  assert.is(await init(session, OPTIONS), 0, said.words);
  const yaml = readFileSync(path.join(folder, "mlpackage.yaml"), "utf8");
  assert.match(yaml, "name: ridge");
  assert.match(plain(yaml), "- type: image\n    tags: [ghcr.io/team/ridge:latest]\n    push: false");
  assert.not.match(yaml + said.words, "hunter2");
});

test("a hostile folder", async () => {
  const folder = makeFolder({
    "model.pkl": RIDGE,
    "node_modules/a/model.onnx": models.bytes("\x08\x08:"),
    ".git/model.onnx": models.bytes("\x08\x08:"),
    "env/pyvenv.cfg": "",
    "env/model.onnx": models.bytes("\x08\x08:"),
    "a/b/c/d/e/f/g/h/model.onnx": models.bytes("\x08\x08:"),
    "new\nline.onnx": models.bytes("\x08\x08:"),
  });
  const at = (name: string) => path.join(folder, name);
  symlinkSync(".", at("around"));
  symlinkSync("circle.pkl", at("circle.pkl"));
  symlinkSync("/", at("everything"));
  symlinkSync("/etc/hostname", at("outside.onnx"));
  execFileSync("mkfifo", [at("pipe.pkl"), at("pipe.py")]);
  mkdirSync(at("many"));
  for (let index = 0; index < 12_000; index += 1) writeFileSync(at(`many/${index}.jpg`), "");
  mkdirSync(at("closed"));
  chmodSync(at("closed"), 0);
  const { session, said } = makeCall({}, { workingDirectory: folder });
  const began = performance.now();
  assert.is(await init(session, OPTIONS), 0, said.words);
  assert.ok(performance.now() - began < 10_000);
  chmodSync(at("closed"), 0o755);
  const yaml = readFileSync(at("mlpackage.yaml"), "utf8");
  assert.match(plain(yaml), "models: [model.pkl]");
  assert.match(said.words, "circle.pkl is left out: it cannot be read: ELOOP");
  assert.match(said.words, "outside.onnx is left out: it is a link to a place outside the folder");
  assert.match(said.words, "pipe.pkl is left out: it is neither a file nor a folder");
  assert.match(said.words, "line.onnx is left out: no file can name it");
  assert.match(said.words, "not looked at: what lies deeper than 6 folders");
  assert.match(said.words, "not looked at: more than 10000 of its files and folders");
});

test("another tool's file, and what is not carried over: told, written, and as data", async () => {
  const files = {
    "cog.yaml": 'predict: "predict.py:Predictor"\ntrain: "train.py:train"\n',
    "predict.py": "class Predictor:\n    def predict(self): pass\n",
  };
  const { exitCode, said, yaml, read, session } = await initialize(files, { from: "cog.yaml" });
  assert.is(exitCode, 0, said.words);
  assert.match(
    said.words,
    /^wrote score\.py\nwrote mlpackage\.yaml\n {2}not carried over: cog\.yaml:1: the routes of Cog/,
  );
  assert.match(
    yaml,
    /\n# Not carried over:\n(?:#.*\n)*# {3}cog\.yaml:2: `train`: mlpackage trains nothing\n$/,
  );
  assert.match(read("score.py"), 'NAME = "Predictor"');
  const asData = { ...session, options: { ...session.options, json: true } };
  assert.is(await init(asData, { ...OPTIONS, from: "cog.yaml", dryRun: true }), 0);
  const { leftOut, files: made } = JSON.parse(said.data);
  assert.is(leftOut.at(-1), "cog.yaml:2: `train`: mlpackage trains nothing");
  // What is there and says the same is not replaced.
  assert.equal(Object.keys(made), ["score.py", "mlpackage.yaml"]);
});

test.run();
