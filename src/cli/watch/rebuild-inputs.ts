import path from "node:path";
import { inputPaths } from "../../config/input-paths.ts";
import type { Files } from "../../model/host.ts";
import type { Package } from "../open-package.ts";

/** What goes into the image by a build, besides the code: absolute path → what the file calls it. */
export function rebuildInputs({ config, configPaths }: Package): ReadonlyMap<string, string> {
  const { directory } = config;
  const code = config.inference.sourceDirectory ?? ".";
  const holdsCode = (one: string) => one === "." || one === code || code.startsWith(`${one}/`);
  const inputs = inputPaths(config).filter(
    ({ path: one, role, pointer }) =>
      role !== "script" &&
      !pointer.startsWith("/tests/") &&
      pointer !== "/inference/source_directory" &&
      !holdsCode(one) &&
      // A pattern is no place to look at.
      !/[*?[\]{}]/.test(one),
  );
  return new Map([
    ...configPaths.map((one) => [one, path.basename(one)] as const),
    ...inputs.map(({ path: one }) => [path.join(directory, one), one] as const),
  ]);
}

/** What of these is another than when it was last asked: a file by its content, however often it is written. */
export async function createRebuildCheck(
  inputs: ReadonlyMap<string, string>,
  files: Files,
): Promise<(changed: ReadonlySet<string>) => Promise<readonly string[]>> {
  const known = new Map<string, string | undefined>();
  const digestOf = async (place: string) => (await files.digestIfFile(place))?.digest;
  for (const place of inputs.keys()) known.set(place, await digestOf(place));
  return async (changed) => {
    const told: string[] = [];
    for (const [place, name] of inputs) {
      if (![...changed].some((one) => one === place || one.startsWith(`${place}${path.sep}`))) continue;
      const digest = await digestOf(place);
      if (digest === undefined || digest !== known.get(place)) told.push(name);
      known.set(place, digest);
    }
    return told;
  };
}
