import { zip } from "./zip.ts";

/** The beginning of what a library writes, and what is read of it: no library could load them. */
export const bytes = (text: string): Uint8Array => Buffer.from(text, "latin1");

/** A pickle of scikit-learn by protocol 4, as far as it is read. */
export function sklearnPickle(module: string, { version = "1.5.2", features = 3 } = {}): Uint8Array {
  const name = (text: string) => `\x8c${String.fromCharCode(text.length)}${text}\x94`;
  const count = features < 256 ? `K${String.fromCharCode(features)}` : `M${pack(features, 2)}`;
  return bytes(
    `\x80\x04\x95${"\0".repeat(8)}${name(module)}${name("Ridge")}\x93\x94)\x81\x94}\x94(${name("n_features_in_")}${count}${name("_sklearn_version")}${name(version)}ub.`,
  );
}

/** Of any class, as far as that is read. */
export function pickle(module: string, className: string): Uint8Array {
  const [first, second] = [module, className].map(
    (text) => `\x8c${String.fromCharCode(text.length)}${text}\x94`,
  );
  return bytes(`\x80\x04\x95${"\0".repeat(8)}${first}${second}\x93\x94)\x81\x94.`);
}

/** The same by protocol 2. */
export function oldSklearnPickle(module: string, version: string, features: number): Uint8Array {
  const name = (text: string) => `X${pack(text.length, 4)}${text}q\x05`;
  return bytes(
    `\x80\x02c${module}\nRidge\nq\0)\x81q\x01}q\x02(${name("n_features_in_")}K${String.fromCharCode(features)}${name("_sklearn_version")}${name(version)}ub.`,
  );
}

/** By the format's documentation: the length of the header, the header, the data. */
export function safetensors(): Uint8Array {
  const header = '{"weight":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}';
  return bytes(`${pack(header.length, 8)}${header}${"\0".repeat(8)}`);
}

/** Magic, version, and no tensors and no values. */
export const gguf = (): Uint8Array => bytes(`GGUF${pack(3, 4)}${pack(0, 8)}${pack(0, 8)}`);

export const xgboostJson = (features: number, version: readonly number[]): Uint8Array =>
  bytes(
    `{"learner":{"attributes":{},"feature_names":[],"gradient_booster":{"model":{}},"learner_model_param":{"base_score":"5E-1","num_class":"0","num_feature":"${features}"},"objective":{"name":"reg:squarederror"}},"version":${JSON.stringify(version)}}`,
  );

/** UBJSON: keys have their length before them, texts an `S` as well, small numbers an `i`. */
export function xgboostUbjson(features: number, version: readonly number[]): Uint8Array {
  const key = (text: string) => `L${pack(text.length, 8).split("").reverse().join("")}${text}`;
  const numbers = version.map((number) => `i${String.fromCharCode(number)}`).join("");
  const list = `[#L${pack(version.length, 8).split("").reverse().join("")}${numbers}`;
  return bytes(
    `{${key("learner")}{${key("learner_model_param")}{${key("num_feature")}S${key(String(features))}}}${key("version")}${list}}`,
  );
}

export const lightgbm = (features: number): Uint8Array =>
  bytes(`tree\nversion=v4\nnum_class=1\nnum_tree_per_iteration=1\nmax_feature_idx=${features - 1}\n`);

/** As `torch.save` packs it: the pickle first. */
export const torchModule = (module: string): Uint8Array =>
  zip({ "archive/data.pkl": bytes(`\x80\x02c${module}\nNet\nq\0)\x81q\x01.`), "archive/version": "3\n" });

export const torchWeights = (): Uint8Array =>
  zip({
    "archive/data.pkl": bytes("\x80\x02ccollections\nOrderedDict\nq\0)Rq\x01."),
    "archive/version": "3\n",
  });

/** TorchScript has its constants besides. */
export const torchScript = (): Uint8Array =>
  zip({ "net/data.pkl": bytes("\x80\x02c__torch__\nNet\n."), "net/code/a.py": "", "net/constants.pkl": "" });

/** The number's bytes, the least first. */
function pack(number: number, length: number): string {
  return Array.from({ length }, (_, index) =>
    String.fromCharCode(Math.floor(number / 256 ** index) % 256),
  ).join("");
}
