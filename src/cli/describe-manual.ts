import type { ManBlock, ManPage, ManPart } from "../report/man-page.ts";
import {
  type CommandLine,
  type Described,
  describeCommands,
  type Flag,
} from "./completion/describe-commands.ts";
import { EXIT } from "./exit-code.ts";

/** The manual page of all commands, from the data that help is made of. */
export function describeManual(line: CommandLine, version: string): ManPage {
  const { shared, commands } = describeCommands(line);
  const notes = new Map(line.commands.map((command) => [command.name, command.notes]));
  return {
    name: "mlpackage",
    summary: "turn a model and its scoring script into a tested container image",
    version,
    parts: [
      part("Synopsis", { type: "paragraph", text: "`mlpackage` [OPTION...] COMMAND [ARGUMENT...]" }),
      part(
        "Description",
        paragraph(
          "A package is described by one file, `mlpackage.yaml`. `mlpackage init` writes one for a model.",
        ),
        paragraph(
          "Only what changed is made anew: `mlpackage plan` says what that would be, `mlpackage apply` does it.",
        ),
        paragraph("Data goes to standard output, everything else to standard error."),
      ),
      part("Commands", ...commands.flatMap((command) => blocksOf(command, notes.get(command.name)))),
      part("Options", paragraph("Every command takes these."), ...shared.map(itemOf)),
      part(
        "Exit status",
        ...EXIT_TEXTS.map(([code, text]) => ({ type: "item" as const, term: `${code}`, text })),
      ),
      part("Environment", ...VARIABLES.map(([term, text]) => ({ type: "item" as const, term, text }))),
    ],
  };
}

const EXIT_TEXTS: readonly (readonly [code: number, text: string])[] = [
  [EXIT.done, "all is done"],
  [EXIT.stepFailed, "a step failed"],
  [EXIT.workFound, "`plan --detailed-exitcode` found work to do"],
  [EXIT.testFailed, "a test of the package failed"],
  [EXIT.wrongInput, "the file or the call is wrong"],
  [EXIT.noEngine, "no engine answers"],
  [EXIT.bug, "something in mlpackage is broken"],
  [EXIT.lockTimedOut, "another run did not end in time"],
  [EXIT.interrupted, "interrupted"],
  [EXIT.terminated, "terminated"],
];

const VARIABLES: readonly (readonly [name: string, text: string])[] = [
  ["MLPACKAGE_CACHE_DIR", "where the cache lies; else in `$XDG_CACHE_HOME` or `~/.cache`"],
  ["DOCKER_HOST", "the engine, if it is not the one that docker itself would take"],
  ["NO_COLOR", "colours nothing"],
  ["CI", "a lock that does not match the file is refused, as with `--frozen`"],
];

const part = (title: string, ...blocks: readonly ManBlock[]): ManPart => ({ title, blocks });
const paragraph = (text: string): ManBlock => ({ type: "paragraph", text });

function blocksOf(
  { name, summary, places, flags }: Described,
  notes: string | undefined,
): readonly ManBlock[] {
  const words = places.map((place) =>
    place.isRequired ? place.name.toUpperCase() : `[${place.name.toUpperCase()}]`,
  );
  return [
    { type: "heading", text: [name, ...words].join(" ") },
    paragraph(`${summary}.`),
    ...places.map(
      (place): ManBlock => ({
        type: "item",
        term: place.name.toUpperCase(),
        text: withChoices(place.describe, place.answer),
      }),
    ),
    ...flags.map(itemOf),
    ...(notes === undefined ? [] : [{ type: "literal", text: notes } as const]),
  ];
}

function itemOf({ name, letter, takes, describe, answer }: Flag): ManBlock {
  const value = name.replace(/^--/, "").toUpperCase();
  const after = { none: "", one: ` ${value}`, all: ` ${value}...` }[takes];
  const term = `${[letter, name].filter((one) => one !== undefined).join(", ")}${after}`;
  return { type: "item", term, text: withChoices(describe, answer) };
}

function withChoices(text: string, answer: Flag["answer"]): string {
  return typeof answer === "object" ? `${text}: ${answer.map((one) => `\`${one}\``).join(", ")}` : text;
}
