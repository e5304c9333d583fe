import type { BuildEvent, BuildSecret } from "../model/engine.ts";
import { findForms } from "./find-forms.ts";

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
  // No regular expression: V8 takes none of that size, and says what is in it.
  const find = findForms(secrets.flatMap(formsOf));
  return {
    text: (whole) => maskPart({ text: whole, hidden: 0 }, find, true).told,
    pieces: () => createPieces(find),
  };
}

function createPieces(find: Find): Pieces {
  let held: Held = { text: "", hidden: 0 };
  const tell = (piece: string, isLast: boolean): string => {
    const { told, ...rest } = maskPart({ ...held, text: `${held.text}${piece}` }, find, isLast);
    held = rest;
    return told;
  };
  return { next: (piece) => tell(piece, false), rest: () => tell("", true) };
}

type Find = ReturnType<typeof findForms>;

/** What is not told yet, as it came; its first characters may belong to a secret that a mask stands for already. */
type Held = { readonly text: string; readonly hidden: number };

/** Holds back all from where a secret may begin, unless no more text comes. Where secrets overlap, all is one mask. */
function maskPart({ text, hidden }: Held, find: Find, isLast: boolean): Held & { readonly told: string } {
  const told: string[] = [];
  let end = hidden;
  let plain = hidden;
  let place = 0;
  for (; place < text.length; place += 1) {
    const { length, isBeginning } = find(text, place);
    if (isBeginning && !isLast) break;
    if (length === 0) continue;
    if (place >= end) told.push(text.slice(plain, place), MASK);
    end = Math.max(end, place + length);
    plain = end;
  }
  told.push(text.slice(plain, Math.max(plain, place)));
  return { told: told.join(""), text: text.slice(place), hidden: Math.max(0, end - place) };
}

function formsOf({ value, username }: BuildSecret): readonly string[] {
  const whole = value.trim();
  const lines = whole.split(/\r?\n/).map((line) => line.trim());
  const told = lines.length === 1 ? lines : [whole, ...lines.filter((line) => line.length >= LEAST_LINE)];
  const header = username === undefined ? [] : base64Forms(`${username}:${whole}`);
  const untrimmed = whole === "" ? [] : base64Forms(value);
  return [
    ...told.flatMap((line) => [line, ...base64Forms(line), ...encodedForms(line)]),
    ...untrimmed,
    ...header,
  ].filter((form) => form !== "");
}

/** RFC 3986 in all the ways that it is kept to: which marks stay as they are, and in which case digits are written. */
function encodedForms(text: string): readonly string[] {
  const encoded = encodeURIComponent(text);
  const strict = encoded.replace(/[!'()*]/g, (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`);
  const withSlashes = strict.replaceAll("%2F", "/");
  const upper = [encoded, strict, withSlashes];
  return [...upper, ...upper.map((form) => form.replace(/%../g, (digits) => digits.toLowerCase()))];
}

/** As it is, with the newline that `echo` adds, and that part which stays the same whatever else comes after it. */
function base64Forms(text: string): readonly string[] {
  if (text === "") return [];
  const bytes = Buffer.from(text);
  const lasting = bytes.subarray(0, bytes.length - (bytes.length % 3));
  return [bytes, Buffer.from(`${text}\n`), lasting].map((part) => part.toString("base64"));
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
