import { BadPickle } from "./stack.ts";
import { isOf, type Value } from "./value.ts";

export type RawArray = {
  readonly bytes: number;
  /** A byte and as many more as that says stand before it. */
  readonly isPadded: boolean;
  /** An array of objects is a pickle of its own. */
  readonly isPickled: boolean;
};

/** How long the array is that a `NumpyArrayWrapper` of joblib stands for. Throws a `BadPickle`. */
export function sizeOfArray(state: Value): RawArray {
  if (!isOf(state, "dict")) throw wordUnknown();
  const [shape, dtype] = [state.entries.get("shape"), state.entries.get("dtype")];
  const alignment = state.entries.get("numpy_array_alignment_bytes");
  // joblib pads for whatever is not `None`: only what it writes itself is known.
  if (alignment !== undefined && alignment !== null && typeof alignment !== "number") throw wordUnknown();
  const isPadded = typeof alignment === "number";
  if (!isOf(shape, "tuple") || !isOf(dtype, "made") || !isOf(dtype.args, "tuple")) throw wordUnknown();
  if (dtype.by.module !== "numpy" || dtype.by.name !== "dtype") throw wordUnknown();
  const [, type, size] = /^[<>=|]?([biufcSUmMO])(\d+)$/.exec(String(dtype.args.items[0])) ?? [];
  if (type === undefined) throw wordUnknown();
  if (type === "O") return { bytes: 0, isPadded: false, isPickled: true };
  const itemBytes = Number(size) * (type === "U" ? 4 : 1);
  const count = shape.items.reduce<number>((product, length) => {
    if (typeof length !== "number" || length < 0) throw wordUnknown();
    return product * length;
  }, 1);
  if (!Number.isSafeInteger(count * itemBytes)) throw wordUnknown();
  return { bytes: count * itemBytes, isPadded, isPickled: false };
}

function wordUnknown(): BadPickle {
  return new BadPickle("has an array of joblib's whose length is not known");
}
