import { createHash } from "node:crypto";
import {
  closeSync,
  fstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { Script } from "node:vm";

const WRAPPER = ["(function (exports, require, module, __filename, __dirname) {", "\n})"] as const;
const DIGEST_BYTES = 32;

/** A longer run gains nothing from compiled code, and would keep much that a short one has no use for. */
const SHORT_RUN_SECONDS = 2;

/**
 * Runs a bundled CommonJS program with the code that V8 made of it in an earlier run, and keeps that code for the next
 * one: compiling takes a third of a short run. Node does this itself from 22.1 on (`module.enableCompileCache`); this
 * is for all of them, and has in it what was compiled while the program ran.
 *
 * `directory` is made where its parent is there; `purpose` names the runs that are alike in what they compile.
 */
export function runCompiled(program: string, directory: string, purpose: string): void {
  const keptPath = path.join(directory, `${purpose}-${process.version}-${shortDigest(program)}`);
  const identity = identityOf(program);
  const cachedData = readKept(keptPath, identity);
  const [before, after] = WRAPPER;
  const script = new Script(`${before}${readFileSync(program, "utf8")}${after}`, {
    filename: program,
    columnOffset: -before.length,
    ...(cachedData !== undefined && { cachedData }),
  });
  if (cachedData === undefined || script.cachedDataRejected === true) {
    process.once("exit", () => {
      if (process.uptime() < SHORT_RUN_SECONDS) keep(keptPath, identity, script.createCachedData());
    });
  }
  const module = { exports: {} };
  script.runInThisContext()(module.exports, createRequire(program), module, program, path.dirname(program));
}

/** V8 compares the program's length alone. */
function identityOf(program: string): string {
  const { dev, ino, size, mtimeNs, ctimeNs } = statSync(program, { bigint: true });
  return [dev, ino, size, mtimeNs, ctimeNs].join(" ");
}

/** V8 takes what it is given for whole, and crashes on a damaged bit: hence the digest. */
function readKept(file: string, identity: string): Buffer | undefined {
  try {
    const content = readOwn(file);
    const data = content.subarray(DIGEST_BYTES);
    return digestOf(identity, data).equals(content.subarray(0, DIGEST_BYTES)) ? data : undefined;
  } catch {
    return undefined;
  }
}

/** The code of another user is not for us to run, wherever the cache may lie. */
function readOwn(file: string): Buffer {
  const opened = openSync(file, "r");
  try {
    const { uid } = fstatSync(opened);
    if (process.getuid !== undefined && uid !== process.getuid())
      throw new Error(`${file} is another user's`);
    return readFileSync(opened);
  } finally {
    closeSync(opened);
  }
}

function keep(file: string, identity: string, data: Buffer): void {
  const temporary = `${file}.${process.pid}.partial`;
  try {
    makeFolder(path.dirname(file));
    writeFileSync(temporary, Buffer.concat([digestOf(identity, data), data]), { mode: 0o600 });
    renameSync(temporary, file);
  } catch {
    // It saves time, and nothing else.
    removeIfCan(temporary);
  }
}

function removeIfCan(file: string): void {
  try {
    rmSync(file, { force: true });
  } catch {
    // The cache folder is no folder, or is not ours.
  }
}

/** Not the folders above: who has no cache yet gets none for a mere question. */
function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
}

function digestOf(identity: string, data: Buffer): Buffer {
  return createHash("sha256").update(identity).update(data).digest();
}

function shortDigest(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 8);
}
