const unseen = /[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/gu;
const combining = /^\p{M}/u;
const wide =
  /^(?:\p{Emoji_Presentation}|[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{17000}-\u{18cff}\u{1b000}-\u{1b2ff}\u{20000}-\u{3fffd}])/u;

/** Text that is safe on a terminal: tabs are two spaces, and what would move the cursor or hide text is shown as `�`. */
export function visibleText(text: string): string {
  return text.replaceAll("\t", "  ").replace(unseen, "\uFFFD");
}

/** The same for a text that may have several lines. */
export function visibleLines(text: string): string {
  return text.split("\n").map(visibleText).join("\n");
}

/** How many columns of a terminal a visible text takes. */
export function columnsOf(text: string): number {
  return [...text].reduce(
    (sum, character) => sum + (combining.test(character) ? 0 : wide.test(character) ? 2 : 1),
    0,
  );
}

/** A visible text that takes no more columns than these, with a mark where it was cut. */
export function cutToColumns(text: string, columns: number): string {
  if (columnsOf(text) <= columns) return text;
  let [kept, taken] = ["", 0];
  for (const character of text) {
    taken += columnsOf(character);
    if (taken >= columns) break;
    kept += character;
  }
  return `${kept}…`;
}
