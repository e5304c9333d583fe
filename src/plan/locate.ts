import type { Location } from "../model/text-range.ts";

/** Where the value at a JSON pointer stands in the configuration file. */
export type Locate = (pointer: string) => Location;
