import type { Command, Option, Options } from "./option.ts";
import { COMMANDS, COMMON_OPTIONS } from "./options.ts";

/**
 * Words in which a letter that means another option before the command than after it (`-f`, for `logs`) is spelt out,
 * as yargs knows each letter but once.
 */
export function spellOutOwnAliases(words: readonly string[]): readonly string[] {
  const at = findCommand(words);
  const command = COMMANDS.find(({ name }) => name === words[at]);
  if (command === undefined) return words;
  const spelt = new Map(ownAliases(command).map(([name, { alias }]) => [`-${alias}`, `--${name}`]));
  return words.map((word, index) => (index > at ? (spelt.get(word) ?? word) : word));
}

/** The options of a command, without the letters that mean something else before it. */
export function withoutOwnAliases(command: Command): Options {
  const own = ownAliases(command).map(([name, { alias: _, ...option }]) => [name, option as Option] as const);
  return { ...command.options, ...Object.fromEntries(own) };
}

function ownAliases({ options }: Command): readonly (readonly [string, Option])[] {
  const taken = new Set(Object.values<Option>(COMMON_OPTIONS).map(({ alias }) => alias));
  return Object.entries(options).filter(([, { alias }]) => alias !== undefined && taken.has(alias));
}

/** The place of the first word that is no flag, and no value of one. */
function findCommand(words: readonly string[]): number {
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? "";
    if (!word.startsWith("-")) return at;
    const named = Object.entries<Option>(COMMON_OPTIONS).find(
      ([name, { alias }]) => word === `--${name}` || word === `-${alias}`,
    );
    if (named !== undefined && named[1].type !== "boolean") at += 1;
  }
  return words.length;
}
