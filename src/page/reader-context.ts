import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { Reader } from "./live.ts";

export const ReaderContext = createContext<Reader | undefined>(undefined);

/** Undefined while the page is rendered, and where no script runs. */
export function useReader(): Reader | undefined {
  return useContext(ReaderContext);
}
