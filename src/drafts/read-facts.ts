import { classesIn, type PickledClass, pickledClass } from "../config/pickled-class.ts";
import type { OtherKind } from "../config/recognized.ts";
import type { ModelFormat } from "../model/config.ts";
import type { Files } from "../model/host.ts";
import { findInFile, readBeginning, readEnd } from "./read-ends.ts";

/** What a model says of itself, where it can be read without running anything. */
export type Facts = {
  /** Of the library that wrote it. */
  readonly version?: string;
  /** How many numbers a row has. */
  readonly features?: number;
  /** What a file of PyTorch's holds. */
  readonly torch?: "script" | "module" | "weights";
  /** The module of the class that is pickled, and the class. */
  readonly module?: string;
  readonly className?: string;
  /** It is in a dict or a list. */
  readonly isHeld?: boolean;
  /** It is of the format, and no model. */
  readonly isData?: boolean;
  /** What a model of Transformers is for, in the word of its `pipeline`. */
  readonly task?: string;
};

type Reader = (place: string, size: number, files: Files) => Promise<Facts>;

const READERS: Partial<Record<OtherKind | ModelFormat, Reader>> = {
  sklearn: readSklearn,
  pickle: readPickle,
  keras: readKeras,
  torch: readTorch,
  lightgbm: readLightgbm,
  xgboost: readXgboost,
  transformers: readTransformers,
};

/** What cannot be read is left out: nothing depends on it. */
export async function readFacts(kind: OtherKind | ModelFormat, place: string, files: Files): Promise<Facts> {
  const status = await files.status(place);
  return (await READERS[kind]?.(place, status?.size ?? 0, files)) ?? {};
}

const MOST_SEARCHED = 256 << 20;

/** What a pickle writes between a key and its value: how it remembers the key. */
const MEMO = "(?:\\x94|q.|r.{4})";

/** Those that take rows of numbers, and are fitted themselves before anything that is in them. */
const PLAIN =
  /^sklearn\.(?:linear_model|tree|svm|neighbors|naive_bayes|neural_network|cluster|discriminant_analysis|gaussian_process|ensemble\._(?:forest|gb|hist_gradient_boosting|iforest|bagging))\b/;

async function readSklearn(place: string, size: number, files: Files): Promise<Facts> {
  const find = (wanted: string) => findInFile(place, wanted, { following: 24, within: MOST_SEARCHED }, files);
  const { module = "" } = pickledClass(await readBeginning(place, size, files)) ?? {};
  const version = textAfter((await find("_sklearn_version")) ?? "");
  const features = PLAIN.test(module) ? integerAfter((await find("n_features_in_")) ?? "") : undefined;
  return { module, ...(version !== undefined && { version }), ...(features !== undefined && { features }) };
}

/** A version: its length comes before it, in one byte, or in the first of four. */
function textAfter(text: string): string | undefined {
  const written = new RegExp(`^_sklearn_version${MEMO}(?:\\x8c(.)|X(.)\\0{3})(.*)$`, "s").exec(text);
  const [, short, long, rest = ""] = written ?? [];
  const version = rest.slice(0, (short ?? long ?? "\0").charCodeAt(0));
  return /^\d+(?:\.\w+)+$/.test(version) ? version : undefined;
}

/** One byte after `K`, two after `M`, least first. */
function integerAfter(text: string): number | undefined {
  const [, memo = ""] = new RegExp(`^n_features_in_(${MEMO})`, "s").exec(text) ?? [];
  const [kind, low = "", high = ""] = text.slice("n_features_in_".length + memo.length);
  if (memo === "" || (kind !== "K" && kind !== "M")) return undefined;
  return low.charCodeAt(0) + (kind === "M" ? high.charCodeAt(0) * 256 : 0);
}

async function readPickle(place: string, size: number, files: Files): Promise<Facts> {
  const beginning = await readBeginning(place, size, files);
  const outermost = pickledClass(beginning);
  const held = outermost === undefined ? classesIn(beginning) : [];
  const found = outermost ?? held.find((one) => !isOfData(one)) ?? held[0];
  if (found === undefined || isOfData(found)) return { isData: true };
  const { module, name } = found;
  if (outermost !== undefined) return { module, className: name };
  const { version } = module.startsWith("sklearn.") ? await readSklearn(place, size, files) : {};
  return { module, className: name, isHeld: true, ...(version !== undefined && { version }) };
}

