import type { OtherKind } from "../config/recognized.ts";
import type { Serializable } from "../model/serializable.ts";
import { needsOfSklearn } from "./choose-python.ts";
import type { Needs } from "./needs.ts";
import type { Facts } from "./read-facts.ts";

/** What a model needs that mlpackage has no script for. */
export type Framework = Needs & {
  /** As its users call it. */
  readonly label: string;
  /** The name of its script below `templates/`. */
  readonly template: string;
  /** A request that it takes, whatever was learned. */
  readonly sample?: Serializable;
  /** What is left to write in the template. */
  readonly toWrite?: string;
};

const CPU_OF_TORCH = {
  extraIndex: "https://download.pytorch.org/whl/cpu",
  told: ["The index is PyTorch's own, of builds for the CPU: those of PyPI bring gigabytes of CUDA."],
};

/** Made with another version in mind, a wheel of LightGBM's still finds its OpenMP in the system. */
const OPENMP = { systemPackages: ["libgomp1"] };

export function frameworkOf(kind: OtherKind, facts: Facts): Framework {
  switch (kind) {
    case "gguf":
      return {
        label: "a language model in GGUF",
        template: "gguf.py",
        requirements: ["llama-cpp-python"],
        extraIndex: "https://abetlen.github.io/llama-cpp-python/whl/cpu",
        told: ["PyPI has only its source, which takes a compiler; the index has builds for the CPU."],
        ...OPENMP,
        sample: { prompt: "Once upon a time", max_tokens: 4 },
      };
    case "keras":
      return { label: "a model of Keras", template: "keras.py", requirements: ["tensorflow"] };
    case "lightgbm":
      return {
        label: "a model of LightGBM",
        template: "lightgbm.py",
        requirements: ["lightgbm"],
        ...OPENMP,
        ...rowOf(facts),
      };
    case "pickle":
      return ofPickle(facts);
    case "safetensors":
      return {
        label: "weights in safetensors",
        template: "safetensors.py",
        requirements: ["safetensors", "torch", "numpy"],
        ...CPU_OF_TORCH,
        toWrite: "say in `make_network` which network the weights are of",
      };
    case "tensorflow":
      return {
        label: "a SavedModel of TensorFlow",
        template: "tensorflow.py",
        requirements: ["tensorflow"],
      };
    case "torch":
      return ofTorch(facts);
    case "transformers":
      return ofTransformers(facts);
    case "xgboost":
      return {
        label: "a model of XGBoost",
        template: "xgboost.py",
        requirements: [`xgboost${facts.version === undefined ? "" : `>=${facts.version}`}`],
        told: ["Without a GPU `xgboost-cpu` does, and brings no CUDA."],
        ...rowOf(facts),
      };
  }
}

/** Longer ones are no example to anybody. */
const MOST_FEATURES = 500;

/** A row of so many numbers. */
export function rowOf({ features }: Facts): { readonly sample?: Serializable } {
  if (features === undefined || features < 1 || features > MOST_FEATURES) return {};
  return { sample: { data: [Array.from({ length: features }, () => 0)] } };
}

/** What PyPI calls the packages whose classes are pickled. A name is never taken from the pickle itself. */
const PICKLED: Readonly<Record<string, readonly string[]>> = {
  catboost: ["catboost"],
  imblearn: ["imbalanced-learn"],
  lightgbm: ["lightgbm", "scikit-learn"],
  sklearn: ["scikit-learn"],
  statsmodels: ["statsmodels"],
  xgboost: ["xgboost", "scikit-learn"],
};

function ofPickle({ module = "", className = "", isHeld = false, version }: Facts): Framework {
  const [top = ""] = module.split(".");
  const known = Object.hasOwn(PICKLED, top) ? PICKLED[top] : undefined;
  const sklearn = top === "sklearn" ? needsOfSklearn(version).requirements : undefined;
  const what = top === "__main__" ? `${module}.${className}` : module;
  return {
    label: isHeld ? `a pickle that holds one of \`${what}\`` : `a pickle of \`${what}\``,
    template: "pickle.py",
    requirements: ["joblib", "numpy", ...(sklearn ?? known ?? [])],
    ...(known === undefined && ofUnknown(module, className)),
    ...(isHeld && { toWrite: "say which of what the pickle holds predicts" }),
    ...(top === "lightgbm" && OPENMP),
  };
}

/** A class that is in no package that is known here. */
function ofUnknown(module: string, className: string): Pick<Framework, "told" | "toDo"> {
  const [top = ""] = module.split(".");
  if (module === "__main__")
    return {
      toDo: `put \`${className}\` into a module beside the script and pickle the model anew: it names \`__main__\`, the program that it was pickled in`,
    };
  if (module === top)
    return { toDo: `put the module \`${top}\`, which the model was pickled from, beside the script` };
  return {
    told: [`What brings \`${top}\` is not known here: add it, or put the module beside the script.`],
    toDo: `add what brings \`${top}\` to the requirements`,
  };
}

function ofTorch({ torch, module = "" }: Facts): Framework {
  const needs = { requirements: ["torch", "numpy"], ...CPU_OF_TORCH };
  if (torch === "script") return { label: "a model in TorchScript", template: "torchscript.py", ...needs };
  if (torch === "module") {
    const isTheirs = module.startsWith("torch.");
    const toDo = `put the module \`${module}\`, which the model was pickled from, beside the script`;
    const label = `a module of PyTorch, pickled from \`${module}\``;
    return { label, template: "torch-module.py", ...needs, ...(!isTheirs && { toDo }) };
  }
  const toWrite = "say in `make_network` which network the weights are of";
  return { label: "weights of PyTorch", template: "torch-weights.py", ...needs, toWrite };
}

/** Of a task that takes a text. */
const TEXT_TASKS = ["text-classification", "token-classification", "text-generation", "text2text-generation"];

function ofTransformers({ task, version }: Facts): Framework {
  const isBeforeFive = version === undefined || Number.parseInt(version, 10) < 5;
  const bounds = [version === undefined ? [] : `>=${version}`, isBeforeFive ? "<5" : []].flat();
  return {
    label: "a model of Hugging Face's Transformers",
    template: "transformers.py",
    requirements: [`transformers${bounds.join(",")}`, "torch"],
    ...CPU_OF_TORCH,
    ...(task !== undefined && TEXT_TASKS.includes(task) && { sample: { inputs: "Once upon a time" } }),
    ...(task === undefined && { toWrite: "say what the model is for, as `TASK`" }),
  };
}
