/** What the solver's thread is begun with. */
export type SolverInputs = {
  readonly specs: readonly string[];
  readonly channels: readonly string[];
  readonly subdirs: readonly string[];
};

/** What is wanted of an address. */
type Request = { readonly kind: "request"; readonly id: number; readonly url: string };

/** No bytes where there is nothing. */
export type Answer = { readonly id: number; readonly bytes?: Uint8Array<ArrayBuffer> };

export type SolvedPackage = {
  readonly name: string;
  readonly url: string;
  readonly sha256: string | undefined;
  readonly size: number | undefined;
};

export type SolverMessage =
  | Request
  | { readonly kind: "solved"; readonly packages: readonly SolvedPackage[] }
  | { readonly kind: "failed"; readonly reason: string };
