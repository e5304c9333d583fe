import { base64OfBody, type Client, introduce, printable, textOfBody } from "./client.ts";
import { typescriptLiteral } from "./literals.ts";

const ASK = [
  "score(BODY).then(",
  "  (answer) => console.log(answer),",
  "  (error: Error) => {",
  "    const cause = error.cause === undefined ? [] : [`(${error.cause})`];",
  "    console.error(`${URL}: ${error.message}`, ...cause);",
  "    process.exitCode = 1;",
  "  },",
  ");",
].join("\n");

/** A program for whatever has `fetch`: Node.js from 18 on, Deno, Bun. */
export function renderTypescript(client: Client): string {
  const { url, contentType, shape } = client;
  const text = textOfBody(client);
  const bytes = `Uint8Array.from(atob(${typescriptLiteral(base64OfBody(client))}), (one) => one.charCodeAt(0))`;
  return `${introduce({ ...client, shape: undefined })
    .map((line) => `// ${line}`)
    .join("\n")}
export type Input = ${shape?.input ?? "unknown"};
export type Output = ${shape?.output ?? "unknown"};

const URL = ${typescriptLiteral(url)};
const HEADERS = { "content-type": ${typescriptLiteral(printable(contentType))} };
const BODY = ${text === undefined ? bytes : typescriptLiteral(text)};

/** Takes an Input as JSON, and gives an Output as JSON. */
export async function score(body: BodyInit): Promise<string> {
  const response = await fetch(URL, { method: "POST", headers: HEADERS, body });
  const answer = await response.text();
  if (!response.ok) throw new Error(\`the service answered \${response.status}: \${answer}\`);
  return answer;
}

${ASK}
`;
}
