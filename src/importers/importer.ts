import type { Document } from "../model/document.ts";
import type { Draft } from "../model/draft.ts";
import type { Files } from "../model/host.ts";
import type { Result } from "../model/result.ts";
import type { SerializableRecord } from "../model/serializable.ts";

/** Another tool's file, and where it lies. */
export type Opened = {
  /** Its value is a mapping. */
  readonly document: Document;
  /** The folder of the package that is to be, absolute. */
  readonly directory: string;
  /** The folder of the file, from there: `.` if it is the same. */
  readonly folder: string;
  readonly files: Files;
};

/** What converts the files of one tool. It reads what they name, and writes nothing. */
export interface Importer {
  /** As people call its files: `a cog.yaml`. */
  readonly format: string;
  /** Whether a file is one by its name alone. */
  readonly isNamed: (fileName: string) => boolean;
  /** Whether a file of any other name is one, by what stands in it. */
  readonly isLike: (content: SerializableRecord) => boolean;
  readonly convert: (opened: Opened) => Promise<Result<Draft>>;
}
