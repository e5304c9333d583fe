// No login of another tool's file is copied into one that is written, nor told of; what is left is told, and works.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { holdsLogin, isSecretName } from "../../src/importers/logins.ts";
import type { Draft } from "../../src/model/draft.ts";
import { makeFolder } from "../fakes/temporary-folder.ts";
import { importFrom, renderDraft } from "./import-fixture.ts";

const test = suite("logins");

const PIP = ["--extra-index-url https://u:pa55word@pypi.example.com/simple", "numpy==2.1.0"];
const CHANNELS = ["conda-forge", "https://conda.anaconda.org/t/tk-pa55word/x", "t/tk-pa55word/y"];
const VARIABLES = {
  LEVEL: "debug",
  API_KEY: "pa55word",
  HF_TOKEN: "pa55word",
  AWS_SECRET_ACCESS_KEY: "pa55word",
  PASSWORD: "pa55word",
  DATABASE_URL: "postgres://ann:pa55word@db.example.com/rows",
  TOKENIZERS_PARALLELISM: "false",
};
const KEPT = { LEVEL: "debug", TOKENIZERS_PARALLELISM: "false" };
const CONDA = {
  channels: CHANNELS,
  dependencies: ["python=3.12", "https://u:pa55word@h.example.com::a", { pip: PIP }],
  variables: { SOME_TOKEN: "pa55word", MODE: "fast" },
};

const ENVIRONMENT = { python: { condaDependencies: CONDA }, environmentVariables: VARIABLES };

const CONVERTED: readonly (readonly [file: string, content: object, leftOut: number])[] = [
  ["inferenceconfig.json", { entryScript: "score.py", environment: ENVIRONMENT }, 10],
  [
    "bentofile.yaml",
    {
      service: "service:svc",
      labels: { source: "https://pa55word@github.com/a/b", owner: "a" },
      docker: { env: VARIABLES },
      envs: [{ name: "OTHER_PASSWORD", value: "pa55word" }],
      conda: { channels: CHANNELS, dependencies: CONDA.dependencies, pip: PIP },
    },
    12,
  ],
  [
    "cog.yaml",
    {
      build: { pre_install: ["curl https://u:pa55word@h.example.com/x", "echo one"] },
      environment: Object.entries(VARIABLES).map((pair) => pair.join("=")),
      predict: "a.py:B",
      "https://u:pa55word@h/s": true,
    },
    8,
  ],
  [
    "package.yml",
    {
      base_environment_source: { resource_id: "azureml:env:1" },
      environment_variables: VARIABLES,
      tags: { source: "https://pa55word@github.com/a/b" },
      inferencing_server: { type: "azureml_online", code_configuration: { scoring_script: "score.py" } },
    },
    7,
  ],
];

