import { type Diagnostic, errorDiagnostic } from "../model/diagnostic.ts";
import type { Document } from "../model/document.ts";
import type { Serializable } from "../model/serializable.ts";
import { locate, pointerTo } from "./locate.ts";

/** Numbers that are not held as they are written: JSON has no infinity, and JavaScript no more than 53 bits. */
export function findInexactNumbers(document: Document): readonly Diagnostic[] {
  return isExact(document.value) ? [] : visit(document.value, "");

  function visit(value: Serializable, pointer: string): readonly Diagnostic[] {
    if (typeof value === "number") return checkNumber(document, value, pointer);
    if (value === null || typeof value !== "object") return [];
    return Object.entries(value).flatMap(([key, member]) => visit(member, pointerTo(pointer, key)));
  }
}

/** Found before any pointer is made: hardly any file has one that is not. */
function isExact(value: Serializable): boolean {
  if (typeof value === "number") return Number.isSafeInteger(value) || isFraction(value);
  return value === null || typeof value !== "object" || Object.values(value).every(isExact);
}

function isFraction(value: number): boolean {
  return Number.isFinite(value) && !Number.isInteger(value);
}

function checkNumber(document: Document, value: number, path: string): readonly Diagnostic[] {
  if (isExact(value)) return [];
  const location = locate(document, path);
  const written = location.file.text.slice(location.range.start, location.range.end);
  if (Number.isFinite(value) && promisesNoDigits(written)) return [];
  const message = Number.isFinite(value)
    ? `the number \`${written}\` is too large to be held exactly`
    : `\`${written}\` is a number that JSON cannot hold`;
  const hint = `put it in quotes to make it a string: \`"${written}"\``;
  return [errorDiagnostic("document/inexact-number", message, { location, path, hint })];
}

/** A number with an exponent, such as `1e30`, is as large as it says it is. */
function promisesNoDigits(written: string): boolean {
  return /[.e]/i.test(written) && !/^0x/i.test(written);
}
