/** Whether a text is one that can be told without moving the cursor. */
export function isPrintable(text: string): boolean {
  return text !== "" && !/\p{Cc}|\p{Zl}|\p{Zp}/u.test(text);
}
