import { createHash } from "node:crypto";
import { readFileSync, readlinkSync } from "node:fs";
import os from "node:os";
import type { ProcessIdentity } from "../model/host.ts";

/** `<machine>-<boot>-<process id>-<start>`. Without Linux's /proc boot and start are empty, and the process id decides. */
export function identifyProcess(pid = process.pid): ProcessIdentity {
  const machine = createHash("sha256")
    .update(`${os.hostname()} ${readPidNamespace()}`)
    .digest("hex")
    .slice(0, 8);
  const boot = readBoot();
  const id = [machine, boot, pid, startOf(readStat(pid))].join("-");

  async function isAlive(other: string): Promise<boolean> {
    const [otherMachine, otherBoot, otherPid = "", otherStart = ""] = other.split("-");
    if (otherMachine !== machine) return true;
    if (otherBoot !== boot || !isRunning(Number(otherPid))) return false;
    if (boot === "") return true;
    const stat = readStat(Number(otherPid));
    return startOf(stat) === otherStart && !isZombie(stat);
  }

  return { id, pid, isHere: (other) => other.startsWith(`${machine}-`), isAlive };
}

function readBoot(): string {
  try {
    return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").slice(0, 8);
  } catch {
    return "";
  }
}

/** Containers may share the host's name, and number their processes anew. */
function readPidNamespace(): string {
  try {
    return readlinkSync("/proc/self/ns/pid");
  } catch {
    return "";
  }
}

function readStat(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/stat`, "utf8");
  } catch {
    return "";
  }
}

/** The fields after the command's name, which may hold blanks and parentheses of its own (proc(5)). */
function fieldsOf(stat: string): readonly string[] {
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
}

/** Clock ticks between boot and the process's start: field 22. */
function startOf(stat: string): string {
  return fieldsOf(stat)[19] ?? "";
}

/** Dead, and not yet asked for by its parent. */
function isZombie(stat: string): boolean {
  return fieldsOf(stat)[0] === "Z";
}

function isRunning(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it runs, as somebody else.
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