/** Tables, arrays and values of Python's own are pickled as models are. */
function isOfData({ module }: PickledClass): boolean {
  return /^(?:pandas|numpy|scipy|collections|datetime|polars|torch|joblib|builtins|__builtin__|_codecs|copy_?reg|decimal|fractions|pathlib|uuid|functools)(?:\.|$)/.test(
    module,
  );
}

/** Any program may write HDF5; Keras puts its version, and what the model is made of, among the attributes. */
async function readKeras(place: string, size: number, files: Files): Promise<Facts> {
  const beginning = await readBeginning(place, size, files);
  if (!beginning.startsWith("\x89HDF")) return {};
  const isOfKeras = /model_config|keras_version/.test(beginning + (await readEnd(place, size, files)));
  return isOfKeras ? {} : { isData: true };
}

/** The list of a zip comes last, and the constants of TorchScript among the last in it. */
async function readTorch(place: string, size: number, files: Files): Promise<Facts> {
  const beginning = await readBeginning(place, size, files);
  const isZip = beginning.startsWith("PK");
  if (isZip && (await readEnd(place, size, files)).includes("/constants.pkl")) return { torch: "script" };
  // Pickled by protocol 2 and not compressed: `c`, the module, a line break, and the class.
  const [, module = ""] = /c([a-z_]\w*(?:\.\w+)*)\n[A-Za-z_]\w*\n/i.exec(beginning) ?? [];
  const isWeights =
    module === "" || /^(?:builtins|collections|copyreg|numpy|_codecs|torch\._utils)\b/.test(module);
  return isWeights ? { torch: "weights" } : { torch: "module", module };
}

async function readLightgbm(place: string, size: number, files: Files): Promise<Facts> {
  const [, last] = /^max_feature_idx=(\d{1,6})\r?$/m.exec(await readBeginning(place, size, files)) ?? [];
  return last === undefined ? {} : { features: Number(last) + 1 };
}

/** In JSON or in UBJSON, in which a text has an `S` and its length before it, and a number a letter for its size. */
async function readXgboost(place: string, size: number, files: Files): Promise<Facts> {
  const end = await readEnd(place, size, files);
  const [, features] = /num_feature(?:"\s*:\s*"|SL.{8})(\d{1,6})/s.exec(end) ?? [];
  const [, numbers] = /"version"\s*:\s*\[([\d,\s]{5,20})\]/.exec(end) ?? [];
  const [, major, minor, patch] = /version\[(?:#L.{8})?i(.)i(.)i(.)/s.exec(end) ?? [];
  const packed = [major, minor, patch].flatMap((byte) => byte?.charCodeAt(0) ?? []).join(".");
  const version =
    numbers
      ?.split(",")
      .map((number) => number.trim())
      .join(".") ?? packed;
  return {
    ...(features !== undefined && { features: Number(features) }),
    ...(/^\d+\.\d+\.\d+$/.test(version) && { version }),
  };
}

/** Transformers has it no more since 5. */
const TEXT_TO_TEXT = "text2text-generation";

const TASKS: readonly (readonly [architecture: RegExp, task: string])[] = [
  [/ForSequenceClassification$/, "text-classification"],
  [/ForTokenClassification$/, "token-classification"],
  [/ForQuestionAnswering$/, "question-answering"],
  [/ForMaskedLM$/, "fill-mask"],
  [/(?:ForCausalLM|LMHeadModel)$/, "text-generation"],
  [/ForConditionalGeneration$/, TEXT_TO_TEXT],
];

async function readTransformers(place: string, _size: number, files: Files): Promise<Facts> {
  const config = `${place}/config.json`;
  const text = await readBeginning(config, (await files.status(config))?.size ?? 0, files);
  const [, architecture = ""] = /"architectures"\s*:\s*\[\s*"(\w+)"/.exec(text) ?? [];
  const [, version] = /"transformers_version"\s*:\s*"(\d+\.\d+\.\d+)"/.exec(text) ?? [];
  const [, task] = TASKS.find(([known]) => known.test(architecture)) ?? [];
  const isKnown = task !== TEXT_TO_TEXT || Number.parseInt(version ?? "", 10) < 5;
  return { ...(task !== undefined && isKnown && { task }), ...(version !== undefined && { version }) };
}
