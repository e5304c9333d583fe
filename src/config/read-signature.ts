import type { Tensor } from "../model/config.ts";
import { recordOf, type Serializable, type SerializableRecord } from "../model/serializable.ts";

/** What the rows of a model are, as the signature in its `MLmodel` tells it. */
export type Signature = {
  /** The names of columns; none of a tensor, or where they have none. */
  readonly columns: readonly string[];
  /** Those that a request may leave out. */
  readonly optional: readonly string[];
  /** Of each column, in NumPy's words. */
  readonly types: readonly string[];
  /** Where it is tensors that are given, and no columns. */
  readonly tensors: readonly Tensor[];
};

/** MLflow's words for types, in NumPy's. Values of any other type come as JSON has them. */
const TYPES: Readonly<Record<string, string>> = {
  boolean: "bool",
  integer: "int32",
  long: "int64",
  float: "float32",
  double: "float64",
  datetime: "datetime64[ns]",
};

const UNKNOWN: Signature = { columns: [], optional: [], types: [], tensors: [] };

/** Reads `signature.inputs`, which is JSON in a text of YAML. Undefined where it is no signature. */
export function readSignature(signature: Serializable | undefined): Signature | undefined {
  const { inputs } = recordOf(signature);
  if (inputs === undefined || inputs === null) return UNKNOWN;
  const written = parseJson(inputs);
  if (!Array.isArray(written)) return undefined;
  const fields = written.map(recordOf);
  if (fields.length > 0 && fields.every(({ type }) => type === "tensor"))
    return { ...UNKNOWN, tensors: fields.map(readTensor) };
  const columns = fields.flatMap(({ name, type }) =>
    typeof name === "string" && type !== "tensor" ? [name] : [],
  );
  if (columns.length < fields.length) return UNKNOWN;
  return {
    columns,
    optional: columns.filter((_, index) => fields[index]?.required === false),
    types: fields.map(({ type }) => TYPES[String(type)] ?? "object"),
    tensors: [],
  };
}

function readTensor({ name, ...field }: SerializableRecord): Tensor {
  const { dtype } = recordOf(field["tensor-spec"]);
  return { ...(typeof name === "string" && { name }), ...(isTypeOfNumbers(dtype) && { type: dtype }) };
}

function isTypeOfNumbers(dtype: Serializable | undefined): dtype is string {
  return typeof dtype === "string" && /^(?:bool|u?int(?:8|16|32|64)|float(?:16|32|64))$/.test(dtype);
}

function parseJson(text: Serializable): Serializable {
  try {
    return typeof text === "string" ? JSON.parse(text) : null;
  } catch {
    return null;
  }
}
