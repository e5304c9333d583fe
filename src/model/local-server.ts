/** A request of a browser on this machine. `path` is what follows the token, without a query; header names in lower case. */
export type LocalRequest = {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** All of it; rejects with `TooLarge` for more bytes than these. */
  readonly readBody: (mostBytes: number) => Promise<Uint8Array>;
  /** Fires when whoever asked has gone. */
  readonly signal: AbortSignal;
};

/** A stream is sent as it comes, until it ends or nobody listens any more. */
export type LocalResponse = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array | AsyncIterable<string>;
};

/** A server on 127.0.0.1 that answers only those who know its address: `http://127.0.0.1:PORT/TOKEN/`. */
export interface LocalServer {
  readonly address: string;
  /** Ends what is under way, and takes no more. */
  close(): Promise<void>;
}

export type ServeLocally = (
  port: number,
  answer: (request: LocalRequest) => Promise<LocalResponse>,
) => Promise<LocalServer>;

/** A request with a longer body than is read. */
export class TooLarge extends Error {
  constructor() {
    super("the request is too large");
    this.name = "TooLarge";
  }
}

/** The port is somebody else's, or may not be had. `code` is Node's: `EADDRINUSE`, `EACCES`. */
export class PortTaken extends Error {
  readonly code: string;
  constructor(code: string) {
    super(code);
    this.name = "PortTaken";
    this.code = code;
  }
}
