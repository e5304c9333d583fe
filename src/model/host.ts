import type { Digest } from "./digest.ts";
import type { ServeLocally } from "./local-server.ts";
import type { Locks } from "./locks.ts";
import type { Part } from "./part.ts";

/** The only door to the world. Everything that touches files, processes, the network or time goes through here. */
export type Host = {
  readonly files: Files;
  readonly processes: Processes;
  readonly network: Network;
  readonly serveLocally: ServeLocally;
  readonly clock: Clock;
  readonly locks: Locks;
  readonly identity: ProcessIdentity;
  /** `os/arch` of the containers that this machine runs natively: `linux/amd64`. */
  readonly containerPlatform: string;
  /** A number from 0 to 1, without 1. */
  readonly random: () => number;
  /** The variables of our own process; read where the program is put together, never in the depths. */
  readonly environment: Readonly<Record<string, string | undefined>>;
};

/**
 * A name for a process that no other ever has, fit for a file: what a process leaves behind can be called by it, and
 * told from what a living one still needs.
 */
export type ProcessIdentity = {
  readonly id: string;
  readonly pid: number;
  /** Whether an identity is of this machine, and of the same numbering of processes. */
  readonly isHere: (id: string) => boolean;
  /** Whether the process of an identity still runs; of another machine's nobody here can tell, and it counts as alive. */
  readonly isAlive: (id: string) => Promise<boolean>;
};

export type FileStatus = {
  readonly type: "file" | "directory" | "other";
  readonly size: number;
  /** Permission bits. */
  readonly mode: number;
  /** When the content was written last, and when anything of it changed (its links, too): milliseconds since the epoch. */
  readonly modifiedMs: number;
  readonly changedMs: number;
};

/** A regular file found below a folder; `path` is relative to it, with forward slashes. */
export type TreeEntry = {
  readonly path: string;
  readonly size: number;
  readonly mode: number;
  /** What a link leads to that leads out of the boundary; it is not followed. */
  readonly outside?: "file" | "directory";
};

/** Paths are absolute. Errors are Node's own, with their `code`; a path that is not there is `undefined` where the type says so. */
export interface Files {
  /** The status of what a path names, links followed; undefined where nothing is there. */
  status(path: string): Promise<FileStatus | undefined>;
  /** A text that is another one once a file was written to or replaced; undefined where nothing is there. */
  stamp(path: string): Promise<string | undefined>;
  /** The path with every link resolved; undefined where nothing is there. */
  realPath(path: string): Promise<string | undefined>;
  readText(path: string): Promise<string>;
  readBytes(path: string): Promise<Uint8Array>;
  readStream(path: string): AsyncIterable<Uint8Array>;
  /** The bytes of a content from an offset on; rejects with a `PartChanged` where a file is not as long as it was. */
  readParts(parts: readonly Part[], start?: number): AsyncIterable<Uint8Array>;
  /** The names of what lies right in a folder, sorted; none where there is no folder. */
  list(path: string): Promise<readonly string[]>;
  /**
   * All regular files below a folder, links to files included, sorted by path; `ignore` prunes files and folders.
   * With a `boundary` links to folders are followed too, and what leads out of that folder is an entry that says so.
   */
  listTree(
    path: string,
    ignore?: (relativePath: string) => boolean,
    boundary?: string,
  ): Promise<readonly TreeEntry[]>;
  /**
   * The SHA-256 of a file's content, remembered for as long as the file's identity stays the same. `onReading` is called
   * where it is not known and has to be read: what else is to be read of the file is best read now.
   */
  digest(path: string, onReading?: () => void): Promise<{ readonly digest: Digest; readonly size: number }>;
  /** As `digest`; undefined where there is nothing, or no regular file. */
  digestIfFile(path: string): Promise<{ readonly digest: Digest; readonly size: number } | undefined>;
  /** As `digest`, from the bytes as they are now, whatever is remembered. */
  digestAfresh(path: string): Promise<{ readonly digest: Digest; readonly size: number }>;
  /** The SHA-256 of a content, remembered as long as this process runs and the identities of its files stay the same. */
  digestParts(parts: readonly Part[]): Promise<{ readonly digest: Digest; readonly size: number }>;
  /** With all that are missing above it; `mode` is for those that are made. */
  makeDirectory(path: string, mode?: number): Promise<void>;
  /** A new private folder below `parent`. */
  makeTemporaryDirectory(parent: string, prefix: string): Promise<string>;
  /** Whole or not at all: temporary file, fsync, rename. `mode` is what the file has from its beginning on. */
  writeAtomically(path: string, content: string | Uint8Array, mode?: number): Promise<void>;
  /**
   * Whole or not at all for whoever looks, and not waited for until the disk has it: after a power cut the file may be
   * there with other bytes. For what is short, and whose bytes are looked at whenever it is used.
   */
  writeBriefly(path: string, content: Uint8Array): Promise<void>;
  /** Adds a text to a file that others add to as well, or makes it. */
  append(path: string, text: string): Promise<void>;
  /** Writes a stream into a new file, flushed to the disk; the file is removed if the stream fails. */
  writeStream(path: string, chunks: AsyncIterable<Uint8Array>): Promise<void>;
  /**
   * Opens a file that grows in several places at once, or makes it; what is in it stays. It is hashed as it grows: see
   * `GrowingFile`.
   */
  openGrowing(path: string): Promise<GrowingFile>;
  /** Remembers what who wrote a file knows of it: for this run at once, for others when the disk has the file. */
  noteDigest(path: string, digest: Digest): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  copy(from: string, to: string): Promise<void>;
  /** A symbolic link to an absolute path. */
  link(target: string, place: string): Promise<void>;
  setMode(path: string, mode: number): Promise<void>;
  /** Gives a file the time of now, unless its own is younger than `ageMs`. A time of the future is none. */
  touch(path: string, ageMs?: number): Promise<void>;
  /** Bytes this user may still write on the file system that holds a path. */
  freeBytes(path: string): Promise<number>;
  /** Bytes of the whole file system that holds a path. */
  totalBytes(path: string): Promise<number>;
  /** Removes a file or a folder with all that is in it; nothing there is no error. */
  remove(path: string): Promise<void>;
  /** Tells of changes from the moment on that it resolves. */
  watch(request: WatchRequest): Promise<Watching>;
}

