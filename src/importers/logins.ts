import { errorDiagnostic } from "../model/diagnostic.ts";
import type { Serializable } from "../model/serializable.ts";
import { type Field, type Item, isRecord, type Reading, wordPointer } from "./reading.ts";

/** In an address before its host, as the part of the path that Anaconda's servers take one in, or in a query. */
const LOGIN =
  /\/\/[^/?#\s]*@|\/\/[^/\s]+\/t\/[^/\s]|^t\/[^/\s]+\/|[?&][\w-]*(?:token|sig|signature|secret|password|key)=[^&\s]/i;

/** An account without a password, as in every address of a repository. */
const SSH_USER = /\bssh:\/\/[\w.-]+@/gi;

const SECRET_NAME =
  /passw(?:or)?d|passphrase|secret|credential|connection_?string|(?:api|access|private|account)_?key|(?:token|(?:^|[_.-])(?:key|pwd|pass|sas))(?:_?\d+)?$/i;

const WHY =
  "it holds a login, and none is copied: write it without; `build.secrets` says who pip is there, and channels are asked without any";

export function holdsLogin(text: string): boolean {
  return LOGIN.test(text.replace(SSH_USER, "ssh://"));
}

/** Whether a variable of this name has a value that nobody else is to see. */
export function isSecretName(name: string): boolean {
  return SECRET_NAME.test(name);
}

/** Those without a login; of the others it is told. */
export function itemsWithoutLogin(reading: Reading, items: readonly Item[], why = WHY): readonly Item[] {
  return items.filter(({ text, pointer }) => {
    const isKept = !holdsLogin(text);
    if (!isKept) reading.leave({ value: text, pointer }, why);
    return isKept;
  });
}

/** A value that is about to be written into a file: of each login in it is told. Undefined where nothing is left of it. */
export function withoutLogins(reading: Reading, field: Field): Serializable | undefined {
  const { value, pointer } = field;
  if (typeof value === "string" && holdsLogin(value)) {
    reading.leave(field, WHY);
    return undefined;
  }
  if (Array.isArray(value))
    return reading.items(field).flatMap((item) => {
      const kept = withoutLogins(reading, item);
      return kept === undefined ? [] : [kept];
    });
  if (!isRecord(value)) return value;
  const kept = reading.entries(field).flatMap(([name, member]): [string, Serializable][] => {
    if (isSecretName(name) || holdsLogin(name)) {
      reading.leave({ ...member, pointer: holdsLogin(name) ? pointer : member.pointer }, WHY);
      return [];
    }
    const one = withoutLogins(reading, member);
    return one === undefined ? [] : [[name, one]];
  });
  return Object.fromEntries(kept);
}

/** A text that is of no use without its login. It has no place in the file: what stands there would be shown. */
export function refuseLogin(reading: Reading, { pointer }: Field, hint: string): void {
  const { path } = reading.opened.document.file;
  const message = `${wordPointer(pointer)} of \`${path}\` contains a login, which is not copied`;
  reading.diagnostics.push(errorDiagnostic("import/unfit", message, { hint }));
}
