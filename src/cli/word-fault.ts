import { DockerApiError } from "../engines/docker-api.ts";
import { type Diagnostic, errorDiagnostic } from "../model/diagnostic.ts";
import { NetworkError, PartChanged } from "../model/host.ts";
import { RegistryError } from "../model/registry.ts";
import { VendorChanged } from "../model/vendor.ts";
import { InputChanged } from "../steps/output-files.ts";
import { BaseFault } from "../steps/registry-faults.ts";

const DISK_FAULTS: Readonly<Record<string, string>> = {
  ENOSPC: "the disk is full",
  EDQUOT: "your disk quota is used up",
  EROFS: "the disk is read-only",
  EACCES: "this user may not go there",
  EPERM: "this user may not go there",
  EEXIST: "a file is where a folder should be",
  ENOTDIR: "a file is where a folder should be",
  EISDIR: "a folder is where a file should be",
  ENOENT: "a file vanished meanwhile",
  EMFILE: "too many files are open",
};

const MAKE_ROOM = "make room, or move the cache with `MLPACKAGE_CACHE_DIR`";
const CHECK_OWNER = "check its owner and permissions";

const HINTS: Readonly<Record<string, string>> = {
  ENOSPC: MAKE_ROOM,
  EDQUOT: MAKE_ROOM,
  EROFS: CHECK_OWNER,
  EACCES: CHECK_OWNER,
  EPERM: CHECK_OWNER,
  ENOENT: "apply again once the files stay as they are",
};

/** What goes wrong in the world around us and no code of ours can mend; undefined for a bug. */
export function wordFault(error: unknown): Diagnostic | undefined {
  if (error instanceof InputChanged || error instanceof PartChanged) {
    return errorDiagnostic("step/input-changed", error.message, {
      hint: "apply again once it stays as it is",
    });
  }
  if (error instanceof VendorChanged) {
    return errorDiagnostic("cli/vendor-changed", error.message, {
      hint: "`mlpackage vendor DIR`, where there is a network, mends it",
    });
  }
  if (error instanceof BaseFault) return error.diagnostics[0];
  if (error instanceof NetworkError) {
    return errorDiagnostic("engine/unreachable", `the engine stopped answering: ${error.message}`, {
      hint: "`mlpackage doctor` looks closer",
    });
  }
  if (error instanceof RegistryError) {
    return errorDiagnostic("registry/failed", `a registry did not do what it was asked: ${error.message}`);
  }
  if (error instanceof DockerApiError) {
    return errorDiagnostic("engine/failed", `the engine answered ${error.status}: ${error.message}`);
  }
  return wordDiskFault(error as NodeJS.ErrnoException);
}

/** Every error of a system call is the world's, whether we have words of our own for it or not. */
function wordDiskFault({ code = "", path, syscall, message }: NodeJS.ErrnoException): Diagnostic | undefined {
  if (syscall === undefined && DISK_FAULTS[code] === undefined) return undefined;
  const place = path === undefined ? "" : `: \`${path}\``;
  const fault = DISK_FAULTS[code];
  const hint = HINTS[code];
  return errorDiagnostic("host/file-fault", fault === undefined ? message : `${fault}${place}`, {
    ...(hint !== undefined && { hint }),
  });
}