export interface GrowingFile {
  /** Writes chunks, one behind the other, from a position on. */
  write(chunks: readonly Uint8Array[], position: number): Promise<void>;
  /** Tells that all bytes before a position are written for good: they may be hashed. */
  settle(position: number): void;
  /** The SHA-256 of the file up to a size, all of which is settled. */
  finish(size: number): Promise<Digest>;
  /** Twice does no harm. */
  close(): Promise<void>;
}

export type WatchRequest = {
  /** Files, and folders with all that is in them, which are there. */
  readonly paths: readonly string[];
  readonly isIgnored?: (path: string) => boolean;
  /** Something was written, made or removed; one change may be told several times. */
  readonly onChange: (path: string) => void;
  /** Some changes may not be told from now on. */
  readonly onFault: (error: Error) => void;
};

export interface Watching {
  close(): Promise<void>;
}

/** A file has another size than it had when its content was planned: somebody writes to it. */
export class PartChanged extends Error {
  readonly file: string;
  constructor(file: string) {
    super(`\`${file}\` changed while it was read`);
    this.name = "PartChanged";
    this.file = file;
  }
}

export type ProcessRequest = {
  readonly command: string;
  readonly args: readonly string[];
  readonly directory?: string;
  /** The whole environment of the process: what is not named here is not there. */
  readonly environment: Readonly<Record<string, string>>;
  readonly input?: string;
  readonly signal?: AbortSignal;
  readonly timeoutMs?: number;
  readonly onStdoutLine?: (line: string) => void;
  readonly onStderrLine?: (line: string) => void;
  /** Gives the process our own terminal streams instead of pipes. */
  readonly interactive?: boolean;
};

export type ProcessResult = {
  /** Undefined where the process could not be started or was ended by a signal. */
  readonly exitCode: number | undefined;
  /** Empty, as is `stderr`, where its lines were read while they came. */
  readonly stdout: string;
  readonly stderr: string;
  readonly failure?: "not-found" | "not-started" | "timed-out" | "aborted" | "signalled";
};

export interface Processes {
  /** Runs a command without a shell. Ended by `signal` or `timeoutMs` with TERM, then KILL after ten seconds. Never rejects. */
  run(request: ProcessRequest): Promise<ProcessResult>;
}

export type NetworkRequest = {
  readonly url: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** A stream is sent as it comes; its length is a header of the caller's. */
  readonly body?: string | Uint8Array | AsyncIterable<Uint8Array>;
  /** A unix socket that is spoken to instead of the URL's host. */
  readonly socketPath?: string;
  readonly signal?: AbortSignal;
  /** For the response's headers to arrive; counted anew from each chunk of a stream that is sent. */
  readonly timeoutMs?: number;
  /** For the next bytes of the body to arrive. */
  readonly stallTimeoutMs?: number;
};

export type NetworkResponse = {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: AsyncIterable<Uint8Array>;
  text(): Promise<string>;
  /** Closes the connection without reading the rest. */
  discard(): void;
};

export interface Network {
  /** Sends one request; redirects are not followed. Rejects with a `NetworkError` where there is no response. */
  request(request: NetworkRequest): Promise<NetworkResponse>;
}

/** No response, or one that broke off. `code` is Node's where it has one: `ECONNREFUSED`, `ENOTFOUND`, `ETIMEDOUT`. */
export class NetworkError extends Error {
  readonly code: string;
  constructor(code: string, message: string) {
    super(message);
    this.name = "NetworkError";
    this.code = code;
  }
}

export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Milliseconds since some moment; never goes back. */
  monotonic(): number;
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
}
