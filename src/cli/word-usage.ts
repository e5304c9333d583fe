import { nearest } from "../config/nearest.ts";
import { type Command, type Options, UsageError } from "./option.ts";
import { COMMANDS, COMMON_OPTIONS } from "./options.ts";

/**
 * What yargs has against a call, in words that name what was typed and say what to type. `message` is in yargs' English
 * (`locales/en.json` of yargs 17 and 18).
 */
export function wordUsage(message: string, words: readonly string[]): UsageError {
  const command = COMMANDS.find(({ name }) => name === words.find((word) => !word.startsWith("-")));
  const help = `type \`mlpackage ${command === undefined ? "" : `${command.name} `}--help\` to see what it takes`;
  const [first = ""] = /^Unknown (?:argument|command)s?: ([^,]*)/.exec(message)?.slice(1) ?? [];
  if (first !== "") return wordUnknown(first, words, command, help);
  const option = /^Not enough arguments following: (.*)$/.exec(message)?.[1];
  if (option !== undefined) return new UsageError(`\`${dashed(option)}\` needs a value`, help);
  if (command !== undefined && message.startsWith("Not enough non-option arguments"))
    return new UsageError(
      `\`mlpackage ${command.name}\` needs ${listPlaces(command)}`,
      `type \`mlpackage ${usageOf(command)}\`; \`mlpackage ${command.name} --help\` says more`,
    );
  const choice = /Argument: (.*), Given: "?(.*?)"?, Choices: (.*)$/m.exec(message);
  if (choice !== null) return wordChoice(choice, command);
  if (message === NO_COMMAND) return new UsageError("there is no command in this call", ALL_COMMANDS);
  return new UsageError(message, help);
}

/** What `demandCommand` is to say. */
export const NO_COMMAND = "name a command";

const ALL_COMMANDS = "type `mlpackage --help` to see the commands";

function wordUnknown(
  name: string,
  words: readonly string[],
  command: Command | undefined,
  help: string,
): UsageError {
  const option = words.find((word) => word.startsWith("-") && isOption(word, name));
  if (option !== undefined) {
    const near = nearest(option.replace(/=.*$/s, ""), longNames({ ...COMMON_OPTIONS, ...command?.options }));
    const owner = command === undefined ? "mlpackage" : `mlpackage ${command.name}`;
    return new UsageError(
      `\`${owner}\` has no option \`${option.replace(/=.*$/s, "")}\``,
      near === undefined ? help : `did you mean \`${near}\`?`,
    );
  }
  if (command !== undefined)
    return new UsageError(`\`mlpackage ${command.name}\` does not know what to do with \`${name}\``, help);
  const near = nearest(
    name,
    COMMANDS.map((one) => one.name),
  );
  return new UsageError(
    `there is no command \`${name}\``,
    near === undefined ? ALL_COMMANDS : `did you mean \`mlpackage ${near}\`?`,
  );
}

/** `--name`, `--name=value`, `--no-name`, `-n`, or `n` among letters after one dash. */
function isOption(word: string, name: string): boolean {
  const [, long] = /^--(?:no-)?([^=]*)/.exec(word) ?? [];
  return long === undefined ? word.slice(1).includes(name) : long === name;
}

function longNames(options: Options): readonly string[] {
  return Object.entries(options).flatMap(([name, { type }]) =>
    type === "boolean" ? [`--${name}`, `--no-${name}`] : [`--${name}`],
  );
}

function wordChoice(
  [, name = "", given = "", choices = ""]: RegExpExecArray,
  command: Command | undefined,
): UsageError {
  const isPlace = command?.positionals.some((one) => one.name === name);
  const known = [...choices.matchAll(/"([^"]*)"/g)].map(([, choice = ""]) => choice);
  const near = nearest(given, known);
  return new UsageError(
    isPlace
      ? `\`mlpackage ${command?.name}\` has no ${name} \`${given}\``
      : `\`${dashed(name)}\` cannot be \`${given}\``,
    near === undefined
      ? `it is one of ${known.map((one) => `\`${one}\``).join(", ")}`
      : `did you mean \`${near}\`?`,
  );
}

function dashed(name: string): string {
  return name.length === 1 ? `-${name}` : `--${name}`;
}

function listPlaces({ positionals }: Command): string {
  const required = positionals.filter(({ isRequired }) => isRequired);
  return required.map(({ name }) => name.toUpperCase()).join(" and ");
}

/** `why STEP`, `model ACTION REFERENCE [FOLDER]`. */
function usageOf({ name, positionals }: Command): string {
  const places = positionals.map((one) =>
    one.isRequired ? one.name.toUpperCase() : `[${one.name.toUpperCase()}]`,
  );
  return [name, ...places].join(" ");
}
