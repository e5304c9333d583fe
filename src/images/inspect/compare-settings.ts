import type { Change, SettingChange } from "../../model/image-difference.ts";
import type { InspectedImage } from "../../model/inspected-image.ts";
import type { ReadSettings } from "./read-settings.ts";

type Side = Pick<ReadSettings, "variables" | "labels" | "settings"> & { readonly shown: InspectedImage };

/** How a container of an image runs, and what is said of it. */
export function compareSettings(first: Side, second: Side): readonly SettingChange[] {
  const [a, b] = [first.shown, second.shown];
  const simple = [
    ["platform", a.platform, b.platform],
    ["entrypoint", wordCommand(a.entrypoint), wordCommand(b.entrypoint)],
    ["command", wordCommand(a.command), wordCommand(b.command)],
    ["user", a.user, b.user],
    ["port", a.ports.join(", "), b.ports.join(", ")],
    ["working directory", a.workingDirectory, b.workingDirectory],
    ["server", a.serverVersion, b.serverVersion],
    ["created", a.created, b.created],
  ] as const;
  const found = [
    ...simple.flatMap(([what, from, to]) => compareTexts(what, from || undefined, to || undefined)),
    ...compareNamed("variable", [first.variables, second.variables], [a, b].map(shownVariables)),
    ...compareNamed("label", [first.labels, second.labels], [a, b].map(shownLabels)),
  ];
  // A health check, say, or a command whose secret is another.
  const hasOthers = found.length === 0 && first.settings !== second.settings && isSameBase(a.base, b.base);
  return hasOthers ? [{ what: "settings that are not shown", change: "changed" }] : found;
}

function isSameBase(...bases: readonly InspectedImage["base"][]): boolean {
  const [first, second] = bases;
  return compareBase(first, second).length === 0;
}

export function compareBase(
  first: InspectedImage["base"],
  second: InspectedImage["base"],
): readonly SettingChange[] {
  return [
    ...compareTexts("base image", first?.reference, second?.reference),
    ...compareTexts("base image's digest", first?.digest, second?.digest),
  ];
}

type Texts = ReadonlyMap<string, string>;

/** Compared by the values as they are, told by those that are shown. */
function compareNamed(
  kind: string,
  [first, second]: readonly [Texts, Texts],
  [before, after]: readonly Texts[],
): readonly SettingChange[] {
  const names = [...new Set([...first.keys(), ...second.keys()])].sort();
  return names.flatMap((name) => {
    // The base has lines of its own.
    if (name.startsWith("org.opencontainers.image.base.") || first.get(name) === second.get(name)) return [];
    const [from, to] = [before?.get(name), after?.get(name)];
    return [
      {
        what: `${kind} ${name}`,
        change: changeOf(first.get(name), second.get(name)),
        ...(from !== undefined && from !== to && { from }),
        ...(to !== undefined && from !== to && { to }),
      },
    ];
  });
}

function shownVariables({ variables }: InspectedImage): Texts {
  return new Map(variables.flatMap(({ name, value }) => (value === undefined ? [] : [[name, value]])));
}

function shownLabels({ labels }: InspectedImage): Texts {
  return new Map(Object.entries(labels));
}

function compareTexts(
  what: string,
  from: string | undefined,
  to: string | undefined,
): readonly SettingChange[] {
  if (from === to) return [];
  const sides = { ...(from !== undefined && { from }), ...(to !== undefined && { to }) };
  return [{ what, change: changeOf(from, to), ...sides }];
}

function changeOf(from: string | undefined, to: string | undefined): Change {
  if (from === undefined) return "added";
  return to === undefined ? "removed" : "changed";
}

function wordCommand(words: readonly string[]): string {
  return words.length === 0 ? "" : JSON.stringify(words);
}
