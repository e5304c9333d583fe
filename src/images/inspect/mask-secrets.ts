import { maskLogins } from "../../model/mask-logins.ts";

const SECRET_NAME =
  /pass(?:word|wd|phrase)?(?![a-z])|pwd|secret|token|credential|api[-_.]?key|access[-_.]?key|private[-_.]?key|signature|(?:^|[-_.])(?:key|auth|sas)$/i;

export function isSecretName(name: string): boolean {
  return SECRET_NAME.test(name);
}

/** A value that is shown beside its name: nothing of it, where the name says that it is a secret. */
export function maskValue(name: string, value: string): string {
  return isSecretName(name) ? "***" : maskText(value);
}

/** Words of a command or of a history: `TOKEN=…`, `--password=…`, what a signed address is signed with, and logins. */
export function maskText(text: string): string {
  return maskLogins(text)
    .replace(/([\w.-]+)(=)("[^"]*"|'[^']*'|[^\s&"']+)/g, (whole, name: string, sign: string) =>
      isSecretName(name) || name === "sig" ? `${name}${sign}***` : whole,
    )
    .replace(/\b(bearer|basic)\s+[\w.~+/=-]+/gi, "$1 ***");
}

/** The words of a command; a flag that is named like a secret has it in the next word. */
export function maskWords(words: readonly string[]): readonly string[] {
  return words.map((word, index) => {
    const before = words[index - 1] ?? "";
    const isValue = before.startsWith("-") && !before.includes("=") && isSecretName(before);
    return isValue && !word.startsWith("-") ? "***" : maskText(word);
  });
}
