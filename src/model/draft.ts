import type { ConfigFile } from "./config.generated.ts";
import type { Location } from "./text-range.ts";

/** A configuration file that is about to be written, and what is to be said in it. */
export type Draft = {
  /** As it is written: shorthand is allowed, and what has its default is best left out. */
  readonly config: ConfigFile;
  /** The lines above a key, without their `#`, by its JSON pointer; `""` is the head of the file. */
  readonly comments: Readonly<Record<string, readonly string[]>>;
  /** Further files to write beside it, by path relative to it: `score.py`, `requirements.txt`. None replaces one. */
  readonly files: Readonly<Record<string, string>>;
  readonly leftOut: readonly LeftOut[];
};

/** What the other tool's file says and this one does not. */
export type LeftOut = {
  readonly what: string;
  readonly why: string;
  readonly location?: Location;
};
