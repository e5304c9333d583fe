import path from "node:path";
import { errorDiagnostic } from "../../model/diagnostic.ts";
import { renderBash } from "../completion/bash.ts";
import { type CommandLine, describeCommands } from "../completion/describe-commands.ts";
import { renderFish } from "../completion/fish.ts";
import { SHELLS, type Shell } from "../completion/shells.ts";
import { renderZsh } from "../completion/zsh.ts";
import { EXIT } from "../exit-code.ts";
import { refuse } from "../refuse.ts";
import type { Session } from "../session.ts";

const RENDERERS = { bash: renderBash, zsh: renderZsh, fish: renderFish } as const;

/** Prints a shell's script; without a name, for the shell that the user logs in with. */
export async function completion(
  session: Session,
  named: Shell | undefined,
  line: CommandLine,
): Promise<number> {
  const login = path.basename(session.host.environment.SHELL ?? "");
  const shell = named ?? SHELLS.find((one) => one === login);
  if (shell === undefined) return refuse(session, wordUnknown(login));
  session.writeData(RENDERERS[shell](describeCommands(line)));
  return EXIT.done;
}

function wordUnknown(login: string) {
  const found = login === "" ? "$SHELL is not set" : `there is no completion for \`${login}\``;
  return errorDiagnostic("cli/unknown-shell", found, {
    hint: `name the shell: ${SHELLS.map((one) => `\`mlpackage completion ${one}\``).join(", ")}`,
  });
}
