import { execFileSync } from "node:child_process";
import { type Ended, wordEnd } from "../processes.ts";
import type { Sandbox } from "../sandbox.ts";

/** A file system in memory, of a size that can be changed. Needs root. */
export type SmallDisk = {
  readonly folder: string;
  /** Options of mount, such as `size=64k` or `ro`. */
  readonly remount: (options: string) => void;
};

export function canMount(): boolean {
  return process.platform === "linux" && process.getuid?.() === 0;
}

export function mountSmallDisk(sandbox: Sandbox, options: string): SmallDisk {
  const folder = sandbox.makeFolder("disk");
  execFileSync("mount", ["-t", "tmpfs", "-o", `${options},mode=0755`, "tmpfs", folder]);
  // Lazily: whoever still has a file open there must not keep it.
  sandbox.undoLater(() => execFileSync("umount", ["--lazy", folder]));
  return {
    folder,
    remount: (changed) => execFileSync("mount", ["-o", `remount,${changed}`, folder]),
  };
}

/** Bytes and inodes in use. */
export function usageOf(folder: string): { readonly bytes: number; readonly inodes: number } {
  const line = execFileSync("df", ["--output=used,iused", "--block-size=1", folder], { encoding: "utf8" });
  const [bytes = 0, inodes = 0] = (line.split("\n")[1] ?? "").trim().split(/\s+/).map(Number);
  return { bytes, inodes };
}

/** What a run that must not be right in silence has to say when it fails. */
export function findUnclear(ended: Ended, messages: string, sign: RegExp): readonly string[] {
  if (ended.timedOut) return [`hung: ${wordEnd(ended)}`];
  if (ended.exitCode === 0 || sign.test(messages)) return [];
  return [`failed without saying why, exit ${ended.exitCode}: ${messages.slice(0, 600)}`];
}
