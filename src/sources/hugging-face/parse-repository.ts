import { type Diagnostic, errorDiagnostic } from "../../model/diagnostic.ts";
import { fail, type Result, succeed } from "../../model/result.ts";

/** What a reference names: `hf://[models/|datasets/|spaces/]ORG/REPO[@REVISION][/PATH]`. */
export type Repository = {
  readonly kind: "models" | "datasets" | "spaces";
  /** `ORG/REPO`. */
  readonly id: string;
  /** A branch, a tag or a commit; `main` where the reference names none. */
  readonly revision: string;
  /** Of a file or a folder; empty for all of the repository. */
  readonly path: string;
};

/** Revisions with a slash that need not be written `%2F`: requests for changes, and conversions that the hub makes. */
const SPECIAL_REVISION = /^refs\/(?:pr\/\d+|convert\/[\w.-]+)(?=\/|$)/;

/** What the hub's tokens look like, wherever it stands. */
const TOKEN = /hf_(?:oauth_|jwt_)?[A-Za-z0-9]{16,}/;

/**
 * Reads a reference. Of a path nothing is decoded; of a revision everything is.
 *
 * Errors: `source/credentials-in-url`, `source/not-a-repository`.
 */
export function parseRepository(source: string): Result<Repository> {
  const written = source.replace(/^hf:\/\//i, "");
  if (holdsCredentials(written)) return fail(wordCredentials());
  const [, prefix, id = "", rest = ""] =
    /^(?:(models|datasets|spaces)\/)?([^/@]+\/[^/@]+)(?:$|(?=[/@])(.*)$)/.exec(written) ?? [];
  const kind = (prefix ?? "models") as Repository["kind"];
  if (!isRepositoryId(id)) return fail(wordNoRepository(source, "must be `ORG/REPO`"));
  const { revision, path } = splitRest(rest);
  if (revision === undefined || !isRevision(revision))
    return fail(wordNoRepository(source, "has no valid Git revision after the `@`"));
  if (path !== "" && !isPlainPath(path))
    return fail(wordNoRepository(source, "has a path with an empty part, a `..` or a `?`"));
  return succeed({ kind, id, revision, path });
}

function holdsCredentials(written: string): boolean {
  const [authority = ""] = written.split("/", 1);
  return /[@:]/.test(authority) || TOKEN.test(written) || /\?.*(?:token|auth|key)/i.test(written);
}

/** `@revision/path` or `/path`; without a revision where it cannot be decoded. */
function splitRest(rest: string): { readonly revision: string | undefined; readonly path: string } {
  if (!rest.startsWith("@")) return { revision: "main", path: trimSlashes(rest) };
  const named = rest.slice(1);
  const written = SPECIAL_REVISION.exec(named)?.[0] ?? named.split("/", 1)[0] ?? "";
  return { revision: decode(written), path: trimSlashes(named.slice(written.length)) };
}

function trimSlashes(path: string): string {
  return path.replace(/^\//, "").replace(/\/$/, "");
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

/** As the hub takes them; `--` is what its cache puts in the place of a slash. */
function isRepositoryId(id: string): boolean {
  const isKind = /^(?:models|datasets|spaces)\//.test(id);
  return !isKind && /^\w[\w.-]*\/\w[\w.-]*$/.test(id) && !/--|\.\.|[.-]$|[.-]\/|\.git$/.test(id);
}

/** What `git check-ref-format` lets through, as far as it matters to paths and addresses. */
function isRevision(revision: string): boolean {
  return !/^$|^[-/]|\/$|\/\/|\.\.|[\p{Cc}\s~^:?*[\\]/u.test(revision);
}

function isPlainPath(path: string): boolean {
  const names = path.split("/");
  return !/[?\\]/.test(path) && names.every((name) => name !== "" && name !== "." && name !== "..");
}

function wordCredentials(): Diagnostic {
  return errorDiagnostic("source/credentials-in-url", "the name of a repository contains a token", {
    hint: "remove it and revoke it, since others may have seen it; then set `HF_TOKEN`, or type `hf auth login`",
  });
}

function wordNoRepository(source: string, fault: string): Diagnostic {
  return errorDiagnostic("source/not-a-repository", `\`${source}\` ${fault}`, {
    hint: "write `hf://ORG/REPO`, `hf://ORG/REPO@REVISION/PATH` or `hf://datasets/ORG/REPO`, with `%2F` for a `/` in a revision",
  });
}
