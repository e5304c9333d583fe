import { type Client, introduce, printable, textOfBody } from "./client.ts";
import { printfFormat, shellLiteral } from "./literals.ts";

/** Of one argument of a program; a shell's own printf knows no limit. */
const LONGEST_ARGUMENT = 100_000;

/** A script for sh. It fails where the service answers with an error, and prints what it says. */
export function renderCurl(client: Client): string {
  const text = textOfBody(client);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: no word of a shell can hold them all
  const isPlain = text !== undefined && !/[\u0000-\u001f\u007f]/.test(text);
  const fits = client.body.length < LONGEST_ARGUMENT;
  const [before, data] =
    isPlain && fits
      ? ["", `--data-raw ${shellLiteral(text)}`]
      : [`printf ${printfFormat(client.body)} |\n`, "--data-binary @-"];
  return `#!/bin/sh
${introduce(client)
  .map((line) => `# ${line}`)
  .join("\n")}
${before}curl --silent --show-error --fail-with-body --globoff --write-out '\\n' \\
  --header ${shellLiteral(`Content-Type: ${printable(client.contentType)}`)} \\
  ${data} \\
  --url ${shellLiteral(client.url)}
`;
}
