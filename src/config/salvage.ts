import { parentPointer, segmentsOf } from "../document/locate.ts";
import type { ConfigFile } from "../model/config.generated.ts";
import type { Serializable } from "../model/serializable.ts";
import { findSchemaErrors } from "./validate.ts";
import { pointerOf } from "./word-errors.ts";

/** What stands for parts that are wrong, while other mistakes are looked for. They ask for nothing. */
const anyName: ConfigFile = { name: "unnamed" };
const anyServer: Pick<ConfigFile, "inference"> = { inference: { command: ["true"] } };

/**
 * The part of a file that can be understood: what is `unreadable` and what the schema refuses is taken out, so that the
 * rest can still be checked in the same run. Items are taken out of a list as holes, so that the others keep their index.
 */
export function salvage(value: Serializable, unreadable: readonly string[]): ConfigFile | undefined {
  if (value === null || typeof value !== "object" || Array.isArray(value)) return undefined;
  const stand = { ...anyName, ...("inference" in value && anyServer) };
  const copy = { ...stand, ...structuredClone(value) };
  const removed = new Set(unreadable);
  for (const pointer of unreadable) remove(copy, pointer);
  while (removeWrong(copy, removed));
  return { ...stand, ...copy };
}

/** Takes out what is wrong now, and says whether anything was. */
function removeWrong(copy: object, removed: Set<string>): boolean {
  const errors = findSchemaErrors(copy as Serializable).filter(
    (error) => !isWithin(removed, pointerOf(error)),
  );
  const pointers = errors.map(pointerOf).filter((pointer) => pointer !== "");
  for (const pointer of pointers) {
    remove(copy, pointer);
    removed.add(pointer);
  }
  return pointers.length > 0;
}

function isWithin(removed: ReadonlySet<string>, pointer: string): boolean {
  if (removed.has(pointer)) return true;
  return pointer !== "" && isWithin(removed, parentPointer(pointer));
}

function remove(copy: object, pointer: string): void {
  const segments = segmentsOf(pointer);
  const holder = segments.slice(0, -1).reduce<unknown>((node, segment) => memberOf(node, segment), copy);
  const last = segments.at(-1);
  if (holder !== null && typeof holder === "object" && last !== undefined)
    Reflect.deleteProperty(holder, last);
}

function memberOf(node: unknown, segment: string): unknown {
  return node !== null && typeof node === "object" && Object.hasOwn(node, segment)
    ? Reflect.get(node, segment)
    : undefined;
}
