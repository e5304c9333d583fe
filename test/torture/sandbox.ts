import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { endAll } from "./processes.ts";

/** Where a test leaves its files, and what must be undone, by whichever way it all ends. */
export type Sandbox = {
  readonly makeFolder: (word: string) => string;
  /** Done last to first when the case is over, or at once on Ctrl-C. Synchronous, so that a signal cannot cut it short. */
  readonly undoLater: (undo: () => void) => void;
  readonly close: () => void;
};

const open = new Set<Sandbox>();

export function openSandbox(): Sandbox {
  const root = mkdtempSync(path.join(tmpdir(), "mlpackage-torture-"));
  const undos: (() => void)[] = [];
  let made = 0;
  const sandbox: Sandbox = {
    makeFolder(word) {
      made += 1;
      const folder = path.join(root, `${word}-${made}`);
      mkdirSync(folder);
      return folder;
    },
    undoLater: (undo) => undos.push(undo),
    close() {
      open.delete(sandbox);
      for (const undo of undos.splice(0).toReversed()) undo();
      rmSync(root, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
    },
  };
  open.add(sandbox);
  return sandbox;
}

/** From now on nothing stays behind when the process ends, Ctrl-C included. */
export function cleanUpAtEnd(): void {
  process.on("exit", () => {
    endAll();
    for (const sandbox of [...open]) sandbox.close();
  });
  for (const [signal, exitCode] of [
    ["SIGINT", 130],
    ["SIGTERM", 143],
    ["SIGHUP", 129],
  ] as const)
    process.on(signal, () => process.exit(exitCode));
}
