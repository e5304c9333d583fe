import path from "node:path";
import { findModels } from "../../drafts/find-models.ts";
import { surveyFolder } from "../../drafts/survey-folder.ts";
import { EXIT } from "../exit-code.ts";
import type { Command } from "../option.ts";
import type { Session } from "../session.ts";

/** What a person begins with, once there is a file. */
const FIRST_COMMANDS = ["validate", "plan", "apply", "run", "score", "stop"];

/** Of a call without a command: says what is here, and what to type next. */
export async function welcome(session: Session, commands: readonly Command[]): Promise<number> {
  const { host, workingDirectory, terminal } = session;
  const hasFile = (await host.files.status(path.join(workingDirectory, "mlpackage.yaml"))) !== undefined;
  const lines = hasFile ? wordCommands(commands) : await wordBeginning(session);
  terminal.write(`${[...lines, "", "`mlpackage --help` shows every command"].join("\n")}\n`);
  return EXIT.wrongInput;
}

function wordCommands(commands: readonly Command[]): readonly string[] {
  const first = FIRST_COMMANDS.flatMap((name) => commands.filter((command) => command.name === name));
  const width = Math.max(...first.map(({ name }) => name.length));
  return [
    "mlpackage.yaml is here; name a command:",
    "",
    ...first.map(({ name, summary }) => `  mlpackage ${name.padEnd(width)}  ${summary}`),
  ];
}

async function wordBeginning({ host: { files }, workingDirectory }: Session): Promise<readonly string[]> {
  const survey = await surveyFolder(workingDirectory, files);
  const { models } = await findModels(workingDirectory, survey, files);
  const sources = models.map(({ source }) => `\`${source}\``);
  const named = sources.length > 3 ? [...sources.slice(0, 2), `${sources.length - 2} more`] : sources;
  const [what, command] =
    named.length === 0
      ? ["one to fill in, as there is no model here", "mlpackage init --template"]
      : [`one for ${wordList(named)}`, "mlpackage init"];
  return [`no mlpackage.yaml here: \`${command}\` writes ${what}`];
}

/** `a`, `a and b`, `a, b and c` */
function wordList(words: readonly string[]): string {
  if (words.length < 2) return words.join();
  return `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;
}
