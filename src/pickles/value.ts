/** A function or a class, as a pickle names it. */
export type Import = { readonly module: string; readonly name: string };

/**
 * What is known of a thing on a pickle's stack: as much as says which names it imports, and how long the raw bytes of
 * an array are that joblib puts between its opcodes. `null` is anything else.
 */
export type Value = string | number | null | Tuple | Imported | Made | Dict;

export type Tuple = { readonly kind: "tuple"; readonly items: readonly Value[] };
export type Imported = { readonly kind: "import" } & Import;
export type Made = { readonly kind: "made"; readonly by: Imported; readonly args: Value };
export type Dict = { readonly kind: "dict"; readonly entries: Map<string, Value> };

/** Longer ones, and larger ones, are no shape of an array and no name. */
export const MOST_ITEMS = 64;

export function tupleOf(items: readonly Value[]): Value {
  return items.length > MOST_ITEMS ? null : { kind: "tuple", items };
}

export function put(dict: Value, key: Value, value: Value): void {
  if (!isOf(dict, "dict") || typeof key !== "string" || dict.entries.size >= MOST_ITEMS) return;
  dict.entries.set(key, value);
}

export function isOf<Kind extends "tuple" | "import" | "made" | "dict">(
  value: Value | undefined,
  kind: Kind,
): value is Extract<Value, { readonly kind: Kind }> {
  return typeof value === "object" && value !== null && value.kind === kind;
}
