import { joinPath } from "../config/paths.ts";
import { locate, pointerTo, segmentsOf } from "../document/locate.ts";
import { parseDocument } from "../document/parse.ts";
import { type Diagnostic, errorDiagnostic } from "../model/diagnostic.ts";
import type { LeftOut } from "../model/draft.ts";
import type { Serializable, SerializableRecord } from "../model/serializable.ts";
import type { TextRange } from "../model/text-range.ts";
import type { Opened } from "./importer.ts";

/** A value of the other tool's file, and its place. */
export type Field = { readonly value: Serializable | undefined; readonly pointer: string };

/** A text of that file, as it is written there: a number or a date keeps its digits. */
export type Item = { readonly text: string; readonly pointer: string };

/**
 * How far another tool's file was read. What has been asked for counts as carried over, what was left is told with the
 * reason, and `listUnread` tells of all the rest: no key can be lost.
 */
export interface Reading {
  readonly opened: Opened;
  readonly root: Field;
  readonly leftOut: LeftOut[];
  readonly diagnostics: Diagnostic[];
  /** A member of a mapping; of none where there is no mapping. */
  member(field: Field, ...keys: readonly string[]): Field;
  text(field: Field): string | undefined;
  flag(field: Field): boolean | undefined;
  /** The items of a list of texts, or a single text. */
  texts(field: Field): readonly Item[];
  /** The items of a list, each to be read by itself. */
  items(field: Field): readonly Field[];
  entries(field: Field): readonly (readonly [key: string, member: Field])[];
  /** Where a path leads, from the package's folder. One that leads out of it is a mistake. */
  path(field: Field): string | undefined;
  /** Counts as carried over, with all that is in it. */
  take(...fields: readonly Field[]): void;
  /** Tells that a value is not carried over; nothing where there is none, or only what is so anyway. */
  leave(field: Field, why: string): void;
  refuse(field: Field, code: string, message: string, hint?: string): void;
  listUnread(why: string): void;
}

export function openReading(opened: Opened): Reading {
  const { document } = opened;
  const root: Field = { value: document.value, pointer: "" };
  const whole = new Set<string>();
  const entered = new Set<string>([""]);
  const leftOut: LeftOut[] = [];
  const diagnostics: Diagnostic[] = [];

  const refuse = (field: Field, code: string, message: string, hint?: string): void => {
    diagnostics.push(
      errorDiagnostic(code, message, {
        location: locate(document, field.pointer),
        ...(hint !== undefined && { hint }),
      }),
    );
  };

  const refuseType = (field: Field, wanted: string): undefined => {
    whole.add(field.pointer);
    refuse(field, "import/wrong-type", `${wordPointer(field.pointer)} must be ${wanted}`);
    return undefined;
  };

  const member = (field: Field, ...keys: readonly string[]): Field =>
    keys.reduce<Field>((one, key) => {
      const record = recordAt(one);
      entered.add(one.pointer);
      const own = record !== undefined && Object.hasOwn(record, key) ? record[key] : undefined;
      return { value: own, pointer: pointerTo(one.pointer, key) };
    }, field);

  function recordAt(field: Field): SerializableRecord | undefined {
    if (isNothing(field.value)) return undefined;
    if (isRecord(field.value)) return field.value;
    // Told once, however many of its members are asked for.
    return whole.has(field.pointer) ? undefined : refuseType(field, "a mapping");
  }

  function written(field: Field): string | undefined {
    if (typeof field.value === "string") return field.value;
    if (typeof field.value !== "number" && typeof field.value !== "boolean") return undefined;
    const { file, range } = locate(document, field.pointer);
    return digitsOf(field.value, file.text, range) ?? String(field.value);
  }

  const text = (field: Field): string | undefined => {
    if (isNothing(field.value)) return undefined;
    whole.add(field.pointer);
    return written(field) ?? refuseType(field, "a text");
  };

  const items = (field: Field): readonly Field[] => {
    if (isNothing(field.value)) return [];
    entered.add(field.pointer);
    if (!Array.isArray(field.value)) return refuseType(field, "a list") ?? [];
    return (field.value as readonly Serializable[]).map((value, index) => ({
      value,
      pointer: pointerTo(field.pointer, index),
    }));
  };

  const leave = (field: Field, why: string): void => {
    if (isEmpty(field.value)) return;
    whole.add(field.pointer);
    const location = locate(document, field.pointer, "key");
    leftOut.push({ what: wordPointer(field.pointer), why, location });
  };

  const path = (field: Field): string | undefined => {
    const given = text(field);
    if (given === undefined || given === "") return undefined;
    const found = resolvePath(opened.folder, given);
    if (found === undefined)
      refuse(
        field,
        "import/outside-package",
        `${wordPointer(field.pointer)} leads out of the package's folder`,
        "copy the file into the folder, and write its path relative to this file",
      );
    return found;
  };

  function listUnreadIn(field: Field, why: string): void {
    if (whole.has(field.pointer) || isEmpty(field.value)) return;
    if (!entered.has(field.pointer)) leave(field, why);
    else if (typeof field.value === "object" && field.value !== null)
      for (const [key, value] of Object.entries(field.value) as [string, Serializable][])
        listUnreadIn({ value, pointer: pointerTo(field.pointer, key) }, why);
  }

  return {
    ...{ opened, root, leftOut, diagnostics, member, text, items, path, leave, refuse },
    flag: (field) => {
      if (isNothing(field.value)) return undefined;
      whole.add(field.pointer);
      return typeof field.value === "boolean" ? field.value : refuseType(field, "`true` or `false`");
    },
    texts: (field) => {
      const one = written(field);
      if (one !== undefined) {
        whole.add(field.pointer);
        return [{ text: one, pointer: field.pointer }];
      }
      return items(field).flatMap((item) => {
        const each = text(item);
        return each === undefined ? [] : [{ text: each, pointer: item.pointer }];
      });
    },
    entries: (field) => Object.keys(recordAt(field) ?? {}).map((key) => [key, member(field, key)] as const),
    take: (...fields) => {
      for (const { pointer } of fields) whole.add(pointer);
    },
    listUnread: (why) => listUnreadIn(root, why),
  };
}

