import type { BuildEvent, BuildSecret } from "../model/engine.ts";

/** What stands in the place of a secret. */
const MASK = "***";

/** A shorter line of a secret of many lines may be in any text. */
const LEAST_LINE = 4;

export type Mask = {
  /** A whole text without the secrets. */
  readonly text: (text: string) => string;
  /** The same of what comes in pieces: what may be the beginning of a secret is held back until more is there. */
  readonly pieces: () => Pieces;
};

type Pieces = {
  readonly next: (piece: string) => string;
  readonly rest: () => string;
};

/** Takes secrets out of texts, as they are and as they are written in addresses and in headers. */
export function maskSecrets(secrets: readonly BuildSecret[]): Mask {
  const forms = [...new Set(secrets.flatMap(formsOf))].sort((a, b) => b.length - a.length);
  const pattern = forms.length === 0 ? undefined : new RegExp(forms.map(escaped).join("|"), "g");
  const text = (whole: string): string => (pattern === undefined ? whole : whole.replace(pattern, MASK));
  return { text, pieces: () => createPieces(text, forms) };
}

function createPieces(text: Mask["text"], forms: readonly string[]): Pieces {
  let held = "";
  return {
    next(piece) {
      const known = text(`${held}${piece}`);
      const kept = lengthOfBeginning(known, forms);
      held = kept === 0 ? "" : known.slice(-kept);
      return known.slice(0, known.length - kept);
    },
    rest() {
      const last = held;
      held = "";
      return last;
    },
  };
}

/** How much of the end of a text a secret may begin with. */
function lengthOfBeginning(text: string, forms: readonly string[]): number {
  const lengths = forms.map((form) => {
    let length = Math.min(form.length - 1, text.length);
    while (length > 0 && !text.endsWith(form.slice(0, length))) length -= 1;
    return length;
  });
  return Math.max(0, ...lengths);
}

function formsOf({ value, username }: BuildSecret): readonly string[] {
  const whole = value.trim();
  const lines = whole.split(/\r?\n/).map((line) => line.trim());
  const told = lines.length === 1 ? lines : [whole, ...lines.filter((line) => line.length >= LEAST_LINE)];
  const header = username === undefined ? [] : [base64(`${username}:${whole}`)];
  return [...told.flatMap((line) => [line, base64(line), ...encodedForms(line)]), ...header].filter(
    (form) => form !== "",
  );
}

/** RFC 3986 in all the ways that it is kept to: which marks stay as they are, and in which case digits are written. */
function encodedForms(text: string): readonly string[] {
  const encoded = encodeURIComponent(text);
  const strict = encoded.replace(/[!'()*]/g, (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`);
  const withSlashes = strict.replaceAll("%2F", "/");
  const upper = [encoded, strict, withSlashes];
  return [...upper, ...upper.map((form) => form.replace(/%../g, (digits) => digits.toLowerCase()))];
}

function base64(text: string): string {
  return Buffer.from(text).toString("base64");
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&");
}

/** Hands on what a build says, without the secrets. */
export function maskEvents(mask: Mask, onEvent: (event: BuildEvent) => void): (event: BuildEvent) => void {
  const logs = new Map<string, Pieces>();
  return (event) => {
    switch (event.type) {
      case "vertex-log": {
        const pieces = logs.get(event.vertex) ?? mask.pieces();
        logs.set(event.vertex, pieces);
        const text = pieces.next(event.text);
        if (text !== "") onEvent({ ...event, text });
        return;
      }
      case "vertex-finished": {
        const text = logs.get(event.vertex)?.rest() ?? "";
        if (text !== "") onEvent({ type: "vertex-log", vertex: event.vertex, text });
        const error = event.error === undefined ? {} : { error: mask.text(event.error) };
        onEvent({ ...event, name: mask.text(event.name), ...error });
        return;
      }
      case "vertex-started":
      case "vertex-progress":
        onEvent({ ...event, name: mask.text(event.name) });
    }
  };
}
