import type { Running } from "./processes.ts";

/** A build tool under test: something that can be had, and projects for it. */
export type Tool = {
  readonly name: string;
  /** Installs it where it is not there yet. Rejects with the reason where it cannot be had. */
  readonly prepare: () => Promise<void>;
  /** A fresh project in a folder that is there and empty. */
  readonly open: (folder: string, wish?: ProjectWish) => Promise<Project>;
};

export type ProjectWish = {
  /** Its task runs as a process of its own, which can see variables and outlive a signal; not all tools' tasks do. */
  readonly hasProcess?: boolean;
};

/**
 * A project with one task that makes two outputs, the first of the first input and an argument list, the second of the
 * second input, and can be held while it runs.
 */
export type Project = {
  readonly folder: string;
  /** Relative to the folder. */
  readonly inputs: readonly [string, string];
  readonly outputs: readonly [string, string];
  /** `extra` among them makes one output more. */
  readonly setArguments: (args: readonly string[]) => Promise<void>;
  /** Starts the tool, as its users do. */
  readonly start: (environment?: Readonly<Record<string, string>>) => Running;
  /** Each task's name, and how often it has really run so far. */
  readonly countRuns: () => ReadonlyMap<string, number>;
  /** How many of these runs only put outputs back that were deleted, from what the cache has. */
  readonly restoreRuns: number;
  /** How the outputs differ from those that a clean run makes of the inputs as they are. */
  readonly judge: () => Promise<Difference>;
  /** What the task saw of the variable `TORTURE_WORD`, which nothing declares. */
  readonly readVariable: () => Promise<string>;
  /** Absolute paths of what the cache holds; undefined for a tool without one. */
  readonly listCache: (() => Promise<readonly string[]>) | undefined;
  /** A task that starts from now on waits before it reads its inputs. */
  readonly hold: () => void;
  /** Resolves once a task waits; rejects after half a minute. */
  readonly waitUntilHeld: () => Promise<void>;
  readonly release: () => void;
  /** What still runs of its tasks, in words. */
  readonly findSurvivors: () => Promise<readonly string[]>;
  /** The same project, its folder and cache moved: nothing is left in the old place. */
  readonly moveTo: (folder: string) => Promise<Project>;
  readonly close: () => Promise<void>;
};

/** `missing` and `left`: a file too few or too many; `wrong`: other bytes than a clean run's. */
export type Difference = "right" | "missing" | "left" | "wrong";

/** What one case saw, in a word or two, and what it would tell somebody who looks into it. */
export type Sight = { readonly word: string; readonly details?: string };

/** One way to be wrong. */
export type Case = {
  readonly name: string;
  /** For tools without a cache there is nothing to look at. */
  readonly needsCache?: boolean;
  readonly act: (open: OpenProject) => Promise<Sight>;
  /** What mlpackage promises. */
  readonly promised: RegExp;
};

/** Gives a fresh project of the tool in turn. */
export type OpenProject = (wish?: ProjectWish) => Promise<Project>;
