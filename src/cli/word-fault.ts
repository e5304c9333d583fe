import { DockerApiError } from "../engines/docker-api.ts";
import { type Diagnostic, errorDiagnostic } from "../model/diagnostic.ts";
import { NetworkError } from "../model/host.ts";
import { InputChanged } from "../steps/output-files.ts";

const DISK_FAULTS: Readonly<Record<string, string>> = {
  ENOSPC: "the disk is full",
  EDQUOT: "your disk quota is used up",
  EROFS: "the disk is read-only",
  EACCES: "this user may not go there",
  EPERM: "this user may not go there",
  EEXIST: "a file is where a folder should be",
  ENOTDIR: "a file is where a folder should be",
  EMFILE: "too many files are open",
};

const FULL = new Set(["ENOSPC", "EDQUOT"]);

/** What goes wrong in the world around us and no code of ours can mend; undefined for a bug. */
export function wordFault(error: unknown): Diagnostic | undefined {
  if (error instanceof InputChanged) {
    return errorDiagnostic("step/input-changed", error.message, {
      hint: "apply again once it stays as it is",
    });
  }
  if (error instanceof NetworkError) {
    return errorDiagnostic("engine/unreachable", `the engine stopped answering: ${error.message}`, {
      hint: "`mlpackage doctor` looks closer",
    });
  }
  if (error instanceof DockerApiError) {
    return errorDiagnostic("engine/failed", `the engine answered ${error.status}: ${error.message}`);
  }
  return wordDiskFault(error as NodeJS.ErrnoException);
}

function wordDiskFault({ code = "", path }: NodeJS.ErrnoException): Diagnostic | undefined {
  const fault = DISK_FAULTS[code];
  if (fault === undefined) return undefined;
  return errorDiagnostic("host/file-fault", `${fault}${path === undefined ? "" : `: \`${path}\``}`, {
    hint: FULL.has(code)
      ? "make room, or move the cache with `MLPACKAGE_CACHE_DIR`"
      : "check its owner and permissions",
  });
}
