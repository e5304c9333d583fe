import { readLfsPointer } from "../model/git-lfs.ts";
import type { Files } from "../model/host.ts";
import { isUri } from "./paths.ts";
import { classesIn, pickledClass } from "./pickled-class.ts";
import { beginsWith, latin1, recognizeBytes } from "./recognize-bytes.ts";
import type { Recognized } from "./recognized.ts";

/** Enough to hold the name of a pickle's class. */
const BEGINNING_BYTES = 4096;

/** For a folder that nobody has looked into. */
const HINT_OF_MLFLOW =
  'write a script whose `init()` has `model = mlflow.pyfunc.load_model(os.environ["AZUREML_MODEL_DIR"])` and whose `run(data)` has `model.predict(...)`, add `mlflow` to the requirements, and write `inference: score.py`; or download the folder into the package and write its path here';

/** Says what a model is by the end of its name and the beginning of its bytes. Nothing is ever unpickled. */
export async function recognizeModel(source: string, place: string, files: Files): Promise<Recognized> {
  const name = isUri(source) ? source.replace(/[?#].*$/, "") : source;
  const isPickle = /\.(?:pkl|pickle|joblib)$/i.test(name);
  const isOnnx = /\.onnx$/i.test(name);
  if (isUri(source)) return byName(source, isPickle, isOnnx);
  const status = await files.status(place);
  if (status === undefined) return { not: "it is a pattern, which may match many files" };
  if (status.type === "directory") return recognizeFolder(source, place, files);
  if ((await readLfsPointer(place, status.size, files)) !== undefined)
    return byName(source, isPickle, isOnnx);
  const bytes = await readBeginning(place, files);
  if (isOnnx) return isOnnxModel(bytes) ? { format: "onnx" } : { not: "it does not begin like an ONNX file" };
  if (isPickle) return recognizePickle(bytes, /\.joblib$/i.test(name));
  const known = recognizeBytes(bytes);
  if (known !== undefined) return known;
  const isOtherwise = isPickled(bytes);
  return {
    not: isOtherwise ? "it is a pickle with another file extension" : "its file extension is unknown",
  };
}

/** What is not here yet has no bytes: whether it is that, the test of the image will show. */
function byName(source: string, isPickle: boolean, isOnnx: boolean): Recognized {
  if (isPickle) return { format: "sklearn" };
  if (isOnnx) return { format: "onnx" };
  if (!source.startsWith("mlflow:")) return { not: "its file extension is unknown" };
  return { not: "its `MLmodel`, which says what it is, is not here yet", hint: HINT_OF_MLFLOW };
}

async function recognizeFolder(source: string, place: string, files: Files): Promise<Recognized> {
  const isThere = async (name: string) => (await files.status(`${place}/${name}`))?.type === "file";
  if (await isThere("MLmodel")) {
    const { readMlmodel } = await import("./read-mlmodel.ts");
    return readMlmodel(source, place, files);
  }
  if (await isThere("saved_model.pb")) return { not: "it is a TensorFlow SavedModel", kind: "tensorflow" };
  if ((await isThere("config.json")) && (await isAny(WEIGHTS_OF_TRANSFORMERS, isThere)))
    return { not: "it is a Hugging Face Transformers model", kind: "transformers" };
  return { not: "it is a folder without an `MLmodel`" };
}

/** Or of which a folder has the list, where they are several files. */
const WEIGHTS_OF_TRANSFORMERS = [
  "model.safetensors",
  "model.safetensors.index.json",
  "pytorch_model.bin",
  "pytorch_model.bin.index.json",
];

async function isAny(
  names: readonly string[],
  isThere: (name: string) => Promise<boolean>,
): Promise<boolean> {
  return (await Promise.all(names.map(isThere))).includes(true);
}

async function readBeginning(place: string, files: Files): Promise<Uint8Array> {
  for await (const chunk of files.readStream(place)) return chunk.subarray(0, BEGINNING_BYTES);
  return new Uint8Array();
}

/** Its first field, a small number: the version of the format. */
function isOnnxModel([field, version = 0]: Uint8Array): boolean {
  return field === 0x08 && version > 0 && version < 32;
}

/** What joblib can compress with, by its first bytes: zlib, gzip, bzip2, LZMA, xz and LZ4. */
const COMPRESSED = ["78", "1f8b", "425a68", "5d0000", "fd377a58", "04224d18"];

function recognizePickle(bytes: Uint8Array, isJoblib: boolean): Recognized {
  if (COMPRESSED.some((prefix) => beginsWith(bytes, prefix)))
    return isJoblib ? { format: "sklearn" } : { not: "it is compressed" };
  if (!isPickled(bytes)) return { not: "it does not begin like a pickle" };
  const beginning = latin1(bytes);
  const { module } = pickledClass(beginning) ?? {};
  if (module === undefined) {
    const isHolder = classesIn(beginning).length > 0;
    return {
      not: "it is a pickle of something other than a scikit-learn class",
      ...(isHolder && { kind: "pickle" }),
    };
  }
  if (module.startsWith("sklearn.")) return { format: "sklearn" };
  return { not: `it is a pickle of \`${module}\``, kind: "pickle" };
}

/** Since protocol 2 each begins with its protocol. */
function isPickled([opcode, protocol = 0]: Uint8Array): boolean {
  return opcode === 0x80 && protocol >= 2 && protocol <= 5;
}
