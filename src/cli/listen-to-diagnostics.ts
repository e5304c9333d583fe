import path from "node:path";
import type { Diagnostic } from "../model/diagnostic.ts";
import { renderGithubAnnotation } from "../report/github-annotation.ts";
import { isGithub, type Session } from "./session.ts";

/** Somebody is asking for an explanation already. */
const UNKNOWN_CODE = "cli/unknown-code";

export type Listener = {
  readonly hear: (diagnostics: readonly Diagnostic[]) => void;
  /** Nothing more will be told. */
  readonly finish: () => void;
};

/**
 * Follows what is told, whatever the command and the form: GitHub, where it runs us, learns of each place, and a person
 * at a terminal is told in the end where to read more.
 */
export function createListener({
  options,
  host,
  terminal,
  isTerminal,
  workingDirectory,
}: Omit<Session, "onTold">): Listener {
  const isHeard = isGithub({ host });
  const root = host.environment.GITHUB_WORKSPACE ?? workingDirectory;
  const placeOf = (file: string) => {
    const place = path.relative(root, path.resolve(workingDirectory, file));
    // What stands in an argument, or in no file of the repository, GitHub has no line for.
    return /^(?:--|\.\.(?:\/|$)|\/)/.test(file.startsWith("--") ? file : place) ? undefined : place;
  };
  let first: string | undefined;
  return {
    hear(diagnostics) {
      first ??= diagnostics.find(({ code, severity }) => severity === "error" && code !== UNKNOWN_CODE)?.code;
      // Not to stdout, which is for data: GitHub reads both.
      if (isHeard) terminal.write(diagnostics.map((one) => renderGithubAnnotation(one, placeOf)).join(""));
    },
    finish() {
      if (first === undefined || !isTerminal || options.json || options.quiet) return;
      terminal.write(`\`mlpackage explain ${first}\` tells more\n`);
    },
  };
}
