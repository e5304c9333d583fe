import type { RunEvent } from "./event.ts";

/** Tells a person or a program what happens in a run. */
export interface Reporter {
  handle(event: RunEvent): void;
  /** Puts the terminal back as it was; called once, however the run ended. */
  close(): void;
}

/** Where a reporter's text goes. */
export type Terminal = {
  readonly write: (text: string) => void;
  readonly color: boolean;
  readonly columns: () => number;
  readonly rows: () => number;
};
