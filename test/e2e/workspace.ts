import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { chmod, mkdir, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { removeAllOf } from "./engine.ts";
import { type Call, type CallOptions, startMlpackage } from "./mlpackage.ts";

/** What one test file works with: a folder, a cache, a prefix for every name. All of it goes when the process ends. */
export type Workspace = {
  readonly folder: string;
  readonly cacheDirectory: string;
  /** Of the names of packages, and so of images and containers. */
  readonly prefix: string;
  /** Everything any call has printed. */
  readonly printed: string[];
  makePackage(word: string, yaml: string, files?: FileContents): Promise<PackageFolder>;
};

/** Path → content. */
export type FileContents = Readonly<Record<string, string | Uint8Array>>;

/** A package in a folder of its own. */
export type PackageFolder = {
  readonly name: string;
  readonly path: string;
  /** Where a file of the package lies. */
  at(file: string): string;
  write(files: FileContents): Promise<void>;
  /** Writes `mlpackage.yaml` anew, with the name and, unless the text has one, the base image. */
  configure(yaml: string): Promise<void>;
  call(args: readonly string[], options?: CallOptions): Promise<Call>;
  start(args: readonly string[], options?: CallOptions): ReturnType<typeof startMlpackage>;
};

/** Answers with what it was sent. */
export const ECHO_SCRIPT = `def init():
    print("init was called")


def run(data):
    return data
`;

/** Debian with Python, pip and gunicorn: a package on it builds in a second. */
export const PYTHON_IMAGE = demandVariable("RIG_PYTHON_IMAGE");

export function demandVariable(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === "")
    throw new Error(`${name} is not set: run this under test/rig/with-rig.sh`);
  return value;
}

export function openWorkspace(word: string): Workspace {
  const prefix = `e2e-${process.pid}-${word}`;
  const folder = mkdtempSync(path.join(tmpdir(), `mlpackage-${prefix}-`));
  const cacheDirectory = path.join(folder, "cache");
  const printed: string[] = [];
  // By whichever way it ends: uvu runs no more hooks after one that throws.
  process.on("exit", () => {
    removeAllOf(prefix);
    rmSync(folder, { recursive: true, force: true });
  });
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => process.exit(130));

  async function makePackage(
    packageWord: string,
    yaml: string,
    files: FileContents = {},
  ): Promise<PackageFolder> {
    const name = `${prefix}-${packageWord}`;
    const place = path.join(folder, packageWord);
    mkdirSync(place);
    const at = (file: string): string => path.join(place, file);
    const start = (args: readonly string[], options: CallOptions = {}) =>
      startMlpackage(place, args, {
        ...options,
        environment: { MLPACKAGE_CACHE_DIR: cacheDirectory, ...options.environment },
      });
    const made: PackageFolder = {
      ...{ name, path: place, at, start },
      write: (contents) => writeFiles(place, contents),
      configure: (text) => writeFiles(place, { "mlpackage.yaml": completed(name, text) }),
      async call(args, options) {
        const call = await start(args, options).ended;
        printed.push(call.all);
        return call;
      },
    };
    await made.configure(yaml);
    await made.write({ "score.py": ECHO_SCRIPT, ...files });
    return made;
  }

  return { folder, cacheDirectory, prefix, printed, makePackage };
}

function completed(name: string, yaml: string): string {
  const base = /^base_image:/m.test(yaml) ? "" : `base_image: ${PYTHON_IMAGE}\n`;
  const inference = /^inference:/m.test(yaml) ? "" : "inference: score.py\n";
  return `name: ${name}\n${base}${inference}${yaml}`;
}

async function writeFiles(folder: string, files: FileContents): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    const place = path.join(folder, name);
    await mkdir(path.dirname(place), { recursive: true });
    await writeFile(place, content);
    if (typeof content === "string" && content.startsWith("#!")) await chmod(place, 0o755);
  }
}
