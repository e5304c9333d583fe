import {
  constructFromEvents,
  EVENT_ID,
  type Event,
  getScalarValue,
  SCALAR_STYLE,
  type ScalarEvent,
  type Schema,
} from "js-yaml";

/** Words that YAML reads as something else than text. */
const wordsWithMeaning = /^(?:null|true|false)$/i;

/** A key as the name of a member: `1` and `0x1` are both called `1`. Only what may not be text is left to the library. */
export function readKey(
  text: string,
  event: ScalarEvent,
  { head, schema }: { readonly head: Event | undefined; readonly schema: Schema },
): string {
  const key = getScalarValue(text, event);
  const isText =
    event.style !== SCALAR_STYLE.PLAIN || (/^[A-Za-z_]/.test(key) && !wordsWithMeaning.test(key));
  if (event.tagStart < 0 && isText) return key;
  const alone = head === undefined ? [event] : [head, event, { type: EVENT_ID.POP }];
  return String(constructFromEvents(alone, { source: text, schema })[0]);
}
