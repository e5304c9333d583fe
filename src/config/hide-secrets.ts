import type { PutIn } from "./interpolate.ts";
import { quoted, visible } from "./words.ts";

/** A text tells of this much of a secret, and of no less, where it is about another value. */
const LEAST_ELSEWHERE = 8;

/** The same where it is about the value that the secret was put into. */
const LEAST_HERE = 6;

const MASK = "***";

/** What a text may tell of secrets: those in the value that it is about, in any value, and all there are. */
export type Secrets = {
  readonly here: readonly PutIn[];
  readonly anywhere: readonly PutIn[];
  readonly values: readonly string[];
};

/** A text without the secrets, which may be cut in it, or read as a number. */
export function hideSecrets(text: string, { here, anywhere, values }: Secrets): string {
  const whole = [...here, ...anywhere].reduce(hideWhole, text);
  const number = here.reduce(hideNumber, whole);
  const elsewhere = values.reduce((told, value) => hideParts(told, value, LEAST_ELSEWHERE), number);
  return here.reduce((told, { value }) => {
    const shown = visible(value);
    const without = shown === "" ? told : told.replaceAll(shown, MASK);
    return hideParts(without, value, LEAST_HERE);
  }, elsewhere);
}

/** A value as messages show it is cut: what is left of a secret is not to be found by what it was. */
function hideWhole(text: string, { whole, value }: PutIn): string {
  if (value === "") return text;
  return text.replaceAll(quoted(whole), () => quoted(whole.replaceAll(value, MASK)));
}

function hideNumber(text: string, { whole }: PutIn): string {
  const number = String(Number(whole));
  if (whole.trim() === "" || number === "NaN") return text;
  return text.replace(/-?\d[\d.]*(?:e[+-]?\d+)?/gi, (found) => (found === number ? MASK : found));
}

/** Hides each stretch of a text that is a part of the secret and no shorter than `least`. */
function hideParts(text: string, secret: string, least: number): string {
  const shown = visible(secret);
  let told = "";
  let place = 0;
  while (place < text.length) {
    let length = Math.min(least, text.length - place);
    if (length < least || !shown.includes(text.slice(place, place + length))) {
      told += text.charAt(place);
      place += 1;
      continue;
    }
    while (place + length < text.length && shown.includes(text.slice(place, place + length + 1))) length += 1;
    told += MASK;
    place += length;
  }
  return told;
}
