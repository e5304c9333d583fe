import { locate } from "../document/locate.ts";
import { type Diagnostic, errorDiagnostic } from "../model/diagnostic.ts";
import type { Document } from "../model/document.ts";

/** Something that must stand in the file once: what makes it the same as another, and where it is given. */
export type Given = { readonly identity: string; readonly pointer: string; readonly message: string };

/** A diagnostic for each thing that was given before, with the place where it was. */
export function findRepeated(
  document: Document,
  code: string,
  givens: readonly Given[],
): readonly Diagnostic[] {
  const first = new Map<string, string>();
  return givens.flatMap(({ identity, pointer, message }) => {
    const earlier = first.get(identity);
    first.set(identity, earlier ?? pointer);
    if (earlier === undefined) return [];
    const related = [{ message: "first given here", location: locate(document, earlier) }];
    return errorDiagnostic(code, message, {
      location: locate(document, pointer),
      path: pointer,
      related,
      hint: "remove one of them, or change it",
    });
  });
}
