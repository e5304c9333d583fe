import {
  type Command,
  defaultOf,
  type Option,
  type Options,
  readDuration,
  readNumber,
  type Values,
} from "./option.ts";
import { COMMANDS, COMMON_OPTIONS } from "./options.ts";
import type { CommonOptions } from "./session.ts";

/** What was called for. */
export type Call = {
  readonly command: Command;
  readonly common: CommonOptions;
  readonly values: Values;
};

/** The call without a word. */
export const BARE_CALL: Call = {
  command: {
    name: "mlpackage",
    summary: "say what to type next",
    positionals: [],
    options: {},
    run: async (session) => (await import("./commands/welcome.ts")).welcome(session, COMMANDS),
  },
  common: valuesOf(COMMON_OPTIONS, new Map()) as CommonOptions,
  values: {},
};

type Given = Map<string, NonNullable<Values[string]>>;

/**
 * The call that the arguments plainly spell; undefined where there is anything to say about them, be it a mistake or
 * help that is asked for, and for the rarer ways to write a flag. Then `ask-yargs.ts` reads them all anew. It reads the
 * ordinary call just as this does, only that loading it takes as long as the rest of an `apply` with nothing to do.
 */
export function readArguments(words: readonly string[]): Call | undefined {
  const given: Given = new Map();
  const places: string[] = [];
  let command: Command | undefined;
  for (let at = 0; at < words.length; ) {
    const word = words[at] ?? "";
    if (word.startsWith("-")) {
      // Of a letter that means two things, the command's own comes first.
      const taken = takeFlag({ ...command?.options, ...COMMON_OPTIONS }, words.slice(at), given);
      if (taken === undefined) return undefined;
      at += taken;
      continue;
    }
    if (command !== undefined) places.push(word);
    else command = COMMANDS.find(({ name }) => name === word);
    if (command === undefined) return undefined;
    at += 1;
  }
  const positionals = command && placesOf(command, places);
  if (command === undefined || positionals === undefined) return undefined;
  const values = { ...positionals, ...valuesOf(command.options, given) };
  return { command, common: valuesOf(COMMON_OPTIONS, given) as CommonOptions, values };
}

function valuesOf(options: Options, given: Given): Values {
  return Object.fromEntries(
    Object.entries(options).map(([name, option]) => [name, given.get(name) ?? defaultOf(option)]),
  );
}

/** Yargs turns words that look like numbers into numbers, in ways of its own. */
const isPlace = (word: string): boolean => /^(?!\.?\d)./s.test(word);

function placesOf({ positionals }: Command, words: readonly string[]): Values | undefined {
  const required = positionals.filter(({ isRequired }) => isRequired).length;
  if (words.length < required || words.length > positionals.length || !words.every(isPlace)) return undefined;
  const isChoice = positionals.every(({ choices }, index) => {
    const word = words[index];
    return word === undefined || choices === undefined || choices.includes(word);
  });
  if (!isChoice) return undefined;
  return Object.fromEntries(positionals.map(({ name }, index) => [name, words[index]]));
}

type Flag = { readonly name: string; readonly option: Option; readonly isNegated: boolean };
type Taken = { readonly value: NonNullable<Values[string]>; readonly words: number };

/** Takes the flag that comes first, with what belongs to it; gives how many words that were. */
function takeFlag(options: Options, [word = "", ...following]: readonly string[], given: Given) {
  const [, written = "", inline] = /^([^=]+)(?:=(.*))?$/s.exec(word) ?? [];
  const flag = flagOf(options, written);
  if (flag === undefined) return undefined;
  const { name, option } = flag;
  const taken =
    option.type === "boolean" ? takeNone(flag, inline, following) : takeValue(option, inline, following);
  if (taken === undefined) return undefined;
  const earlier = given.get(name);
  // What was given twice is a matter for yargs, unless it is meant to be.
  if (earlier !== undefined && option.type !== "list") return undefined;
  given.set(
    name,
    option.type === "list" ? ([earlier ?? [], taken.value].flat() as readonly string[]) : taken.value,
  );
  return taken.words;
}

function flagOf(options: Options, written: string): Flag | undefined {
  const name = written.startsWith("--") ? written.slice(2) : nameOfAlias(options, written.slice(1));
  const named = ownOption(options, name);
  if (named !== undefined) return { name, option: named, isNegated: false };
  const positive = name.startsWith("no-") ? name.slice("no-".length) : "";
  const negated = ownOption(options, positive);
  return negated?.type === "boolean" ? { name: positive, option: negated, isNegated: true } : undefined;
}

function ownOption(options: Options, name: string): Option | undefined {
  return Object.hasOwn(options, name) ? options[name] : undefined;
}

function nameOfAlias(options: Options, alias: string): string {
  return Object.keys(options).find((name) => options[name]?.alias === alias) ?? "";
}

function takeNone(
  { isNegated }: Flag,
  inline: string | undefined,
  [next = ""]: readonly string[],
): Taken | undefined {
  const hasValue = inline !== undefined || next === "true" || next === "false";
  return hasValue ? undefined : { value: !isNegated, words: 1 };
}

function takeValue(
  option: Option,
  inline: string | undefined,
  following: readonly string[],
): Taken | undefined {
  if (option.type === "list" && option.takes === "all")
    return inline === undefined ? takeAll(following) : undefined;
  const text = inline ?? following[0] ?? "";
  const value = isPlain(text) ? readValue(option, text) : undefined;
  return value === undefined ? undefined : { value, words: inline === undefined ? 2 : 1 };
}

function takeAll(following: readonly string[]): Taken | undefined {
  const end = following.findIndex((word) => !isPlain(word));
  const value = end < 0 ? following : following.slice(0, end);
  return value.length === 0 ? undefined : { value, words: 1 + value.length };
}

const isPlain = (word: string): boolean => /^[^-]/.test(word);

function readValue(option: Option, text: string): Taken["value"] | undefined {
  switch (option.type) {
    case "number":
      return readNumber(option, text);
    case "duration":
      return readDuration(text);
    case "string":
      return option.choices === undefined || option.choices.includes(text) ? text : undefined;
    default:
      return text;
  }
}
