import { readConfig } from "../config/read-config.ts";
import { escapeDollars } from "../drafts/escape-dollars.ts";
import type { ConfigFile } from "../model/config.generated.ts";
import type { Diagnostic } from "../model/diagnostic.ts";
import type { Serializable } from "../model/serializable.ts";
import { parseRequirement } from "../requirements/requirement.ts";
import { holdsLogin, isSecretName, itemsWithoutLogin } from "./logins.ts";
import type { Item, Reading } from "./reading.ts";

/** What is wrong with a configuration, the files it names left aside. It is as written, but for dollars that stand for themselves. */
export function findMistakes(config: ConfigFile): readonly Diagnostic[] {
  const value = config as unknown as Serializable;
  const document = {
    file: { path: "mlpackage.yaml", text: "" },
    overlays: [],
    value,
    ranges: rangesOf(value),
  };
  const read = readConfig(document, { directory: "/package", variables: {}, git: undefined });
  return read.ok ? [] : read.diagnostics;
}

/** Which keys are there is asked by the place that they have. */
function rangesOf(value: Serializable) {
  const nowhere = { value: { start: 0, end: 0 } };
  const pointers = ["", ...Object.keys(value ?? {}).map((key) => `/${key}`)];
  return new Map(pointers.map((pointer) => [pointer, nowhere]));
}

/** Those that our file can hold; of the others it is told why it cannot. */
export function fitting(
  reading: Reading,
  items: readonly Item[],
  asConfig: (text: string) => Omit<ConfigFile, "name">,
): readonly string[] {
  return items.flatMap((item) => {
    const why = whyUnfit(asConfig(item.text));
    if (why === undefined) return [item.text];
    reading.leave({ value: item.text, pointer: item.pointer }, why);
    return [];
  });
}

/** What is wrong with a part of a configuration, in short; undefined where nothing is. */
export function whyUnfit(part: Omit<ConfigFile, "name">): string | undefined {
  const whole = { name: "package", models: ["model"], inference: "score.py", ...part };
  const [first] = findMistakes(escapeDollars(whole));
  return first === undefined ? undefined : `mlpackage does not take it: ${first.message}`;
}

/** Requirements that pip can lock; of the others it is told. */
export function fittingRequirements(reading: Reading, items: readonly Item[]): readonly string[] {
  const known = items.filter(({ text, pointer }) => {
    if (parseRequirement(text) !== undefined) return true;
    const why =
      "only names with versions are locked, no options, paths or repositories: make a wheel of it, in a folder that `environment.python.find_links` names";
    reading.leave({ value: text, pointer }, why);
    return false;
  });
  return fitting(reading, known, (text) => ({ environment: { python: { requirements: [text] } } }));
}

export function fittingSystemPackages(reading: Reading, items: readonly Item[]): readonly string[] {
  return fitting(reading, items, (text) => ({ environment: { system_packages: [text] } }));
}

type Pairs = readonly (readonly [name: string, item: Item])[];

/** Variables of the image, where all who have it can read them: no secret is among them. */
export function fittingVariables(reading: Reading, pairs: Pairs): Readonly<Record<string, string>> {
  const open = pairs.filter(([name, { text, pointer }]) => {
    const isSecret = isSecretName(name) || holdsLogin(text);
    const why = `it may be a secret, and all who have the image could read it: give it to the container when it starts, \`docker run --env ${name}\``;
    if (isSecret) reading.leave({ value: text, pointer }, why);
    return !isSecret;
  });
  return fittingPairs(reading, open, asVariables);
}

export function fittingLabels(reading: Reading, pairs: Pairs): Readonly<Record<string, string>> {
  const open = pairs.filter(([, item]) => itemsWithoutLogin(reading, [item]).length > 0);
  return fittingPairs(reading, open, asLabels);
}

/** Pairs of a name and a text that our file can hold in one of its mappings. */
function fittingPairs(
  reading: Reading,
  pairs: Pairs,
  asConfig: (pairs: Readonly<Record<string, string>>) => Omit<ConfigFile, "name">,
): Readonly<Record<string, string>> {
  const fit = pairs.filter(([name, item]) => {
    return fitting(reading, [item], (text) => asConfig({ [name]: text })).length > 0;
  });
  return Object.fromEntries(fit.map(([name, { text }]) => [name, text]));
}

const asVariables = (variables: Readonly<Record<string, string>>) => ({ environment: { variables } });
const asLabels = (labels: Readonly<Record<string, string>>) => ({ build: { labels } });
