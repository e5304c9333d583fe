const DIGEST = /@sha256:[0-9a-f]{64}/y;

/**
 * Whom ssh logs in as is no secret, and it takes no password from an address; a container of Azure Storage is no login at
 * all (`wasbs://CONTAINER@ACCOUNT.blob.core.windows.net`). Elsewhere a name alone may be a token.
 */
const USER = /^[\w.-]+$/;
const TOLD_SCHEMES = ["ssh://", "wasbs://", "abfss://"];

/** What ends a quoted text when it comes after the quote. */
const AFTER_QUOTE = /[\s,;:.)\]}]/;

/**
 * A text without the user and the password of each address in it: all between `://` and the last `@`, since passwords
 * are written with marks that an address should not have. That of an image's digest ends none. `starsFor` gives what stands
 * in the place.
 */
export function maskLogins(text: string, starsFor: (login: string) => string = () => "***"): string {
  const told: string[] = [];
  let end = 0;
  for (let found = text.indexOf("://"); found !== -1; found = text.indexOf("://", end)) {
    const start = found + "://".length;
    const address = scanAddress(text, start, quoteBefore(text, end, found));
    told.push(text.slice(end, start));
    const login = text.slice(start, Math.max(start, address.at));
    const isTold = TOLD_SCHEMES.some((scheme) => text.endsWith(scheme, start)) && USER.test(login);
    if (address.at !== -1) told.push(isTold ? login : starsFor(login));
    told.push(text.slice(address.at === -1 ? start : address.at, address.end));
    end = address.end;
  }
  return `${told.join("")}${text.slice(end)}`;
}

/** The quote that the address begins after, if it does. */
function quoteBefore(text: string, from: number, colon: number): string | undefined {
  let start = colon;
  while (start > from && /[a-z0-9+.-]/i.test(text.charAt(start - 1))) start -= 1;
  const before = text.charAt(start - 1);
  return /["'`]/.test(before) ? before : undefined;
}

/** Where an address ends, at white space or with the quoted text that it is, and where its last `@` is; -1 without one. */
function scanAddress(text: string, start: number, quote: string | undefined): { at: number; end: number } {
  let at = -1;
  let place = start;
  for (; place < text.length && !/\s/.test(text.charAt(place)); place += 1) {
    const character = text.charAt(place);
    const next = text.charAt(place + 1);
    if (character === "@" && !isDigest(text, place)) at = place;
    else if (quote === '"' && character === "\\" && next === '"') place += 1;
    else if (character === quote && next === quote) place += 1;
    else if (character === quote && (next === "" || AFTER_QUOTE.test(next))) break;
  }
  return { at, end: place };
}

function isDigest(text: string, place: number): boolean {
  DIGEST.lastIndex = place;
  return DIGEST.test(text);
}
