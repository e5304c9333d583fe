import type { Descriptor } from "../../model/image.ts";

/** Where two images differ. A layer is told by its place, from zero, and what made it, if the configuration says. */
export type Place =
  | { readonly in: "manifest" }
  | { readonly in: "config" }
  | { readonly in: "layer"; readonly index: number; readonly madeBy?: string };

/** Where two contents begin to differ, and some bytes of each from there on: `0a 0b 0c`, or nothing at the end. */
export type FirstDifference = { readonly offset: number; readonly first: string; readonly second: string };

/** How a file, a folder or a link of a layer differs; `path` is relative to the root of the image. */
export type EntryDifference =
  | { readonly what: "missing" | "extra"; readonly path: string }
  | ({
      readonly what: "type" | "mode" | "owner" | "size" | "link target";
      readonly path: string;
    } & BothTexts)
  /** `name` is the clock (`mtime`, `atime`, `ctime`), or the key of the attribute in the tar's extended header. */
  | ({
      readonly what: "time" | "extended attributes";
      readonly path: string;
      readonly name: string;
    } & EitherText)
  /** Where it begins is told of the first files of a layer alone. */
  | { readonly what: "content"; readonly path: string; readonly at?: FirstDifference };

/** How a layer differs as a whole. */
export type LayerDifference =
  | { readonly what: "missing" | "extra" }
  /** The same entries stand elsewhere: the first place where they do, and what each side has there. */
  | ({ readonly what: "order" } & BothTexts)
  | { readonly what: "compression"; readonly first: Descriptor; readonly second: Descriptor };

/** How a value of a JSON text differs; `pointer` is that of the first image, if it has it (RFC 6901). */
export type ValueDifference = { readonly what: "value"; readonly pointer: string } & EitherText;

/** The bytes differ, and nothing that they say: headers and padding of a tar, white space of a JSON text. */
export type FramingDifference = { readonly what: "framing" };

export type Difference = { readonly where: Place } & (
  | EntryDifference
  | LayerDifference
  | ValueDifference
  | FramingDifference
);

type BothTexts = { readonly first: string; readonly second: string };
type EitherText = Partial<BothTexts>;

/** Of a value, a message shows so many characters, and as many of them before the first that differs. */
const MOST_SHOWN = 80;
const SHOWN_BEFORE = 20;

/** Of a path, so many: the end of it says more. */
const MOST_OF_PATH = 200;

/** Two texts, each cut to what a line can hold, so that what differs is left. */
export function cutBoth(first: string, second: string): BothTexts {
  const start = Math.max(0, commonLength(first, second) - SHOWN_BEFORE);
  return { first: cutFrom(first, start), second: cutFrom(second, start) };
}

/** As `cutBoth`, where one side may have nothing. */
export function cutEither(first: string | undefined, second: string | undefined): EitherText {
  if (first !== undefined && second !== undefined) return cutBoth(first, second);
  return {
    ...(first !== undefined && { first: cutFrom(first, 0) }),
    ...(second !== undefined && { second: cutFrom(second, 0) }),
  };
}

function commonLength(first: string, second: string): number {
  const most = Math.min(first.length, second.length);
  for (let index = 0; index < most; index++) if (first[index] !== second[index]) return index;
  return most;
}

/** A text that is short enough is left whole. */
function cutFrom(text: string, start: number): string {
  if (text.length <= MOST_SHOWN) return text;
  const end = start + MOST_SHOWN;
  return `${start > 0 ? "…" : ""}${text.slice(start, end)}${end < text.length ? "…" : ""}`;
}

/** A difference in one line, as what the second image has instead of the first. */
export function wordDifference(difference: Difference): string {
  const words = [wordPlace(difference.where)];
  if ("path" in difference) words.push(wordPath(difference.path));
  if ("pointer" in difference) words.push(visible(cutFrom(difference.pointer, 0)));
  return [...words, wordChange(difference)].join(": ");
}

/** Layers are counted from one. */
export function wordPlace(place: Place): string {
  if (place.in !== "layer") return place.in;
  const madeBy = place.madeBy === undefined ? "" : ` (${visible(cutFrom(place.madeBy, 0))})`;
  return `layer ${place.index + 1}${madeBy}`;
}

function wordChange(difference: Difference): string {
  switch (difference.what) {
    case "missing":
    case "extra":
      return difference.what;
    case "framing":
      return wordFraming(difference.where);
    case "type":
    case "mode":
    case "owner":
    case "size":
    case "link target":
      return `${difference.what} ${wordTexts(difference)}`;
    case "time":
      return `${difference.name} ${wordTexts(difference, wordTime)}`;
    case "extended attributes":
      return `${wordAttribute(difference.name)} ${wordTexts(difference)}`;
    case "content":
      return `content differs${difference.at === undefined ? "" : wordOffset(difference.at)}`;
    case "order":
      return `entries in another order: ${wordPath(difference.second)} instead of ${wordPath(difference.first)}`;
    case "compression":
      return `same content, but compressed otherwise: ${wordBlob(difference.second)} instead of ${wordBlob(difference.first)}`;
    case "value":
      return wordTexts(difference);
  }
}

function wordFraming(place: Place): string {
  const instead =
    place.in === "layer" ? "headers or padding of its tar differ" : "its text is written otherwise";
  return `says the same, but ${instead}`;
}

function wordTexts({ first, second }: EitherText, word: (text: string) => string = visible): string {
  if (first === undefined) return `extra (${word(second ?? "")})`;
  return second === undefined ? `missing (${word(first)})` : `${word(second)} instead of ${word(first)}`;
}

/** Seconds since the epoch, which may have a fraction, as a date; what no calendar has is left as it is. */
function wordTime(seconds: string): string {
  const [, whole, fraction = ""] = /^(\d{1,12})(\.\d+)?$/.exec(seconds) ?? [];
  if (whole === undefined) return visible(seconds);
  return new Date(Number(whole) * 1000).toISOString().replace(".000Z", `${fraction}Z`);
}

function wordAttribute(name: string): string {
  const [, attribute] = /^(?:SCHILY|LIBARCHIVE)\.xattr\.(.+)$/s.exec(name) ?? [];
  return attribute === undefined
    ? `header record ${visible(cutFrom(name, 0))}`
    : `extended attribute ${visible(cutFrom(attribute, 0))}`;
}

function wordOffset({ offset, first, second }: FirstDifference): string {
  const [had, has] = [first, second].map((bytes) => (bytes === "" ? "its end" : bytes));
  return ` from byte ${offset} on: ${has} instead of ${had}`;
}

function wordBlob({ mediaType, digest, size }: Descriptor): string {
  return `${visible(cutFrom(mediaType, 0))} of ${size} bytes (${digest.slice(7, 19)})`;
}

function wordPath(path: string): string {
  return visible(path.length > MOST_OF_PATH ? `…${path.slice(-MOST_OF_PATH)}` : path);
}

/** Whoever made the image may have meant no good: nothing moves the cursor, or hides what follows. */
function visible(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, (hidden) => {
    const code = hidden.codePointAt(0) ?? 0;
    return `\\u{${code.toString(16)}}`;
  });
}
