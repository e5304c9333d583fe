import type { Serializable } from "../model/serializable.ts";

/** What stands for the same value in a file in which `$` begins a variable. */
export function escapeDollars<T>(value: T): T {
  return escapeIn(value as Serializable) as T;
}

function escapeIn(value: Serializable): Serializable {
  if (typeof value === "string") return value.replaceAll("$", "$$$$");
  if (Array.isArray(value)) return value.map(escapeIn);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, escapeIn(inner)]));
}
