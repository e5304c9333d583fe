/** Names that pickles go by, and hardly anything else. */
const PICKLES =
  /\.(pkl|pickle|joblib|sav|p|pt|pth|ckpt|dill|cloudpickle)(\.(gz|z|bz2|xz|lzma|lz4|zst|tar))?$/i;

/** Formats that no loader of theirs unpickles. */
const OTHERS =
  /\.(onnx|safetensors|gguf|json|jsonl|ubj|txt|md|rst|ya?ml|toml|ini|cfg|xml|html?|csv|tsv|parquet|feather|arrow|pb|tflite|png|jpe?g|gif|svg|pdf|py|sh)$/i;

/** Whether a file is a pickle by its name: what cannot be read as one is told of. */
export function isNamedPickle(path: string): boolean {
  return PICKLES.test(path);
}

/** Whether a file is nothing that anybody unpickles, by its name. */
export function isNeverPickled(path: string): boolean {
  return OTHERS.test(path);
}
