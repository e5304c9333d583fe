/** What a client is to ask, and of whom. Any other text may hold anything. */
export type Client = {
  /** Of the package. */
  readonly name: string;
  /** In ASCII, as a URL is when it was parsed. */
  readonly url: string;
  readonly contentType: string;
  readonly body: Uint8Array;
  /** Where the body is from, for the reader. */
  readonly sample: string;
  readonly shape?: Shape | undefined;
};

/** What the service takes and gives, in the notation of TypeScript, in ASCII and on one line. */
export type Shape = { readonly input: string; readonly output: string };

/** The lines that each client begins with. */
export function introduce({ name, sample, shape }: Client): readonly string[] {
  const lines = [
    `Asks the service ${name}, with ${sample}.`,
    ...(shape === undefined ? [] : [`It takes ${shape.input}`, `and gives ${shape.output}.`]),
  ];
  return lines.map(printable);
}

/** A text that can stand in a comment or a header: nothing in it ends a line, in any language. */
export function printable(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, "?");
}

/** The body as text, where it is some. */
export function textOfBody({ body }: Client): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(body);
  } catch {
    return undefined;
  }
}

export function base64OfBody({ body }: Client): string {
  return Buffer.from(body).toString("base64");
}
