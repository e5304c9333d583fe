import path from "node:path";
import { digestOf } from "../model/digest.ts";
import type { Session } from "./session.ts";

/** Where the cache has what was parsed of a file of a package. */
export function documentPlaceOf(session: Session, file: string): string {
  return placeInCache(session, "documents", file);
}

/** The file for what a key stands for, in a folder of the cache. */
export function placeInCache(
  { cacheDirectory }: Session,
  folder: "packages" | "documents",
  key: string,
): string {
  return path.join(cacheDirectory, folder, `${digestOf(key).slice("sha256:".length, 39)}.json`);
}
