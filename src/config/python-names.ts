/**
 * Whether a Python module may have a function of this name at its top level. Anything that could bind the name counts;
 * false means that it is surely not there.
 */
export function mayDefine(source: string, name: string): boolean {
  const text = source.replace(/\r\n?/g, "\n");
  return (
    definesName(text, name) || bindsAnything.test(text) || bindsName(text, name) || importsName(text, name)
  );
}

const bindsAnything = /^[ \t]*from\s+[\w.]+\s+import\s+\(?\s*\*|\b(?:globals|vars|exec|setattr)\s*\(/m;

function bindsName(text: string, name: string): boolean {
  const assignment = `(?:^|[=;])[\\w \\t,()*\\[\\]:]*\\b${name}\\s*(?:[,:)\\]][^=\\n(]*)?=(?!=)`;
  return new RegExp(`${assignment}|\\b(?:as|class|for|global)\\s+${name}\\b|\\b${name}\\s*:=`, "m").test(
    text,
  );
}

function importsName(text: string, name: string): boolean {
  const statements = text.matchAll(/^[ \t]*(?:from\s+[\w.]+\s+)?import\s+(\([^)]*\)|(?:[^\n\\]|\\\n)*)/gm);
  return [...statements].some(([statement]) => new RegExp(`\\b${name}\\b`).test(statement));
}

/** A function below `if` or `try` counts; one inside a class or another function does not. */
function definesName(text: string, name: string): boolean {
  const definitions = text.matchAll(new RegExp(`^([ \\t]*)(?:async\\s+)?def\\s+${name}\\b`, "gm"));
  return [...definitions].some(
    ({ 1: indent, index }) => indent === "" || !/^(?:class|def|async)\b/.test(enclosing(text, index)),
  );
}

/** The last line before an offset that is not indented and opens a block. */
function enclosing(text: string, offset: number): string {
  const opening = /^[A-Za-z_].*/;
  return (
    text
      .slice(0, offset)
      .split("\n")
      .findLast((line) => opening.test(line)) ?? ""
  );
}
