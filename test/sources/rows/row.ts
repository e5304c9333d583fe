import type { Source, SourceReference } from "../../../src/model/source.ts";

/** A request as a server gets it; `headers` are those of Node, in lower case. */
export type Asked = {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
};

/** A server that has one model, and how its source is sent there: directly, or to what stands in between. */
export type Served = {
  /** `http://127.0.0.1:PORT`. */
  readonly url: string;
  readonly stop: () => Promise<void>;
};

/**
 * What the table of faults asks of a source that is not on this machine. Each row has a server of its own: a real one
 * where there is one, else one of `test/rig/servers/`.
 */
export type SourceRow = {
  /** The scheme. */
  readonly name: string;
  readonly source: Source;
  /** Starts a server whose one model has one file, `model.bin`, of these bytes. */
  start(content: Buffer): Promise<Served>;
  /** The reference to that model, and the variables by which its source asks at this address. */
  ask(url: string): {
    readonly reference: SourceReference;
    readonly environment: Readonly<Record<string, string>>;
  };
  /** Whether a request is one for the bytes of the model, and not for what is said of it. */
  isContent(asked: Asked): boolean;
  /** Whether a request is one of those that find out what is there; undefined where there is no such request. */
  readonly isListing?: (asked: Asked) => boolean;
};
