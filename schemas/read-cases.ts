import { readdirSync, readFileSync } from "node:fs";

/** One message of a case below `fixtures/invalid`, as it is told there. */
export type CaseMessage = {
  readonly fixture: string;
  readonly code: string;
  readonly text: string;
  readonly file: string | undefined;
};

const folder = new URL("../fixtures/invalid/", import.meta.url);

/** All messages of all cases, in the order they are told. */
export function readCases(): readonly CaseMessage[] {
  return readdirSync(folder)
    .sort()
    .flatMap((fixture) => {
      const told = readFileSync(new URL(`${fixture}/expected.txt`, folder), "utf8");
      return told.split(/\n(?=(?:error|warning)\[)/).map((text) => readMessage(fixture, text.trimEnd()));
    });
}

export function readCaseFile(fixture: string, file: string): string {
  return readFileSync(new URL(`${fixture}/${file}`, folder), "utf8");
}

function readMessage(fixture: string, text: string): CaseMessage {
  const code = /^\w+\[([^\]]+)\]/.exec(text)?.[1];
  if (code === undefined) throw new Error(`no message begins so, in ${fixture}: ${text}`);
  return { fixture, code, text, file: /^ *--> (\S+?):\d+:\d+$/m.exec(text)?.[1] };
}
