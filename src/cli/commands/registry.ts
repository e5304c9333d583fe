import { findCredentials } from "../../engines/docker-credentials.ts";
import { parseImageReference } from "../../model/image-reference.ts";
import { EXIT } from "../exit-code.ts";
import { openPackage } from "../open-package.ts";
import { pushedReferences } from "../pushed-references.ts";
import { refuse } from "../refuse.ts";
import type { Session } from "../session.ts";

type Entry = {
  readonly output: string;
  readonly address: string;
  readonly username?: string;
  readonly password?: string;
};

/** The address and user name of the registry each pushed output goes to; the password only when asked for. */
export async function registry(
  session: Session,
  { showPassword }: { readonly showPassword: boolean },
): Promise<number> {
  const opened = await openPackage(session);
  if (!opened.ok) return refuse(session, ...opened.diagnostics);
  const tags = pushedReferences(opened.value.config);
  const entries = await Promise.all(tags.map((tag) => entryOf(tag, showPassword, session)));
  if (session.options.json) session.writeData(`${JSON.stringify({ registries: entries }, undefined, 2)}\n`);
  else if (entries.length === 0) session.terminal.write("no output in the file is pushed\n");
  else session.writeData(`${entries.map(toText).join("\n")}\n`);
  return EXIT.done;
}

async function entryOf(output: string, showPassword: boolean, { host }: Session): Promise<Entry> {
  const address = parseImageReference(output).registry;
  const credentials = await findCredentials(address, host);
  if (credentials === undefined) return { output, address };
  const [username, password] =
    "identityToken" in credentials
      ? ["<token>", credentials.identityToken]
      : [credentials.username, credentials.password];
  return { output, address, username, ...(showPassword && { password }) };
}

function toText({ output, address, username, password }: Entry): string {
  const lines = [
    output,
    `  address:  ${address}`,
    `  username: ${username ?? "none: `docker login` has not been used for it"}`,
    ...(password === undefined ? [] : [`  password: ${password}`]),
  ];
  return lines.join("\n");
}
