import { base64OfBody, type Client, introduce, printable, textOfBody } from "./client.ts";
import { pythonLiteral } from "./literals.ts";

/** A program for Python 3 that needs nothing but its standard library. */
export function renderPython(client: Client): string {
  const text = textOfBody(client);
  const body =
    text === undefined
      ? `base64.b64decode(${pythonLiteral(base64OfBody(client))})`
      : `${pythonLiteral(text)}.encode()`;
  return `${introduce(client)
    .map((line) => `# ${line}`)
    .join("\n")}
${text === undefined ? "import base64\n" : ""}import sys
import urllib.error
import urllib.request

URL = ${pythonLiteral(client.url)}
HEADERS = {"Content-Type": ${pythonLiteral(printable(client.contentType))}}
BODY = ${body}


def score(body):
    request = urllib.request.Request(URL, data=body, headers=HEADERS, method="POST")
    with urllib.request.urlopen(request, timeout=300) as response:
        return response.read()


if __name__ == "__main__":
    try:
        answer = score(BODY)
    except urllib.error.HTTPError as error:
        sys.exit(f"the service answered {error.code}: {error.read().decode(errors='replace')}")
    except (OSError, ValueError) as error:
        sys.exit(f"{URL} does not answer: {error}")
    sys.stdout.buffer.write(answer + b"\\n")
`;
}
