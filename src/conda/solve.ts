import path from "node:path";
import { Worker } from "node:worker_threads";
import { bytesOf } from "../model/chunks.ts";
import { fileOfUrl, isCondaAddress } from "../model/conda-archive.ts";
import { type Diagnostic, errorDiagnostic } from "../model/diagnostic.ts";
import { isDigest } from "../model/digest.ts";
import type { LockedCondaPackage } from "../model/lock-file.ts";
import { combine, fail, type Result, succeed } from "../model/result.ts";
import { BadPackage } from "./bad-package.ts";
import { hidePackages } from "./hide-packages.ts";
import type { Answer, SolvedPackage, SolverInputs, SolverMessage } from "./solver-messages.ts";
import { subdirOf, virtualPackages } from "./subdirs.ts";
import { unzstd } from "./unzstd.ts";

export type SolveRequest = {
  readonly specs: readonly string[];
  /** Addresses; what the first has as it is asked for is not looked for in the others. */
  readonly channels: readonly string[];
  /** Of packages that may come from some of the channels alone: name → their addresses. */
  readonly from?: Readonly<Record<string, readonly string[]>>;
  /** `linux/amd64` */
  readonly platform: string;
  /** What is at an address; undefined where nothing is. */
  readonly read: (url: string) => Promise<Result<Uint8Array<ArrayBuffer> | undefined>>;
  readonly signal: AbortSignal;
};

/**
 * Finds the packages that answer what is asked for, with the solver of rattler.
 *
 * Errors: `conda/no-platform`, `conda/unsolvable`, `conda/no-digest`, `conda/old-format`, and those of `read`.
 */
export async function solve({
  platform,
  from = {},
  ...request
}: SolveRequest): Promise<Result<readonly LockedCondaPackage[]>> {
  const subdir = subdirOf(platform);
  if (!subdir.ok) return subdir;
  const virtual = JSON.stringify(repodata(virtualPackages(subdir.value)));
  const read: SolveRequest["read"] = async (url) => {
    if (!url.startsWith(VIRTUAL)) return readWithout(hiddenAt(url, from), url, request.read);
    if (!url.endsWith("/repodata.json")) return succeed(undefined);
    return succeed(encoded(url.endsWith("/noarch/repodata.json") ? JSON.stringify(repodata({})) : virtual));
  };
  const solved = await runSolver({ ...request, read }, platform, [subdir.value.name, "noarch"]);
  if (!solved.ok) return solved;
  const real = solved.value.filter(({ name }) => !name.startsWith("__"));
  const locked = combine(real.map(lockedOf));
  return locked.ok ? succeed(locked.value.toSorted((a, b) => (a.name < b.name ? -1 : 1))) : locked;
}

/** The packages that must come from other channels than the one at an address. */
function hiddenAt(url: string, from: NonNullable<SolveRequest["from"]>): readonly string[] {
  const channel = url.slice(0, url.lastIndexOf("/", url.lastIndexOf("/") - 1));
  return Object.keys(from).filter((name) => from[name]?.includes(channel) === false);
}

/** A list without some packages is a plain one, whatever else the channel has. */
async function readWithout(
  hidden: readonly string[],
  url: string,
  read: SolveRequest["read"],
): ReturnType<SolveRequest["read"]> {
  if (hidden.length === 0) return read(url);
  if (!url.endsWith("/repodata.json")) return succeed(undefined);
  const compressed = await read(`${url}.zst`);
  if (!compressed.ok) return compressed;
  const list = compressed.value && (await unpacked(compressed.value));
  if (list !== undefined) return succeed(hidePackages(list, hidden));
  const plain = await read(url);
  return plain.ok && plain.value !== undefined ? succeed(hidePackages(plain.value, hidden)) : plain;
}

/** Undefined for a list that is damaged: the plain one may be whole. */
async function unpacked(list: Uint8Array): Promise<Uint8Array | undefined> {
  const chunks = async function* () {
    yield list;
  };
  try {
    return await bytesOf(unzstd(chunks(), MOST_LIST_BYTES));
  } catch (error) {
    if (error instanceof BadPackage) return undefined;
    throw error;
  }
}

/** More than any channel's list of its packages. */
const MOST_LIST_BYTES = 1 << 30;

/** A channel that nobody is asked for. */
const VIRTUAL = "https://virtual.invalid/machine";

function repodata(packages: Readonly<Record<string, object>>): object {
  return { info: {}, packages: {}, "packages.conda": packages, repodata_version: 1 };
}

function encoded(text: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.from(text));
}

/** Beside us: in the bundle, too. */
const THREAD = path.join(import.meta.dirname, "solver-thread.js");

type Solving = Omit<SolveRequest, "platform" | "from">;

function runSolver(
  { specs, channels, read, signal }: Solving,
  platform: string,
  subdirs: readonly string[],
): Promise<Result<readonly SolvedPackage[]>> {
  signal.throwIfAborted();
  const workerData: SolverInputs = { specs, channels: [VIRTUAL, ...channels], subdirs };
  // What it says where it panics is nobody's to read.
  const worker = new Worker(THREAD, { workerData, stdout: true, stderr: true });
  return new Promise<Result<readonly SolvedPackage[]>>((resolve, reject) => {
    const abort = (): void => reject(signal.reason);
    signal.addEventListener("abort", abort, { once: true });
    const unsolved = (reason: string) => resolve(fail(wordUnsolvable(reason, platform)));
    worker.on("error", () =>
      unsolved("the solver has broken down over what is asked for, or what a channel lists"),
    );
    worker.on("exit", () => {
      signal.removeEventListener("abort", abort);
      unsolved("the solver has ended without an answer");
    });
    worker.on("message", (message: SolverMessage) => {
      if (message.kind === "solved") return resolve(succeed(message.packages));
      if (message.kind === "failed") return unsolved(message.reason);
      read(message.url).then((answer) => {
        if (!answer.ok) return resolve(answer);
        const { value: bytes } = answer;
        const told: Answer = { id: message.id, ...(bytes !== undefined && { bytes }) };
        worker.postMessage(told);
      }, reject);
    });
  }).finally(() => worker.terminate());
}

function lockedOf({ name, url, sha256, size }: SolvedPackage): Result<LockedCondaPackage> {
  const digest = `sha256:${sha256}`;
  const file = fileOfUrl(url);
  if (url.endsWith(".tar.bz2")) return fail(wordOldFormat(file));
  const isRight = isCondaAddress(url, name) && Number.isSafeInteger(size);
  if (!isRight || !isDigest(digest) || size === undefined) return fail(wordNoDigest(name));
  return succeed({ name, url, digest, size });
}

function wordOldFormat(file: string): Diagnostic {
  return errorDiagnostic(
    "conda/old-format",
    `\`${file}\` is in conda's old \`.tar.bz2\` format, which is not supported`,
    {
      path: "/environment/conda",
      hint: "ask for a version that the channel has as `.conda`, or convert it: `cph transmute`",
    },
  );
}

function wordNoDigest(name: string): Diagnostic {
  return errorDiagnostic(
    "conda/no-digest",
    `the channel gives no SHA-256, size or valid address for \`${name}\``,
    {
      path: "/environment/conda",
      hint: "index the channel again with `conda index`, or use another channel",
    },
  );
}

function wordUnsolvable(reason: string, platform: string): Diagnostic {
  return errorDiagnostic("conda/unsolvable", `no conda packages satisfy the file on ${platform}`, {
    path: "/environment/conda",
    excerpt: reason.trim().split("\n").slice(0, 40),
    hint: "change the versions or the channels in the conda file",
  });
}
