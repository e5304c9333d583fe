import type { CondaPackages } from "../model/config.ts";
import type { Result } from "../model/result.ts";
import type { Location, SourceFile } from "../model/text-range.ts";
import type { FormatName } from "./formats.ts";
import type { Placed } from "./placed.ts";

/** What of a project is wanted besides its dependencies. */
export type Choice = { readonly extras: readonly string[]; readonly groups: readonly string[] };

/** What a file of dependencies comes to. */
export type Requirements = {
  /** As lines of a requirements file. */
  readonly lines: readonly string[];
  /** Where its packages come from; empty where the file does not say. */
  readonly indexes: readonly string[];
  /** Folders of wheels, relative to the file. */
  readonly findLinks: readonly string[];
  /** The versions of Python that it asks for, as PEP 440 says them. */
  readonly python?: { readonly versions: string; readonly pointer: string };
  /** What it asks conda for, Python among it. */
  readonly conda?: CondaPackages;
};

/** A way to write dependencies down. All throw a `BadShape` where the file is not of the format. */
export type Format = {
  /** What may be asked for besides. `project` is the `pyproject.toml` that a lock lies beside. */
  readonly offers: (data: Placed, project: Placed | undefined) => Choice;
  /** Its diagnostics name a place in the file that was read, by their `path`. */
  readonly read: (data: Placed, choice: Choice, project: Placed | undefined) => Result<Requirements>;
};

/** A file of dependencies to read, and all that matters to what it comes to. */
export type ReadRequest = {
  readonly format: FormatName;
  readonly file: SourceFile;
  /** The `pyproject.toml` that a lock lies beside. */
  readonly project?: SourceFile | undefined;
  readonly choice: Choice;
  /** The first two numbers of the base image's Python, where they are known. */
  readonly basePython?: readonly [number, number] | undefined;
  /** Where an extra or a group is asked for. */
  readonly locateChoice: (kind: keyof Choice, index: number) => Location;
};
