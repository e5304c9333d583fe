import type { OtherKind, Recognized } from "./recognized.ts";

type Mark = {
  readonly kind: OtherKind;
  readonly what: string;
  readonly isAt: (bytes: Uint8Array) => boolean;
};

const MARKS: readonly Mark[] = [
  { kind: "gguf", what: "GGUF, the format of llama.cpp", isAt: (bytes) => beginsWith(bytes, "47475546") },
  { kind: "keras", what: "HDF5, as Keras writes it", isAt: (bytes) => beginsWith(bytes, "89484446") },
  {
    kind: "keras",
    what: "a Keras zip",
    isAt: (bytes) => isZipOf(bytes, ["metadata.json", "config.json"]),
  },
  { kind: "torch", what: "a zip, as PyTorch writes it", isAt: (bytes) => beginsWith(bytes, "504b0304") },
  // Before there was the zip, a number of PyTorch's own came first, pickled.
  { kind: "torch", what: "a PyTorch file", isAt: (bytes) => beginsWith(bytes, "80028a0a6cfc9c46f920") },
  { kind: "safetensors", what: "safetensors", isAt: isSafetensors },
  { kind: "xgboost", what: "an XGBoost model", isAt: isXgboost },
  { kind: "lightgbm", what: "a LightGBM model", isAt: (bytes) => /^tree\r?\n/.test(latin1(bytes)) },
];

/** What is served by no script of ours, by the beginning of its bytes; undefined where it is none of that. */
export function recognizeBytes(bytes: Uint8Array): Recognized | undefined {
  const mark = MARKS.find(({ isAt }) => isAt(bytes));
  return mark && { not: `it is ${mark.what}`, kind: mark.kind };
}

/** The first eight bytes are the length of a header in JSON, least first. */
function isSafetensors(bytes: Uint8Array): boolean {
  return /^\{\s*"/.test(latin1(bytes.subarray(8))) && bytes.subarray(4, 8).every((byte) => byte === 0);
}

/** The first key of its JSON, and of its UBJSON, which puts the length before it: `learner`. */
function isXgboost(bytes: Uint8Array): boolean {
  return (
    beginsWith(bytes, "7b4c00000000000000076c6561726e6572") || /^\s*\{\s*"learner"\s*:/.test(latin1(bytes))
  );
}

/** A zip whose first file has one of these names. */
function isZipOf(bytes: Uint8Array, names: readonly string[]): boolean {
  return beginsWith(bytes, "504b0304") && names.some((name) => latin1(bytes).startsWith(name, 30));
}

export function beginsWith(bytes: Uint8Array, prefix: string): boolean {
  const hexadecimal = Array.from(bytes.subarray(0, prefix.length / 2), (byte) =>
    byte.toString(16).padStart(2, "0"),
  );
  return hexadecimal.join("") === prefix;
}

/** A character for each byte. */
export function latin1(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
}
