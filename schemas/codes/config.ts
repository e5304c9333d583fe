import type { PagesOf } from "./page.ts";

export const configPages: PagesOf<"config"> = {
  "config/attest-without-push": {
    title: "an image is to be attested that is not pushed",
    why: "An SBOM and a provenance lie beside the image in its registry. What is only loaded or saved has no such place.",
    mend: "Add `push: true` to the output, or take `attest` out.",
    example: { fixture: "attest-and-sign", replace: ["attest: true", "attest: false"] },
  },
  "config/bad-json-path": {
    title: "a text is not JSONPath",
    why: "`select`, and the keys of `tolerance`, pick values out of an answer by JSONPath (RFC 9535). This one cannot be read as such.",
    mend: "Begin with `$`, and go down with `.name` or `[index]`, as in `$.rows[0].score`. `$..score` finds a key at any depth.",
  },
  "config/bad-schema": {
    title: "a schema of a test is not JSON Schema",
    why: "A keyword of it is unknown or has a value that it cannot have. A schema with a misspelt keyword would let every answer pass, and the test would say nothing.",
    mend: "Mend the keyword that is underlined; schemas are read as JSON Schema 2020-12.",
    example: { fixture: "test-schemas", replace: ["{$async: true, type: number}", "{type: number}"] },
  },
  "config/bad-value": {
    title: "a value is of the right type, and still not one that can be used",
    why: "The message says what it must be: a name with other letters, a number out of its range, a duration without a unit. It is refused now, because a registry, the engine or the server would refuse it later, in words that do not name the file.",
    mend: "Write a value of the kind that the message names. `mlpackage schema` has the rule of each key.",
    example: { fixture: "package-names", replace: ["Über_Demo", "ueber-demo"] },
  },
  "config/conda-not-saveable": {
    title: "a saved folder cannot bring packages of conda",
    why: "An output of `type: dockerfile` is for plain `docker build`. Packages of conda are laid out by mlpackage itself, without a command that a Dockerfile could run.",
    mend: "Save the image itself: `{type: oci-archive, path: dist/model.oci.tar}`.",
    example: {
      fixture: "conda-not-saveable",
      replace: ["{type: dockerfile, path: out}", "{type: oci-archive, path: dist/demo.oci.tar}"],
    },
  },
  "config/conda-on-dockerfile": {
    title: "packages of conda are asked for on a base from a Dockerfile",
    why: "What conda is to bring is resolved for the base image, and laid out on it, before anything is built. A base that is only built in the same run is not there by then.",
    mend: "Build and push that image by itself, and name it: `base_image: registry.example.com/team/base:1`.",
    example: {
      fixture: "conda-on-dockerfile",
      replace: ["{dockerfile: Dockerfile}", "registry.example.com/team/base:1"],
    },
  },
  "config/conflicting-keys": {
    title: "two keys say different things about the same",
    why: "They exclude each other: whichever were taken, the other one would be ignored, and you would not learn of it.",
    mend: "Keep the one that you mean, and take the other out.",
    example: { fixture: "conda-with-python", replace: [", python: {interpreter: /opt/python}", ""] },
  },
  "config/duplicate-model": {
    title: "two models have the same name",
    why: "A model's name is its folder in the image, and how scripts and the lock know it. Without a `name`, it is that of the file without its ending.",
    mend: "Give one of them a `name` of its own: `{name: other, source: other/model.pkl}`.",
    example: {
      fixture: "duplicate-models",
      replace: [
        "- https://example.com/two/model.onnx",
        "- {name: second, source: https://example.com/two/model.onnx}",
      ],
    },
  },
  "config/duplicate-platform": {
    title: "a platform is given twice",
    why: "An image index has one image for each platform. Short names count as what they stand for.",
    mend: "Take one of them out.",
  },
  "config/duplicate-secret": {
    title: "two secrets have the same id, or are for the same host",
    why: "A build asks for a secret by its `id`, and pip logs in by the host. With two of them, nobody could say which one is meant.",
    mend: "Give each an `id` of its own, and name each host once.",
  },
  "config/duplicate-tag": {
    title: "a tag is given twice",
    why: "One tag names one image. Written in full, both are the same: `demo` is `docker.io/library/demo:latest`.",
    mend: "Take one of them out, or give it another tag.",
  },
  "config/duplicate-test": {
    title: "two tests have the same name",
    why: "Reports, and `mlpackage test NAME`, know a test by its name.",
    mend: "Give one of them another name.",
    example: { fixture: "test-bodies", replace: ["- {name: one}", "- {name: two}"] },
  },
  "config/dvc-pointer": {
    title: "a model is kept by DVC, and is not here",
    why: "Beside its place lies the `.dvc` file that says which model it is. Only DVC knows where the model itself is kept, and how to log in there.",
    mend: "Fetch it: `dvc pull models/ridge.pkl.dvc`. The `source` is the model, `models/ridge.pkl`, and not the `.dvc` file.",
  },
  "config/file-too-large": {
    title: "a file of dependencies is larger than such files are",
    why: "It is read and checked line by line. What is that long is hardly a list of packages.",
    mend: "Look whether the right file is named.",
  },
  "config/git-lfs-pointer": {
    title: "a model is a pointer of git-lfs, and nothing says where the model is",
    why: "The clone has three lines of text in its place. What they point to is fetched where the clone has a remote that is reached over the web, and this one has none; or extensions of git-lfs made it, which only git-lfs can undo.",
    mend: 'Fetch the file: `git lfs pull`, or `git lfs pull --include="models/ridge.pkl"` for one. In CI, have the checkout do it (`lfs: true`).',
  },
  "config/layout-not-saveable": {
    title: "plain `docker build` cannot begin from an OCI layout",
    why: "An output of `type: dockerfile` has a `FROM` line, which names an image of a registry or of the engine. A folder can be neither.",
    mend: "Save the image itself with an output of `type: oci-archive`, or name a base image that a registry has.",
    example: {
      fixture: "oci-layout-saved",
      replace: ["\n  - {type: dockerfile, path: imagefiles}", ""],
    },
  },
  "config/limit-below-request": {
    title: "a container may take less than what is kept free for it",
    why: "`inference.resources` says what is kept free, and `limits` below it what may be taken at most. Kubernetes refuses a container whose limit is the smaller one.",
    mend: "Raise the limit, or leave it out: then there is none.",
    example: { fixture: "resources-limits", replace: ["memory: 512Mi", "memory: 2Gi"] },
  },
  "config/lock-beside": {
    title: "a lock lies beside the project file that is named",
    why: "The project's loose versions are resolved anew, although its lock has chosen some already. That may be what you want, so it is only a warning.",
    mend: "To install what is locked, name the lock: `requirements: uv.lock`.",
    example: {
      fixture: "lock-beside-project",
      replace: ["requirements: app/pyproject.toml", "requirements: app/uv.lock"],
    },
  },
  "config/malformed-variable": {
    title: "a `$` begins no variable that can be read",
    why: "Texts are interpolated as docker compose does it: `${NAME}`, `${NAME:-default}`, `${NAME:?message}`. Any other use of `${` is most likely a slip.",
    mend: "Write `$$` for a dollar, or close the brace.",
  },
  "config/missing-file": {
    title: "a file that the configuration names is not there",
    why: "Paths are relative to the folder of `mlpackage.yaml`; an entry script's is relative to `inference.source_directory`. What is not there cannot go into the image.",
    mend: "Check the spelling, and case: file systems in containers tell `Model.pkl` from `model.pkl`. A file that is made by a script has to be made before `mlpackage` is called.",
    example: { fixture: "missing-files-near", replace: ["rigde.pkl", "ridge.pkl"] },
  },
  "config/missing-folder": {
    title: "a folder that the configuration or a lock names is not there",
    why: "Wheels, or the context of a Dockerfile, are taken from that folder.",
    mend: "Make it, or correct the path. It must lie inside the package.",
  },
  "config/missing-function": {
    title: "the entry script lacks `init` or `run`",
    why: "The server imports the script, calls `init()` once and `run(data)` for each request. It looked through the script's text, and neither a `def` nor an assignment at the top makes that name.",
    mend: "Define both: `def init(): ...` and `def run(data): ...`.",
  },
  "config/missing-key": {
    title: "a key that is needed is left out",
    why: "It has no default that would be right for everybody.",
    mend: "Add the key that the message names. `mlpackage schema` tells all of them, and an editor with the YAML language server completes them.",
    example: { fixture: "inference-empty", replace: ["{}", "score.py"] },
  },
  "config/missing-package": {
    title: "the package that loads the model is not installed",
    why: "Without an entry script, mlpackage serves the model itself, and needs the library that wrote it: scikit-learn for a pickle, onnxruntime for an `.onnx`. The version should be the one that the model was made with, so none is chosen for you.",
    mend: 'Add it: `environment: {python: {requirements: ["scikit-learn==1.5.2"]}}`.',
    example: {
      fixture: "no-script-no-packages",
      replace: ["[ridge.pkl]", '[ridge.pkl]\nenvironment: {python: {requirements: ["scikit-learn==1.5.2"]}}'],
    },
  },
  "config/nested-profiles": {
    title: "a profile has profiles of its own",
    why: "A profile is merged over the file, and chosen by its name alone. One within another could not be chosen.",
    mend: "Move it up beside the others, and choose both: `--profile gpu --profile more`.",
    example: { fixture: "profile-mistakes", replace: ["    profiles: {more: {}}\n", ""] },
  },
  "config/no-effect": {
    title: "a key changes nothing",
    why: "What it belongs to is left out or switched off. A reader of the file would believe that it does something.",
    mend: "Take it out, or add what the message names.",
    example: {
      fixture: "warnings",
      replace: ["expect: {tolerance: 0.1}", "expect: {json: [1.5], tolerance: 0.1}"],
    },
  },
  "config/no-models": {
    title: "models are to be pushed, and there are none",
    why: "An output of the type `modelpack` holds the models of the file and nothing else.",
    mend: "Name some in `models`, or take the output out.",
  },
  "config/no-place": {
    title: "a JSONPath of `tolerance` picks no number of `json`",
    why: "A tolerance by path is for numbers at that place of the expected answer. There is none, so it could never be used.",
    mend: "Correct the path; `$..score` stands for every `score`, at any depth.",
  },
  "config/no-script": {
    title: "no script is named, and the model cannot be served without one",
    why: "`inference` may be left out where there is just one model, and it is a pickle of scikit-learn, an `.onnx`, or a folder of MLflow's. This is something else.",
    mend: "Write a script with `init()` and `run(data)`, and name it: `inference: score.py`.",
    example: { fixture: "no-script-two-models", replace: ["\n  - two.pkl", ""] },
  },
  "config/not-a-file": {
    title: "a folder is named where a file is wanted",
    why: "This key is for one file.",
    mend: "Name the file in it.",
  },
  "config/not-a-folder": {
    title: "a file is named where a folder is wanted",
    why: "This key is for a folder, all of which is taken.",
    mend: "Name the folder of that file; `.` is the one of `mlpackage.yaml`.",
  },
  "config/other-swagger": {
    title: "answers cannot be compared with the description that lies beside the script",
    why: "`swagger: true` compares answers with a `swagger3.1.json`, that is, OpenAPI 3.1. The one that is there is of another version, and the server's own would be used instead.",
    mend: "Say the same in a `swagger3.1.json` beside it, or leave it to the server's own description.",
  },
  "config/output-over-input": {
    title: "an output would be written over what the package is made from",
    why: "The next run would read what this one wrote, or find its own script gone.",
    mend: "Write it somewhere else, such as below `dist/`.",
  },
  "config/outside-package": {
    title: "a path leads out of the package's folder",
    why: "All that goes into the image lies beside `mlpackage.yaml`, so that a clone on another machine makes the same image. A `..` or a link that leads out is refused.",
    mend: "Copy the file into the folder; or move `mlpackage.yaml` up, so that both lie below it.",
  },
  "config/overlapping-outputs": {
    title: "two outputs are inside each other, or in the same place",
    why: "A saved folder is replaced as a whole, and would take the other output along.",
    mend: "Give each a place of its own.",
  },
  "config/push-without-registry": {
    title: "a tag that is to be pushed names no registry",
    why: "A push goes to the host that the tag begins with. A short name would go to Docker Hub, which few mean.",
    mend: "Begin the tag with a host, as in `registry.example.com/team/demo:1`; for Docker Hub with `docker.io/`.",
  },
  "config/reserved-variable": {
    title: "a variable is set that mlpackage sets itself",
    why: "The server is told by it what another key of the file says. Set twice, one of the two would lose.",
    mend: "Say it with the key that the message names alone.",
    example: { fixture: "reserved-variables", replace: ['{WORKER_COUNT: "4", OTHER: "1"}', '{OTHER: "1"}'] },
  },
  "config/root-user": {
    title: "the service runs as root",
    why: "Whoever breaks into the service is root in its container. No server of a model needs that, so the default is another user.",
    mend: "Leave `environment.user` out, or write a number: `1000:1000`.",
    example: { fixture: "warnings", replace: ["user: root", 'user: "1000:1000"'] },
  },
  "config/secret-in-image": {
    title: "the file of a secret would be copied into the image",
    why: "It lies among the code, a model or the Docker context. Whoever can pull the image could read it.",
    mend: "Move it out of there; best out of the package, so that it is not committed either.",
  },
  "config/sign-without-attest": {
    title: "an image is to be signed, and has nothing beside it to sign",
    why: "What is signed are the SBOM and the provenance, which name the image by its digest.",
    mend: "Add `attest: true` beside `sign`.",
    example: {
      fixture: "attest-and-sign",
      replace: ["push: true, sign:", "push: true, attest: true, sign:"],
    },
  },
  "config/unknown-format": {
    title: "a file of dependencies is in no format that is known here",
    why: "Formats are known by the file's name: `pyproject.toml`, `uv.lock` and `poetry.lock`; no other `.toml`, `.lock` or `.yaml` is read. All else is taken for requirements of pip. An environment file of conda has a key of its own.",
    mend: "Name one of those, or export one: `uv export -o requirements.txt`, `pipenv requirements > requirements.txt`.",
    example: {
      fixture: "unknown-formats",
      replace: ["{python: {requirements: conda.yaml}}", "{conda: conda.yaml}"],
    },
  },
  "config/unknown-key": {
    title: "the file format has no such key here",
    why: "It may be misspelt, stand at another depth, or be of a newer version. It is not passed over, because then its default would be used, and nobody would notice.",
    mend: "Take the spelling that the hint has, or look at where the key belongs. `mlpackage schema` tells all keys.",
    example: { fixture: "unknown-key-near", replace: ["modles", "models"] },
  },
  "config/unknown-value": {
    title: "a value is none of those that can be chosen",
    why: "This key takes one of a few words, in just that spelling.",
    mend: "Write one of the words that the message names.",
    example: { fixture: "methods", replace: ["method: Post", "method: POST"] },
  },
  "config/unreadable-file": {
    title: "a file is there, and cannot be read",
    why: "Its permissions or its links forbid it to the user who runs mlpackage.",
    mend: "Look at it with `ls -l`; `chmod u+r FILE` gives you the right to read it.",
  },
  "config/unknown-model": {
    title: "an output names a model that there is not",
    why: "Its `models` are names of models of the file: those that are written there, or the stems of their sources.",
    mend: "Check the spelling against `mlpackage config`, which writes every name out.",
  },
  "config/unknown-profile": {
    title: "no profile has the name that was chosen",
    why: "`--profile` names a block below `profiles`. Without it, the package would be built as if nothing had been chosen.",
    mend: "Choose one that is there, or add it below `profiles`.",
    example: { fixture: "profile-unknown", replace: ["  gpu: {}", "  gpus: {}"] },
  },
  "config/unset-variable": {
    title: "a variable in the file has no value",
    why: "`${NAME}` stands for a variable of the environment that is not set. An empty text in its place could push to the wrong repository, so it is refused.",
    mend: "Set it, `export NAME=...`, or give a default: `${NAME:-value}`. For a dollar itself write `$$`. `${git.tag}` and the like need a git repository with a commit, or a tag on it.",
    example: { fixture: "unset-variables", replace: ["${MODEL}", "${MODEL:-ridge}.pkl"] },
  },
  "config/wrong-type": {
    title: "a value is of another type than the key takes",
    why: "YAML decides by the looks: `3` is a number, `yes` may be true, `1.10` is 1.1. A key without a value is null.",
    mend: 'Quote what is meant as a text, as in `version: "3"`. A list has brackets or dashes, a mapping has `key: value`.',
    example: { fixture: "version-unquoted", replace: ["version: 1.20", 'version: "1.20"'] },
  },
};
