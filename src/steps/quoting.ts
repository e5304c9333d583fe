/**
 * A value as a double-quoted word of a Dockerfile: backslash, quote and dollar escaped.
 * A line break would begin a new instruction, so a value with one never gets here; see the schema's patterns.
 */
export function dockerfileString(value: string): string {
  refuseControlCharacters(value);
  return `"${value.replace(/[\\"$]/g, "\\$&")}"`;
}

/** The two paths of a COPY: bare, or as a JSON list where a space would part them. Its members are words of a shell too. */
export function copyPaths(from: string, to: string): string {
  const paths = [from, to];
  if (paths.every((path) => PLAIN_PATH.test(path))) return paths.join(" ");
  paths.forEach(refuseControlCharacters);
  return JSON.stringify(paths.map((path) => path.replace(/[\\"'$]/g, "\\$&")));
}

const PLAIN_PATH = /^[\w@%+=:,./*-]+$/;

/** A value as one word for sh, quoted only where it must be. */
export function shellWord(value: string): string {
  refuseControlCharacters(value);
  return /^[\w@%+=:,./-]+$/.test(value) ? value : `'${value.replaceAll("'", `'\\''`)}'`;
}

function refuseControlCharacters(value: string): void {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  if (/[\u0000-\u001f\u007f\u0085\u2028\u2029]/.test(value)) {
    throw new Error(`a value with a control character reached the Dockerfile: ${JSON.stringify(value)}`);
  }
}
