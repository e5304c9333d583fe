import type { Files } from "../model/host.ts";
import { isUri } from "./paths.ts";
import type { Recognized } from "./recognized.ts";

/** Enough to hold the name of a pickle's class. */
const BEGINNING_BYTES = 4096;

/** Says what a model is by the end of its name and the beginning of its bytes. Nothing is ever unpickled. */
export async function recognizeModel(source: string, place: string, files: Files): Promise<Recognized> {
  const name = source.replace(/[?#].*$/, "");
  const isPickle = /\.(?:pkl|pickle|joblib)$/i.test(name);
  const isOnnx = /\.onnx$/i.test(name);
  if (isUri(source)) return byName(isPickle, isOnnx);
  const status = await files.status(place);
  if (status === undefined) return { not: "it is a pattern, which may be of many files" };
  if (status.type === "directory") return recognizeFolder(source, place, files);
  const bytes = await readBeginning(place, files);
  if (isOnnx) return isOnnxModel(bytes) ? { format: "onnx" } : { not: "it does not begin as ONNX does" };
  return isPickle ? recognizePickle(bytes, /\.joblib$/i.test(name)) : { not: describe(bytes) };
}

/** What is not here yet has no bytes: whether it is that, the test of the image will show. */
function byName(isPickle: boolean, isOnnx: boolean): Recognized {
  if (isPickle) return { format: "sklearn" };
  return isOnnx ? { format: "onnx" } : { not: "its name ends in nothing that is known" };
}

async function recognizeFolder(source: string, place: string, files: Files): Promise<Recognized> {
  if ((await files.status(`${place}/MLmodel`))?.type !== "file")
    return { not: "it is a folder, and no `MLmodel` is in it" };
  const { readMlmodel } = await import("./read-mlmodel.ts");
  return readMlmodel(source, place, files);
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
  if (!isPickled(bytes)) return { not: "it does not begin as a pickle does" };
  // The class of what is pickled comes first; before protocol 4 with an opcode `c` right before it.
  const [module = ""] = /[A-Za-z_]\w*(?:\.\w+)+/.exec(latin1(bytes)) ?? [];
  if (/^c?sklearn\./.test(module)) return { format: "sklearn" };
  return {
    not: module === "" ? "it is a pickle of no class of scikit-learn" : `it is a pickle of \`${module}\``,
  };
}

/** Since protocol 2 each begins with its protocol. */
function isPickled([opcode, protocol = 0]: Uint8Array): boolean {
  return opcode === 0x80 && protocol >= 2 && protocol <= 5;
}

function describe(bytes: Uint8Array): string {
  if (beginsWith(bytes, "504b0304")) return "it is a zip, such as PyTorch writes";
  if (beginsWith(bytes, "89484446")) return "it is HDF5, such as Keras writes";
  return isPickled(bytes) ? "it is a pickle by another name" : "its name ends in nothing that is known";
}

function beginsWith(bytes: Uint8Array, prefix: string): boolean {
  const hexadecimal = Array.from(bytes.subarray(0, prefix.length / 2), (byte) =>
    byte.toString(16).padStart(2, "0"),
  );
  return hexadecimal.join("") === prefix;
}

function latin1(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
}