for (const [file, content, leftOut] of CONVERTED) {
  test(`none of ${file} is copied`, async () => {
    const { draft, text } = await convert(
      { [file]: JSON.stringify(content), "a.py": "", "score.py": "" },
      file,
    );
    assert.not.match(text, /pa55word/);
    assert.is(draft.leftOut.length, leftOut, text);
    assert.equal(draft.config.environment?.variables, KEPT);
    assert.match(text, /`docker run --env HF_TOKEN`/);
    const conda = draft.files["conda.yaml"];
    if (conda !== undefined) {
      assert.match(conda, /- conda-forge\n(?=dependencies)/);
      assert.match(conda, /- pip:\n {6}- numpy==2\.1\.0\n/);
      assert.match(text, /dependencies\[2\]\.pip\[0\]`: it holds a login.*`build\.secrets`/);
    }
  });
}

test("an environment of Azure ML v2 that is found beside is one as well", async () => {
  const { draft, text } = await convert(
    {
      "p.yml": JSON.stringify({
        base_environment_source: { resource_id: "azureml:own:1" },
        inferencing_server: { type: "azureml_online", code_configuration: { scoring_script: "score.py" } },
      }),
      "own.yml": JSON.stringify({ name: "own", image: "debian:13", conda_file: CONDA }),
      "score.py": "",
    },
    "p.yml",
  );
  assert.not.match(text, /pa55word/);
  assert.match(draft.files["conda.yaml"] ?? "", /MODE: fast/);
});

const WITH_DOCKERFILE = (baseDockerfile: string) => ({
  "inferenceconfig.json": JSON.stringify({
    entryScript: "score.py",
    environment: { docker: { baseDockerfile }, python: { userManagedDependencies: true } },
  }),
  "score.py": "",
});

const REFUSED: readonly (readonly [what: string, files: Record<string, string>])[] = [
  ["a Dockerfile with an address", WITH_DOCKERFILE("FROM a\nRUN pip install -i https://u:pa55word@h/s b\n")],
  ["a Dockerfile with a variable", WITH_DOCKERFILE("FROM a\nENV A=1 \\\n  HF_TOKEN=pa55word\n")],
  ["a Dockerfile with one of the older form", WITH_DOCKERFILE("FROM a\nENV HF_TOKEN pa55word\n")],
  [
    "a command",
    {
      "p.yml":
        "inferencing_server: {type: custom, inference_configuration: {entry_script: 'serve https://u:pa55word@h/s'}}\n",
    },
  ],
];

for (const [what, files] of REFUSED) {
  test(`refuses ${what} that is of no use without its login`, async () => {
    const result = await importFrom(makeFolder(files), ".");
    const text = renderDraft(result);
    assert.match(text, /import\/unfit.*contains a login, which is not copied\nhint: /s);
    assert.not.match(text, /pa55word/);
  });
}

test("a Dockerfile with other variables is taken", async () => {
  const { draft } = await convert(WITH_DOCKERFILE("FROM a\nENV PATH=/a:b LEVEL=1\n"), ".");
  assert.match(draft.files["docker/Dockerfile"] ?? "", /LEVEL=1/);
});

test("knows a login by where it stands", () => {
  const logins = [
    "https://u:p@h/s",
    "--index-url=https://token@h/s",
    "git+https://token@github.com/a/b.git",
    "postgres://u:p@db/rows",
    "ssh://git:p@h/a",
    "https://conda.anaconda.org/t/tk-1/x",
    "https://h/x.whl?sv=1&sig=abc",
    "https://h/x.whl?access_token=abc",
  ];
  const others = [
    "https://pypi.example.com/simple",
    "git+ssh://git@github.com/a/b.git@v1",
    "https://h/@scope/a",
    "own @ https://h/own-1.0-py3-none-any.whl",
    "conda-forge::numpy",
    "t/install.sh",
    "https://h/x?version=1",
    "--pre",
  ];
  assert.equal(
    logins.filter((text) => !holdsLogin(text)),
    [],
  );
  assert.equal(others.filter(holdsLogin), []);
});

test("knows a secret by the name of its variable", () => {
  const secrets = [
    ...[
      "API_KEY",
      "OPENAI_API_KEY",
      "HF_TOKEN",
      "AWS_ACCESS_KEY_ID",
      "AWS_SECRET_ACCESS_KEY",
      "PASSWORD",
      "PGPASSWORD",
    ],
    ...[
      "DB_PASS",
      "MYSQL_PWD",
      "clientSecret",
      "authToken",
      "GITHUB_TOKEN_2",
      "STORAGE_CONNECTION_STRING",
      "KEY",
    ],
  ];
  const others = [
    ...[
      "TOKENIZERS_PARALLELISM",
      "MAX_TOKENS",
      "MODE",
      "PATH",
      "KEYBOARD",
      "BYPASS",
      "COMPASS",
      "MONKEY",
      "PASSES",
    ],
  ];
  assert.equal(
    secrets.filter((name) => !isSecretName(name)),
    [],
  );
  assert.equal(others.filter(isSecretName), []);
});

async function convert(
  files: Readonly<Record<string, string>>,
  from: string,
): Promise<{ readonly draft: Draft; readonly text: string }> {
  const result = await importFrom(makeFolder(files), from);
  const text = renderDraft(result);
  assert.ok(result.ok, text);
  return { draft: result.value, text };
}

test.run();
