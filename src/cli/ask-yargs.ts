import yargs, { type Options as YargsOption } from "yargs";
import type { Value, Values } from "./option.ts";
import { type Command, defaultOf, type Option, type Options, readDuration, readNumber } from "./option.ts";
import { COMMANDS, COMMON_OPTIONS } from "./options.ts";
import { spellOutOwnAliases, withoutOwnAliases } from "./own-aliases.ts";
import type { Call } from "./read-arguments.ts";
import type { CommonOptions } from "./session.ts";
import { NO_COMMAND, wordUsage } from "./word-usage.ts";

type Parsed = Readonly<Record<string, unknown>>;

/**
 * Reads any arguments, and words what is wrong with them. Undefined where help or the version was asked for, which is
 * printed by then. Rejects with a `UsageError`.
 */
export async function askYargs(words: readonly string[], version: string): Promise<Call | undefined> {
  let called: Command | undefined;
  const parser = yargs([...spellOutOwnAliases(words)])
    .scriptName("mlpackage")
    .usage("$0 <command>\n\nTurn a model and its scoring script into a tested container image.")
    .options(forYargs(COMMON_OPTIONS))
    .version(version)
    .parserConfiguration({ "camel-case-expansion": true })
    .strict()
    .alias("help", "h")
    .locale("en")
    .demandCommand(1, NO_COMMAND)
    .exitProcess(false)
    .fail((message, error) => {
      throw wordUsage(error?.message ?? message, words);
    });
  for (const command of COMMANDS) {
    parser.command(
      usageOf(command),
      command.summary,
      (subparser) => {
        subparser.options(forYargs(withoutOwnAliases(command)));
        for (const { name, describe, isRequired, choices } of command.positionals)
          subparser.positional(name, {
            type: "string",
            describe,
            demandOption: isRequired,
            ...(choices && { choices }),
          });
        return command.notes === undefined ? subparser : subparser.epilogue(command.notes);
      },
      () => {
        called = command;
      },
    );
  }
  const parsed = (await parser.parse()) as Parsed;
  if (called === undefined) return undefined;
  return {
    command: called,
    common: valuesOf(COMMON_OPTIONS, parsed) as CommonOptions,
    values: { ...placesOf(called, parsed), ...valuesOf(called.options, parsed) },
  };
}

function usageOf({ name, positionals }: Command): string {
  const places = positionals.map((one) => (one.isRequired ? `<${one.name}>` : `[${one.name}]`));
  return [name, ...places].join(" ");
}

function forYargs(options: Options): Record<string, YargsOption> {
  return Object.fromEntries(
    Object.entries(options).map(([name, option]) => [
      name,
      {
        describe: option.describe,
        ...(option.alias !== undefined && { alias: option.alias }),
        ...kindForYargs(name, option),
      },
    ]),
  );
}

function kindForYargs(name: string, option: Option): YargsOption {
  switch (option.type) {
    case "boolean":
      return { type: "boolean", ...(option.default !== undefined && { default: option.default }) };
    case "number":
      return {
        type: "string",
        default: option.default,
        requiresArg: true,
        coerce: (text: unknown) => demandNumber(name, option, text),
      };
    case "duration":
      return { type: "string", requiresArg: true, coerce: (text: unknown) => demandDuration(name, text) };
    case "list":
      return {
        type: "string",
        array: true,
        default: option.default ?? [],
        ...(option.takes === "one" && { nargs: 1 }),
      };
    case "string":
      return {
        ...(option.default !== undefined && { default: option.default }),
        // With choices yargs says itself what is missing.
        ...(option.choices === undefined
          ? { type: "string", requiresArg: true }
          : { choices: option.choices }),
      };
  }
}

function demandDuration(name: string, text: unknown): number | undefined {
  if (text === undefined) return undefined;
  const milliseconds = readDuration(String(text));
  if (milliseconds === undefined)
    throw new Error(`\`--${name}\` takes a duration such as \`30s\`, \`5m\` or \`1h\`, not \`${text}\``);
  return milliseconds;
}

function demandNumber(name: string, option: { readonly minimum?: number }, text: unknown): number {
  const number = readNumber(option, String(text));
  if (number === undefined)
    throw new Error(`\`--${name}\` takes one whole number, ${option.minimum ?? 0} or more, not \`${text}\``);
  return number;
}

function valuesOf(options: Options, parsed: Parsed): Values {
  return Object.fromEntries(
    Object.entries(options).map(([name, option]) => [name, readParsed(option, parsed[name])]),
  );
}

/** A flag that is given twice comes as a list. */
function readParsed(option: Option, value: unknown): Value {
  if (value === undefined) return defaultOf(option);
  switch (option.type) {
    case "boolean":
      return option.default ? value !== false : value === true;
    case "list":
      return (value as readonly unknown[]).map(String);
    case "string":
      return String(value);
    default:
      return Number(value);
  }
}

function placesOf({ positionals }: Command, parsed: Parsed): Values {
  return Object.fromEntries(
    positionals.map(({ name }) => [name, parsed[name] === undefined ? undefined : String(parsed[name])]),
  );
}
