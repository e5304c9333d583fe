import { type Diagnostic, errorDiagnostic } from "../model/diagnostic.ts";
import type { LayerCache } from "../model/engine.ts";
import { wordCacheFailure } from "./cache-failure.ts";

/** What is known of a build that failed: the vertex that did, its last output, and what buildx said besides. */
export type BuildFailure = {
  readonly vertexName?: string;
  readonly vertexError?: string;
  readonly log: readonly string[];
  readonly otherLines: readonly string[];
  /** Where buildx was to write the image: on our own disk. */
  readonly layoutFolder?: string;
  readonly cacheTo?: readonly LayerCache[];
};

const EXCERPT_LINES = 15;

/** One message for a failed build, classified by the vertex that failed: BuildKit's exit code is always 1. */
export function wordBuildFailure(failure: BuildFailure): Diagnostic {
  const { vertexName = "", vertexError = "" } = failure;
  const words = vertexError !== "" ? vertexError : lastError(failure.otherLines);
  if (/no space left on device/i.test([words, ...failure.log].join("\n"))) {
    const isOurs = failure.layoutFolder !== undefined && words.includes(failure.layoutFolder);
    return isOurs ? wordOurFullDisk() : wordFullDisk(words);
  }
  if (LOST_SNAPSHOT.test(words)) return wordLostSnapshot(words);
  if (vertexName.startsWith("[internal] load metadata for ")) {
    return wordBaseFailure(vertexName.slice("[internal] load metadata for ".length), words);
  }
  const ofCache = wordCacheFailure(vertexName, words, failure.cacheTo ?? []);
  if (ofCache !== undefined) return ofCache;
  const exitCode = /exit code: (\d+)/.exec(words)?.[1];
  if (exitCode !== undefined) return wordInstructionFailure(vertexName, Number(exitCode), failure.log);
  return errorDiagnostic("build/failed", `buildx failed: ${firstLine(words)}`, {
    excerpt: lastLines(failure.log),
    hint: "type `mlpackage doctor` to check the engine and buildx, then apply again",
  });
}

function wordOurFullDisk(): Diagnostic {
  return errorDiagnostic("host/file-fault", "the disk is full", {
    hint: "type `mlpackage cache gc`, or set `MLPACKAGE_CACHE_DIR` to a folder on another disk",
  });
}

function wordFullDisk(words: string): Diagnostic {
  return errorDiagnostic("build/disk-full", "the engine's disk is full", {
    excerpt: [firstLine(words)],
    hint: "type `docker buildx prune` or `docker system prune` to make room",
  });
}

/** BuildKit's words for a snapshot that its cache names and that an interrupted build took along. */
const LOST_SNAPSHOT = /failed to stat active key during commit|snapshot \S+ does not exist/;

function wordLostSnapshot(words: string): Diagnostic {
  return errorDiagnostic("build/lost-snapshot", "BuildKit's cache is damaged after an interrupted build", {
    excerpt: [firstLine(words)],
    hint: "type `docker buildx prune`, then apply again",
  });
}

function wordBaseFailure(reference: string, words: string): Diagnostic {
  const image = reference.replace(/^docker\.io\/(library\/)?/, "");
  return errorDiagnostic("build/base-image-unavailable", `the base image \`${image}\` cannot be pulled`, {
    excerpt: [firstLine(words)],
    hint: "check its name with `docker pull`, and type `docker login` if it is private",
    details: { subject: image },
  });
}

function wordInstructionFailure(vertexName: string, exitCode: number, log: readonly string[]): Diagnostic {
  const instruction = instructionOf(vertexName);
  const asking = hostThatAsks(log.join("\n"));
  if (asking !== undefined) return wordRefusedLogin(asking);
  const known = KNOWN_CAUSES.flatMap((cause) => cause(log.join("\n")) ?? [])[0];
  if (known !== undefined) return { ...known, excerpt: lastLines(log) };
  const message = `\`${instruction}\` ended with exit code ${exitCode}`;
  return errorDiagnostic("build/instruction-failed", message, {
    excerpt: lastLines(log),
    hint: "correct what the last lines say, in the file or in your Dockerfile",
    details: { exitCode },
  });
}

/** Answered with 401 pip asks for a user, and there is nobody to answer it. */
function hostThatAsks(log: string): string | undefined {
  return /EOFError/.test(log) ? /^User for (\S+): /m.exec(log)?.[1] : undefined;
}

function wordRefusedLogin(address: string): Diagnostic {
  const host = address.replace(/:\d+$/, "");
  return errorDiagnostic("build/login-refused", `\`${address}\` refuses the user name and password for pip`, {
    hint: `check the secret with \`host: ${host}\` in \`build.secrets\`, and its \`username\``,
    details: { subject: host },
  });
}

