import { durationMs } from "../config/duration.ts";
import type { Session } from "./session.ts";

/** What a shell completes a word with: `step` and `code` are asked of the program, a list is only proposed. */
export type Completion = "file" | "folder" | "step" | "code" | readonly string[];

type Described = { readonly describe: string; readonly alias?: string; readonly completion?: Completion };

/** What may be written as `--name`. A boolean may be written as `--no-name` too; all others take a value. */
export type Option = Described &
  /** Without a default it may be neither. */
  (
    | { readonly type: "boolean"; readonly default?: boolean }
    /** Whole, and not negative. */
    | { readonly type: "number"; readonly default: number; readonly minimum?: number }
    | { readonly type: "string"; readonly default?: string; readonly choices?: readonly string[] }
    /** In words such as `30s`; the value is in milliseconds. */
    | { readonly type: "duration" }
    /** May be given several times, and `takes` one word each time, or `all` up to the next flag. */
    | { readonly type: "list"; readonly takes: "one" | "all"; readonly default?: readonly string[] }
  );

/** A word that is known by its place after the command. */
export type Positional = {
  readonly name: string;
  readonly describe: string;
  readonly isRequired: boolean;
  readonly choices?: readonly string[];
  readonly completion?: Completion;
};

export type Options = Readonly<Record<string, Option>>;
export type Value = string | number | boolean | readonly string[] | undefined;

/** What was given, or else the default, by the name of the option or the positional. */
export type Values = Readonly<Record<string, Value>>;

type ValueOf<O extends Option> = O extends { readonly type: "boolean" }
  ? boolean | (O extends { readonly default: boolean } ? never : undefined)
  : O extends { readonly type: "number" }
    ? number
    : O extends { readonly type: "duration" }
      ? number | undefined
      : O extends { readonly type: "list" }
        ? readonly string[]
        : TextOf<O> | (O extends { readonly default: string } ? never : undefined);

type TextOf<O> = O extends { readonly choices: readonly (infer Choice)[] } ? Choice : string;

export type ValuesOf<O extends Options, P extends readonly Positional[] = []> = {
  readonly [Name in keyof O]: ValueOf<O[Name]>;
} & {
  readonly [One in P[number] as One["name"]]:
    | TextOf<One>
    | (One["isRequired"] extends true ? never : undefined);
};

type Definition<O extends Options, P extends readonly Positional[]> = {
  readonly name: string;
  readonly summary: string;
  /** What help says below the options. */
  readonly notes?: string;
  readonly positionals?: P;
  readonly options?: O;
  readonly run: (session: Session, values: ValuesOf<O, P>) => Promise<number>;
};

/** A command: what help says of it, what it takes, and the code, which is loaded only when it is called. */
export type Command = {
  readonly name: string;
  readonly summary: string;
  readonly notes?: string;
  readonly positionals: readonly Positional[];
  readonly options: Options;
  readonly run: (session: Session, values: Values) => Promise<number>;
};

/** Gives `run` its values in the types that options and positionals say. */
export function defineCommand<const O extends Options, const P extends readonly Positional[]>({
  positionals,
  options,
  run,
  ...rest
}: Definition<O, P>): Command {
  return {
    ...rest,
    positionals: positionals ?? [],
    options: options ?? {},
    run: (session, values) => run(session, values as ValuesOf<O, P>),
  };
}

/** What stands for an option that was not given. */
export function defaultOf(option: Option): Value {
  if (option.type === "list") return option.default ?? [];
  return option.type === "duration" ? undefined : option.default;
}

/** The milliseconds of `500ms`, `30s`, `5m` or `1h`; undefined for any other text. */
export function readDuration(text: string): number | undefined {
  const milliseconds = durationMs(text);
  return Number.isNaN(milliseconds) ? undefined : milliseconds;
}

/** The number that a text is for an option; undefined where it may not have it. */
export function readNumber({ minimum = 0 }: { readonly minimum?: number }, text: string): number | undefined {
  const number = Number(text);
  return /^\d{1,9}$/.test(text) && number >= minimum ? number : undefined;
}

/** The call itself is wrong. */
export class UsageError extends Error {
  override readonly name = "UsageError";
  /** What to type instead. */
  readonly hint: string;

  constructor(message: string, hint: string) {
    super(message);
    this.hint = hint;
  }
}
