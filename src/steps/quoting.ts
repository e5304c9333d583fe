/**
 * A value as a double-quoted word of a Dockerfile: backslash, quote and dollar escaped.
 * A line break would begin a new instruction, so a value with one never gets here; see the schema's patterns.
 */
export function dockerfileString(value: string): string {
  refuseControlCharacters(value);
  return `"${value.replace(/[\\"$]/g, "\\$&")}"`;
}

/** A path as one word of COPY, quoted only where it must be; `COPY` takes a JSON string in the place of a bare word. */
export function dockerfileWord(value: string): string {
  return /^[\w@%+=:,./-]+$/.test(value) ? value : dockerfileString(value);
}

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
