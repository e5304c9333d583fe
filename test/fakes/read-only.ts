import { chmodSync, readdirSync, statSync } from "node:fs";
import path from "node:path";

/** Somebody without rights: `nobody` of every Linux. */
const NOBODY = 65_534;

/** Runs an act while a folder with all in it can be read, and not written; as somebody else where we are root. */
export async function makeReadOnly(folder: string, act: () => Promise<void>): Promise<void> {
  const isRoot = process.geteuid?.() === 0;
  const places = [
    folder,
    ...readdirSync(folder, { recursive: true, encoding: "utf8" }).map((name) => path.join(folder, name)),
  ];
  const modes = places.map((place) => statSync(place).mode & 0o777);
  for (const place of places) chmodSync(place, statSync(place).isDirectory() ? 0o555 : 0o444);
  // The folder of all tests is private: nobody could come this far.
  const parent = path.dirname(folder);
  const parentMode = statSync(parent).mode & 0o777;
  chmodSync(parent, 0o711);
  try {
    if (isRoot) process.seteuid?.(NOBODY);
    await act();
  } finally {
    if (isRoot) process.seteuid?.(0);
    chmodSync(parent, parentMode);
    for (const [index, place] of places.entries()) chmodSync(place, modes[index] ?? 0o755);
  }
}