/** A number or a flag as it is written, behind an anchor or a tag, there or where an alias leads. Undefined where it is in quotes. */
function digitsOf(value: Serializable, text: string, { start, end }: TextRange): string | undefined {
  const slice = text.slice(start, end);
  const place = slice.startsWith("*") ? text.lastIndexOf(`&${slice.slice(1).trim()} `, start) : -1;
  const whole = place < 0 ? slice : (/^(?:[&!]\S*\s+)+[^\s,\]}]+/.exec(text.slice(place))?.[0] ?? "");
  const digits = whole.replace(/^(?:[&!]\S*\s+)+/, "");
  const parsed = parseDocument({ path: "", text: digits });
  return parsed.ok && Object.is(parsed.value.value, value) ? digits : undefined;
}

/** As people write it: `build.run[0]`. */
export function wordPointer(pointer: string): string {
  const words = segmentsOf(pointer).map((segment, index) => {
    if (/^\d+$/.test(segment)) return `[${segment}]`;
    const open = segment.replace(/\/\/[^/?#\s]*@/g, "//***@");
    const name = /^[\w$.-]{1,60}$/.test(open) ? open : JSON.stringify(open.slice(0, 60));
    return index === 0 ? name : `.${name}`;
  });
  return words.length === 0 ? "the file" : `\`${words.join("").replaceAll("`", "'")}\``;
}

/** Undefined where it leads out of the package. */
export function resolvePath(folder: string, path: string): string | undefined {
  if (/^[/~\\]|^[A-Za-z]:|\\|\p{Cc}/u.test(path)) return undefined;
  const resolved: string[] = [];
  for (const segment of joinPath(folder, path).split("/")) {
    if (segment === ".") continue;
    if (segment !== "..") resolved.push(segment);
    else if (resolved.pop() === undefined) return undefined;
  }
  return resolved.join("/") || ".";
}

export function isRecord(value: Serializable | undefined): value is SerializableRecord {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isNothing(value: Serializable | undefined): value is null | undefined {
  return value === undefined || value === null;
}

/** What says no more than if it were not there. */
function isEmpty(value: Serializable | undefined): boolean {
  if (isNothing(value) || value === false || value === "") return true;
  return typeof value === "object" && Object.values(value).every(isEmpty);
}
