import path from "node:path";
import { defaultMaximumBytes } from "../../caches/collect-garbage.ts";
import { listStore } from "../../caches/inventory.ts";
import { EXIT } from "../exit-code.ts";
import { wordSize } from "../parse-size.ts";
import type { Session } from "../session.ts";
import { writeJson } from "./say.ts";

/** How much there is of what. */
export async function measureCache(session: Session): Promise<number> {
  const { cacheDirectory, host } = session;
  await host.files.makeDirectory(cacheDirectory, 0o700);
  const { stored } = await listStore(cacheDirectory, host.files);
  const bytesOf = (kind: string): number =>
    stored.reduce((sum, file) => sum + (file.kind === kind ? file.size : 0), 0);
  const quarantine = path.join(cacheDirectory, "quarantine");
  const isThere = (await host.files.status(quarantine)) !== undefined;
  const quarantined = isThere ? await host.files.listTree(quarantine) : [];
  const sizes = {
    records: bytesOf("record"),
    contents: bytesOf("blob"),
    quarantine: quarantined.reduce((sum, { size }) => sum + size, 0),
    limit: await defaultMaximumBytes(cacheDirectory, host.files),
  };
  if (session.options.json) writeJson(session, { directory: cacheDirectory, bytes: sizes });
  else {
    const lines = Object.entries(sizes).map(
      ([what, bytes]) => `${what.padEnd(10)}  ${wordSize(bytes).padStart(9)}`,
    );
    session.writeData(`${lines.join("\n")}\n`);
  }
  return EXIT.done;
}
