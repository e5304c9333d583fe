import { BadShape, entriesOf, listOf, memberOf, type Placed, recordOf, textOf } from "./placed.ts";
import { normalName } from "./requirement.ts";

/** The requirements of a dependency group (PEP 735), with those of the groups that it includes. */
export function listGroup(groups: Placed, name: string, path: readonly string[] = []): readonly Placed[] {
  const [key, list] =
    entriesOf(groups).find(([candidate]) => normalName(candidate) === normalName(name)) ?? [];
  if (key === undefined || list === undefined) return [];
  if (path.includes(key)) throw new BadShape(list.pointer, "includes itself");
  return listOf(list).flatMap((item) => {
    if (typeof item.value === "string") return [item];
    const include = memberOf(recordOf(item), "include-group");
    const inner = textOf(include);
    if (!entriesOf(groups).some(([candidate]) => normalName(candidate) === normalName(inner)))
      throw new BadShape(include.pointer, "names no group");
    return listGroup(groups, inner, [...path, key]);
  });
}
