import { Refusal } from "../../model/place.ts";
import type { HubSettings } from "./hub-settings.ts";
import type { Repository } from "./parse-repository.ts";

type Worded = { readonly code: string; readonly message: string; readonly hint: string };

/**
 * What the hub refuses, in words, by its `X-Error-Code`; any other refusal is as it was. It answers 401 of a repository
 * that is not there as well, so that nobody learns which ones are private.
 *
 * Errors: `source/gated`, `source/no-such-repository`, `source/no-such-revision`, `source/no-such-path`,
 * `source/bad-token`, `source/refused`.
 */
export function wordRefusal(
  refusal: Refusal,
  repository: Repository,
  { endpoint, credentials }: HubSettings,
): Refusal {
  const { status, headers } = refusal;
  const isLoggedIn = Object.keys(credentials).length > 0;
  const worded = wordFault(refusal, repository, { page: pageOf(repository, endpoint), isLoggedIn });
  if (worded === undefined) return refusal;
  return new Refusal(status, worded.message, { headers, code: worded.code, hint: worded.hint });
}

/** Where a person reads about a repository, and accepts its terms. */
function pageOf({ kind, id }: Repository, endpoint: string): string {
  return `${endpoint}/${kind === "models" ? "" : `${kind}/`}${id}`;
}

function wordFault(
  { status, headers, message }: Refusal,
  { id, revision, path }: Repository,
  { page, isLoggedIn }: { readonly page: string; readonly isLoggedIn: boolean },
): Worded | undefined {
  const said = headers["x-error-message"] ?? "";
  const code = headers["x-error-code"] ?? "";
  if (code === "GatedRepo")
    return {
      code: "source/gated",
      message: `\`${id}\` is gated, and ${isLoggedIn ? "this token may not read it" : "you are not logged in"}`,
      hint: isLoggedIn
        ? `accept its terms at ${page}, and wait for approval if it is needed; a fine-grained token needs the right to read gated repositories`
        : `accept its terms at ${page}, then set \`HF_TOKEN\` or type \`hf auth login\``,
    };
  if (code === "RevisionNotFound")
    return {
      code: "source/no-such-revision",
      message: `\`${id}\` has no revision \`${revision}\``,
      hint: `choose a branch or tag from ${page}/tree/main, and write \`%2F\` for a \`/\` in it`,
    };
  if (code === "EntryNotFound")
    return {
      code: "source/no-such-path",
      message: path === "" ? message : `\`${id}\` has no \`${path}\` at that revision`,
      hint: `check the spelling and the case at ${page}/tree/${encodeURIComponent(revision)}`,
    };
  if (status === 401 && isLoggedIn && /^invalid credentials/i.test(said))
    return {
      code: "source/bad-token",
      message: "the hub does not accept the token",
      hint: "it may have expired, or belong to another hub: set `HF_TOKEN` to a new one, or type `hf auth login`",
    };
  if (code === "RepoNotFound" || status === 401)
    return {
      code: "source/no-such-repository",
      message: `\`${id}\` does not exist or is private`,
      hint: isLoggedIn
        ? `check the spelling at ${page}, and that the token may read it; a dataset is \`hf://datasets/ORG/REPO\``
        : `check the spelling at ${page}; if it is private, set \`HF_TOKEN\` or type \`hf auth login\`; a dataset is \`hf://datasets/ORG/REPO\``,
    };
  if (status === 429 && !isLoggedIn)
    return {
      code: "source/refused",
      message,
      hint: "apply again later, or set `HF_TOKEN`: the limit is higher with a login",
    };
  return undefined;
}
