import type { PagesOf } from "./page.ts";

export const importPages: PagesOf<"import"> = {
  "import/missing-file": {
    title: "the file to convert is not there",
    why: "`mlpackage init --from` reads another tool's file. The path is relative to the current folder.",
    mend: "Check the path. A folder will do as well: the file in it is known by its name.",
  },
  "import/model-is-package": {
    title: "the folder of the package is the model itself",
    why: "A folder of MLflow's is a model with all its files. `mlpackage.yaml` in it would be a part of the model, and change it.",
    mend: "Go to the folder above: `mlpackage init --from my-model`.",
  },
  "import/no-command": {
    title: "the other file does not say how its server is started",
    why: "In Azure ML, a server of one's own is started by what the image says, or by `entry_script`. Here `inference.command` says it, so that it is there to be read.",
    mend: "Write the command as `entry_script` of the other file, or as `inference: {command: [...]}` once it is converted.",
  },
  "import/no-predictor": {
    title: "the file of Cog names no predictor that is here",
    why: "`predict` names a Python file and a class in it, whose `setup` and `predict` the script that is written calls.",
    mend: 'Write it as `predict: "predict.py:Predictor"`, with the file beside `cog.yaml`.',
  },
  "import/no-script": {
    title: "the other file names no scoring script that is here",
    why: "A service of Azure ML runs a script with `init()` and `run(data)`; without it there would be nothing to answer a request.",
    mend: "Put the script beside the file, and name it there.",
  },
  "import/no-server": {
    title: "the kind of server that the other file asks for is not known here",
    why: "A package of Azure ML has a scoring script (`azureml_online`), or an image that is a server already (`custom`). Others, such as a batch job, answer no requests.",
    mend: "Choose one of these two as `inferencing_server.type`, or write `mlpackage.yaml` by hand.",
  },
  "import/no-service": {
    title: "the file of BentoML names no service",
    why: "`service` names a module and the service in it, which `bentoml serve` is started with in the image.",
    mend: 'Write it as `service: "service:svc"`.',
  },
  "import/not-a-file": {
    title: "what is to be converted is neither a file nor a folder",
    why: "It is a pipe, a socket or a device. Reading one may never end.",
    mend: "Name the file itself, as in `mlpackage init --from cog.yaml`.",
  },
  "import/not-served": {
    title: "a model of MLflow is of a kind that no script here serves",
    why: "Models with the flavor `sklearn` or `python_function` are served as they are. This one has neither, or its `MLmodel` cannot be followed; the message says which.",
    mend: "Write a script that loads it, with `init()` and `run(data)`, and name it as `inference`, the folder below `models`.",
  },
  "import/nothing-to-serve": {
    title: "neither a model nor a script is left after the conversion",
    why: "A package serves a model, runs a script, or both. What the other file names is not on this machine, or is of a kind that cannot be carried over; the message lists what was left out.",
    mend: "Put the model's files beside the file, and a script with `init()` and `run(data)` where the model needs one.",
  },
  "import/outside-package": {
    title: "the file to convert lies outside of the package's folder",
    why: "What it names lies beside it, and a package takes nothing from outside of its own folder.",
    mend: "Go to the folder of the file, or name it: `mlpackage init -C FOLDER --from cog.yaml`.",
  },
  "import/several-files": {
    title: "a folder has several files that can be converted",
    why: "Each of them would make another configuration.",
    mend: "Name the one that you mean: `mlpackage init --from FOLDER/cog.yaml`.",
  },
  "import/too-large": {
    title: "the file to convert is too large to be one of another tool",
    why: "Such files are written by people, and have some hundred lines. This one is data, most likely.",
    mend: "Check the path: `mlpackage init --from` takes the tool's own file, not the model.",
  },
  "import/unfit": {
    title: "what another tool's file comes to is no configuration",
    why: "Each of its values was carried over, and together they break a rule of `mlpackage.yaml` that the other tool does not have.",
    mend: "Change that value in the other file and convert it again, or begin with `mlpackage init` alone.",
  },
  "import/unknown-format": {
    title: "a file is of no tool that can be converted",
    why: "Known are `cog.yaml`, `bentofile.yaml`, `Kitfile`, MLflow's `MLmodel`, and the files of Azure ML, v1 and v2: by their names, or by the keys in them.",
    mend: "Name one of these, or begin with `mlpackage init`, which looks at the models themselves.",
  },
  "import/wrong-type": {
    title: "a value in the other file is of another type than that tool takes",
    why: "The other tool would refuse it, too, or read something else than is meant.",
    mend: "Mend it in the other file: the message says what it must be.",
  },
};
