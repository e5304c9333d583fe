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
  EACCES: "permission denied",
  EPERM: "permission denied",
  EEXIST: "a file is where a folder should be",
  ENOTDIR: "a file is where a folder should be",
  EISDIR: "a folder is where a file should be",
  ENOENT: "a file disappeared meanwhile",
  EMFILE: "too many files are open",
};

const MAKE_ROOM = "type `mlpackage cache gc`, or set `MLPACKAGE_CACHE_DIR` to a folder on another disk";
const CHECK_OWNER = "change its owner or permissions with `chown` or `chmod`";

const HINTS: Readonly<Record<string, string>> = {
  ENOSPC: MAKE_ROOM,
  EDQUOT: MAKE_ROOM,
  EROFS: CHECK_OWNER,
  EACCES: CHECK_OWNER,
  EPERM: CHECK_OWNER,
  ENOENT: "apply again when nothing changes the files any longer",
};

/** What goes wrong in the world around us and no code of ours can mend; undefined for a bug. */
export function wordFault(error: unknown): Diagnostic | undefined {
  if (error instanceof InputChanged || error instanceof PartChanged) {
    return errorDiagnostic("step/input-changed", error.message, {
      hint: "apply again when nothing changes it any longer",
    });
  }
  if (error instanceof VendorChanged) {
    return errorDiagnostic("cli/vendor-changed", error.message, {
      hint: "type `mlpackage vendor DIR` where there is a network, to repair it",
    });
  }
  if (error instanceof BaseFault) return error.diagnostics[0];
  if (error instanceof NetworkError) {
    return errorDiagnostic("engine/unreachable", `the engine stopped answering: ${error.message}`, {
      hint: "type `mlpackage doctor` to check it",
    });
  }
  if (error instanceof RegistryError) {
    return errorDiagnostic("registry/failed", `a registry request failed: ${error.message}`, {
      hint: "type `mlpackage doctor` to check the registry, then apply again",
    });
  }
  if (error instanceof DockerApiError) {
    return errorDiagnostic("engine/failed", `the engine answered ${error.status}: ${error.message}`, {
      hint: "type `mlpackage doctor` to check the engine, then apply again",
    });
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
    hint: hint ?? "correct that, then type the same command again",
  });
}
