import type { Command, Completion, Option, Options, Positional } from "../option.ts";

/** What may stand where a word is: anything, where it is undefined. */
export type Answer = Completion | undefined;

/** A flag as it is typed, with all its spellings. */
export type Flag = {
  /** With its dashes: `--no-cache`, `--file`. */
  readonly name: string;
  /** `-f` */
  readonly letter?: string;
  readonly describe: string;
  /** How many words belong to it: none, one, or all up to the next flag. */
  readonly takes: "none" | "one" | "all";
  readonly answer: Answer;
  readonly isRepeatable: boolean;
};

/** A word that is known by its place after the command. */
export type Place = {
  readonly name: string;
  readonly describe: string;
  readonly answer: Answer;
  readonly isRequired: boolean;
};

/** A command as a shell completes it. */
export type Described = {
  readonly name: string;
  readonly summary: string;
  readonly flags: readonly Flag[];
  readonly places: readonly Place[];
};

/** What the program takes. */
export type CommandLine = {
  /** Of every command. */
  readonly shared: Options;
  readonly commands: readonly Command[];
};

/** The same in the words that are typed. */
export type DescribedLine = { readonly shared: readonly Flag[]; readonly commands: readonly Described[] };

export function describeCommands({ shared, commands }: CommandLine): DescribedLine {
  return { shared: [...flagsOf(shared), ...OF_YARGS], commands: commands.map(describeCommand) };
}

const OF_YARGS: readonly Flag[] = [
  flagWithout("--help", "show help"),
  flagWithout("--version", "show the version number"),
];

function describeCommand({ name, summary, options, positionals }: Command): Described {
  return { name, summary, flags: flagsOf(options), places: positionals.map(placeOf) };
}

function placeOf({ name, describe, choices, completion, isRequired }: Positional): Place {
  return { name, describe, answer: choices ?? completion, isRequired };
}

function flagsOf(options: Options): readonly Flag[] {
  return Object.entries(options).flatMap(([name, option]) => spellingsOf(name, option));
}

/** A boolean is spelt in the way that changes something, and in both where neither is the default. */
function spellingsOf(name: string, option: Option): readonly Flag[] {
  const { describe, completion } = option;
  const letter = option.alias === undefined ? {} : { letter: `-${option.alias}` };
  if (option.type !== "boolean") {
    const takes = option.type === "list" ? option.takes : "one";
    const answer = (option.type === "string" ? option.choices : undefined) ?? completion;
    return [{ name: `--${name}`, ...letter, describe, takes, answer, isRepeatable: option.type === "list" }];
  }
  const positive = { ...flagWithout(`--${name}`, describe), ...letter };
  const negative = flagWithout(`--no-${name}`, `not: ${describe}`);
  if (option.default === undefined) return [positive, negative];
  return option.default ? [negative] : [positive];
}

function flagWithout(name: string, describe: string): Flag {
  return { name, describe, takes: "none", answer: undefined, isRepeatable: false };
}
