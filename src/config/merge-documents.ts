import { pointerTo } from "../document/locate.ts";
import type { Document, NodeRanges } from "../model/document.ts";
import type { Serializable } from "../model/serializable.ts";
import { isInProfile, isList, isMapping, type Mapping, ruleAt } from "./merge-rules.ts";

/** A profile of a document, to be put over the rest of it. */
type ProfileOf = { readonly profile: string; readonly pointer: string };

type Merge = {
  readonly over: Document;
  readonly profile: string | undefined;
  /** Of the result: what is merged writes its places into it. */
  readonly ranges: Map<string, NodeRanges>;
};

/** A value that is put over another, and where it stands in its own document. */
type Upper = { readonly value: Serializable; readonly pointer: string };
type Member = Upper & { readonly key: string };

/**
 * A document with another over it, by the rules of docker compose: mappings merge, lists grow, anything else is replaced;
 * `ruleAt` knows what is merged otherwise. Every place stays with its value. Without a base, that which its tags leave.
 */
export function mergeDocuments(base: Document | undefined, over: Document, of?: ProfileOf): Document {
  const merge: Merge = { over, profile: of?.profile, ranges: new Map(base?.ranges) };
  const upper = of === undefined ? { value: over.value, pointer: "" } : contentOf(over, of);
  const value = put(merge, base?.value, upper, "") ?? {};
  if (base === undefined) return { ...over, value, ranges: merge.ranges };
  const overlays = of === undefined ? [...base.overlays, over.file, ...over.overlays] : base.overlays;
  return { ...base, overlays, value, ranges: merge.ranges };
}

/** A profile has no profiles of its own. */
function contentOf({ value }: Document, { profile, pointer }: ProfileOf): Upper {
  const profiles = isMapping(value) ? value.profiles : undefined;
  const content = isMapping(profiles) ? profiles[profile] : undefined;
  const { profiles: _none, ...rest } = isMapping(content) ? content : {};
  return { value: rest, pointer };
}

/** The value that comes of a value and what is put over it; undefined where that takes it away. */
function put(
  merge: Merge,
  base: Serializable | undefined,
  upper: Upper,
  pointer: string,
): Serializable | undefined {
  const tag = merge.over.ranges.get(upper.pointer)?.tag;
  if (tag !== undefined || base === undefined || !canMerge(base, upper, pointer)) {
    if (base !== undefined) forget(merge.ranges, base, pointer);
    return tag === "!reset" && !isInProfile(pointer) ? undefined : take(merge, upper, pointer);
  }
  if (isList(base) && isList(upper.value)) return putItems(merge, base, upper, pointer);
  const lower = spellOut(merge.ranges, base, pointer);
  return putMembers(merge, lower, membersOf(upper, pointer), pointer);
}

/** Whether both are of one kind, so that there is more to do than to replace the one by the other. */
function canMerge(base: Serializable, upper: Upper, pointer: string): boolean {
  const { isWhole = false, kinds = [], shortFor } = ruleAt(pointer);
  if (isWhole) return false;
  if (isList(base)) return isList(upper.value);
  const isShort = (value: Serializable) => typeof value === "string" && shortFor !== undefined;
  if (![base, upper.value].every((value) => isMapping(value) || isShort(value))) return false;
  if (isShort(base) && isShort(upper.value)) return false;
  const keys = isMapping(base) ? Object.keys(base) : [shortFor];
  const kind = membersOf(upper, pointer).find(({ key }) => kinds.includes(key))?.key;
  return kind === undefined || keys.includes(kind) || !keys.some((key) => kinds.includes(key ?? ""));
}

function putMembers(merge: Merge, base: Mapping, members: readonly Member[], pointer: string): Serializable {
  const merged = new Map(Object.entries(base));
  for (const member of members) {
    const value = put(merge, merged.get(member.key), member, pointerTo(pointer, member.key));
    if (value === undefined) merged.delete(member.key);
    else merged.set(member.key, value);
  }
  return Object.fromEntries(merged);
}

function putItems(merge: Merge, base: readonly Serializable[], upper: Upper, pointer: string): Serializable {
  const { identify } = ruleAt(pointer);
  const merged = [...base];
  const indexes = new Map(
    base.map((item, index) => [identify?.(item), index]).reverse() as [unknown, number][],
  );
  for (const [index, value] of itemsOf(upper.value).entries()) {
    const identity = identify?.(value);
    const at = (identity === undefined ? undefined : indexes.get(identity)) ?? merged.length;
    // A second one of the same name is another one, as it is within a file: that is told later.
    indexes.delete(identity);
    const item = put(
      merge,
      merged[at],
      { value, pointer: pointerTo(upper.pointer, index) },
      pointerTo(pointer, at),
    );
    if (item !== undefined) merged[at] = item;
  }
  return merged;
}

/** A copy of the value without what `!reset` stands at, and its places with it. */
function take(merge: Merge, upper: Upper, pointer: string): Serializable {
  record(merge, upper, pointer);
  const { value } = upper;
  if (isList(value)) return putItems(merge, [], upper, pointer);
  return isMapping(value) ? putMembers(merge, {}, plainMembers(upper), pointer) : value;
}

function record({ over, profile, ranges }: Merge, upper: Upper, pointer: string): void {
  const found = over.ranges.get(upper.pointer);
  if (found === undefined) return;
  const { tag, ...place } = found;
  ranges.set(pointer, {
    ...place,
    file: place.file ?? over.file,
    ...(profile !== undefined && { profile }),
    // It still has to be heeded when the profile is put over the file.
    ...(tag !== undefined && isInProfile(pointer) && { tag }),
  });
}

function forget(ranges: Map<string, NodeRanges>, value: Serializable, pointer: string): void {
  ranges.delete(pointer);
  if (value === null || typeof value !== "object") return;
  for (const [key, member] of Object.entries(value)) forget(ranges, member, pointerTo(pointer, key));
}

/** A text as the mapping that it is short for. */
function spellOut(ranges: Map<string, NodeRanges>, value: Serializable, pointer: string): Mapping {
  if (isMapping(value)) return value;
  const key = ruleAt(pointer).shortFor ?? "";
  const place = ranges.get(pointer);
  if (place !== undefined) ranges.set(pointerTo(pointer, key), place);
  return { [key]: value };
}

function membersOf(upper: Upper, pointer: string): readonly Member[] {
  if (isMapping(upper.value)) return plainMembers(upper);
  return [{ ...upper, key: ruleAt(pointer).shortFor ?? "" }];
}

function plainMembers({ value, pointer }: Upper): readonly Member[] {
  return Object.entries(isMapping(value) ? value : {}).map(([key, member]) => ({
    key,
    value: member,
    pointer: pointerTo(pointer, key),
  }));
}

function itemsOf(value: Serializable): readonly Serializable[] {
  return isList(value) ? value : [];
}
