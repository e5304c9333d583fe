import type { Event } from "js-yaml";
import type { MergeTag } from "../model/document.ts";
import type { TextRange } from "../model/text-range.ts";

/** The tags that say how a file is merged, by the index of the event that they stand at. */
export type MergeTags = ReadonlyMap<number, { readonly tag: MergeTag; readonly range: TextRange }>;

/** Takes these tags off the events: what remains is read as if they were not written. */
export function takeMergeTags(
  text: string,
  events: readonly Event[],
): { readonly events: readonly Event[]; readonly tags: MergeTags } {
  const tags = new Map<number, { readonly tag: MergeTag; readonly range: TextRange }>();
  // Hardly any file has one.
  if (!/!(?:reset|override)\b/.test(text)) return { events, tags };
  const bare = events.map((event, index) => {
    if (!("tagStart" in event) || event.tagStart < 0) return event;
    const tag = text.slice(event.tagStart, event.tagEnd);
    if (tag !== "!reset" && tag !== "!override") return event;
    tags.set(index, { tag, range: { start: event.tagStart, end: event.tagEnd } });
    return { ...event, tagStart: -1, tagEnd: -1 };
  });
  return { events: bare, tags };
}
