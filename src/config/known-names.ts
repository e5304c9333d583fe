import type { Lookup, Reason } from "./interpolate-text.ts";
import { nearest } from "./nearest.ts";

/** The state of the git repository that holds the package. */
export type GitState = {
  readonly sha: string;
  readonly shortSha: string;
  /** The tag of the commit that is checked out, if it has one. */
  readonly tag?: string;
  /** Absent where no branch is checked out. */
  readonly branch?: string;
  /** When the commit was made, in seconds since 1970. */
  readonly timestamp: string;
};

/** All that a text of the file can name, beside the package's own name. `git` is absent outside a repository. */
export type KnownNames = {
  readonly variables: Readonly<Record<string, string | undefined>>;
  readonly git?: GitState | undefined;
};

const gitFacts: Readonly<Record<string, (git: GitState) => string | undefined>> = {
  "git.sha": (git) => git.sha,
  "git.short_sha": (git) => git.shortSha,
  "git.tag": (git) => git.tag,
  "git.branch": (git) => git.branch,
  "git.timestamp": (git) => git.timestamp,
};

/** `name` is undefined while the name itself is read. Names with a dot are ours, all others the environment's. */
export function lookupIn({ variables, git }: KnownNames, name: string | undefined): Lookup {
  return (asked) => {
    if (asked === "name") return name === undefined ? { reason: nameInItself } : { value: name };
    if (asked.includes("."))
      return found(git === undefined ? undefined : gitFacts[asked]?.(git), dottedReason(asked, git));
    return Object.hasOwn(variables, asked) ? found(variables[asked], undefined) : {};
  };
}

const nameInItself: Reason = {
  message: "`name` cannot refer to itself",
  hint: "write the name out, as in `name: diabetes`",
};

function found(value: string | undefined, reason: Reason | undefined): ReturnType<Lookup> {
  if (value !== undefined) return { value };
  return reason === undefined ? {} : { reason };
}

function dottedReason(asked: string, git: GitState | undefined): Reason {
  const known = Object.keys(gitFacts);
  if (!known.includes(asked)) {
    const near = nearest(asked, known);
    const hint = near === undefined ? `there are \`${known.join("`, `")}\`` : `did you mean \`${near}\`?`;
    return { message: `there is no variable \`${asked}\``, hint };
  }
  const message = git === undefined ? "the package is not in a git repository" : missingFacts[asked];
  return {
    message: `\`${asked}\` is not known: ${message}`,
    hint: `give it a default with \`\${${asked}:-default}\``,
  };
}

const missingFacts: Readonly<Record<string, string>> = {
  "git.tag": "the commit has no tag",
  "git.branch": "no branch is checked out",
};
