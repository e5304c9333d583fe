import { styleText } from "node:util";

export type Paint = (style: Parameters<typeof styleText>[0], text: string) => string;

/** Colours a text where colour is wanted. */
export function painter(color: boolean): Paint {
  return (style, text) => (color ? styleText(style, text, { validateStream: false }) : text);
}

/** One mark an outcome; each reads without colour. */
export const MARKS = {
  succeeded: ["green", "✔"],
  fresh: ["dim", "="],
  restored: ["green", "⇣"],
  failed: ["red", "✘"],
  blocked: ["yellow", "⊘"],
  cancelled: ["yellow", "–"],
} as const;