/** `[environment 2/4] RUN pip install …` without its place, cut to what one line can hold. */
function instructionOf(vertexName: string): string {
  const instruction = vertexName
    .replace(/^\[[^\]]*\] /, "")
    .replace(/--mount=\S+\s+/g, "")
    .replace(/\s+/g, " ");
  return instruction.length > 100 ? `${instruction.slice(0, 99)}…` : instruction;
}

type Cause = (log: string) => Diagnostic | undefined;

function unsatisfiedIn(log: string): string | undefined {
  return /No matching distribution found for (.+?)(?: \(from .*\))?$/m.exec(log)?.[1]?.trim();
}

/** What pip warns of before it gives up, in the words of urllib3; only some versions name the host. */
const UNREACHABLE_INDEX =
  /connection broken by '(?:NewConnectionError|NameResolutionError|ConnectTimeoutError|ReadTimeoutError|ProxyError)\(/;

const KNOWN_CAUSES: readonly Cause[] = [
  (log) => {
    if (!/DO NOT MATCH THE HASHES/.test(log)) return undefined;
    const name = /^\s*([A-Za-z0-9._-]+)==\S+ from /m.exec(log)?.[1] ?? "a package";
    return errorDiagnostic("build/digest-mismatch", `\`${name}\` has changed since it was locked`, {
      hint: "if the change is intended, type `mlpackage lock --upgrade python`",
    });
  },
  (log) => {
    const subject = unsatisfiedIn(log);
    if (!UNREACHABLE_INDEX.test(log) || subject === undefined) return undefined;
    const host = /host='([^']+)'|Failed to resolve '([^']+)'/.exec(log)?.slice(1).find(Boolean);
    const shown = host === undefined ? "the package index" : `\`${host}\``;
    return errorDiagnostic("build/index-unreachable", `pip cannot reach ${shown}`, {
      hint: "check the network that the engine's builds run in, its proxy (`HTTPS_PROXY`), and `index_url`",
      details: { subject },
    });
  },
  (log) => {
    const requirement = unsatisfiedIn(log);
    if (requirement === undefined) return undefined;
    return errorDiagnostic(
      "build/requirement-not-found",
      `no package satisfies the requirement \`${requirement}\``,
      {
        hint: "correct its name or version, or `index_url` and `find_links`; if the locked version is gone, type `mlpackage lock --upgrade python`",
        details: { subject: requirement },
      },
    );
  },
  (log) => {
    const name =
      /Unable to locate package (?<unknown>\S+)|Version '(?<version>[^']*)' for '(?<locked>[^']+)' was not found|download version '(?<listed>[^']*)' of '(?<installed>[^':]+)|Package '(?<virtual>[^']+)' has no installation candidate/.exec(
        log,
      )?.groups ?? {};
    const found = name.unknown ?? name.locked ?? name.installed ?? name.virtual;
    const version = name.version ?? name.listed;
    if (found === undefined) return undefined;
    return errorDiagnostic(
      "build/system-package-not-found",
      `the base image's package sources have no \`${found}\`${version === undefined ? "" : ` ${version}`}`,
      {
        hint: "correct its name for the base image's release; if the locked version is gone, type `mlpackage lock --upgrade system_packages`",
        details: { subject: found },
      },
    );
  },
  (log) =>
    /no such option: --(dry-run|report)/.test(log)
      ? errorDiagnostic("build/old-pip", "the base image's pip is too old: it must be 22.2 or newer", {
          hint: "choose a newer base image, or upgrade pip in a Dockerfile of your own (`base_image.dockerfile`)",
        })
      : undefined,
  (log) =>
    /No module named '?pip'?/.test(log)
      ? errorDiagnostic("build/no-pip", "the base image's Python has no pip", {
          hint: "add `python3-pip` to `environment.system_packages`, or set `environment.python.managed: false` if it needs no packages",
        })
      : undefined,
  (log) => {
    const interpreter = /(\S+): (?:command )?not found/.exec(log)?.[1]?.replace(/^.*: /, "");
    if (interpreter === undefined) return undefined;
    return errorDiagnostic("build/command-not-found", `the base image has no \`${interpreter}\``, {
      hint: "choose a base image that has it, or install it with `environment.system_packages`",
      details: { subject: interpreter },
    });
  },
];

function lastError(lines: readonly string[]): string {
  const errors = lines.filter((line) => line.startsWith("ERROR: "));
  return (
    errors.at(-1)?.replace(/^ERROR: (failed to build: )?(failed to solve: )?/, "") ??
    lines.at(-1) ??
    "no reason given"
  );
}

function lastLines(lines: readonly string[]): readonly string[] {
  return lines.filter((line) => line.trim() !== "").slice(-EXCERPT_LINES);
}

function firstLine(text: string): string {
  return text.split("\n")[0] ?? text;
}
