import { collectGarbage } from "../../caches/collect-garbage.ts";
import { errorDiagnostic } from "../../model/diagnostic.ts";
import { EXIT } from "../exit-code.ts";
import { parseSize, wordSize } from "../parse-size.ts";
import { refuse } from "../refuse.ts";
import { type Session, tell } from "../session.ts";
import { wordCount, writeJson } from "./say.ts";

/** Removes what nobody needs, and what was used longest ago until the rest is below a size. */
export async function collectCache(
  session: Session,
  { maximumSize }: { readonly maximumSize: string | undefined },
): Promise<number> {
  const { cacheDirectory, host } = session;
  const maximumBytes = maximumSize === undefined ? undefined : parseSize(maximumSize);
  if (maximumSize !== undefined && maximumBytes === undefined) {
    return refuse(
      session,
      errorDiagnostic("cli/bad-size", `\`${maximumSize}\` is not a size`, {
        hint: "write it as `20GB`, `500MB` or `1.5GiB`",
      }),
    );
  }
  await host.files.makeDirectory(cacheDirectory, 0o700);
  const collected = await collectGarbage({
    directory: cacheDirectory,
    files: host.files,
    clock: host.clock,
    isAlive: host.identity.isAlive,
    maximumBytes,
  });
  const { records, blobs, leavings, bytesBefore, bytesAfter } = collected;
  if (session.options.json)
    writeJson(session, { records, contents: blobs, leavings, bytesBefore, bytesAfter });
  else {
    const removed = [
      wordCount(records, "record"),
      wordCount(blobs, "content"),
      wordCount(leavings, "leftover"),
    ];
    const rest =
      maximumBytes !== undefined && bytesAfter > maximumBytes ? ", in use within the last hours" : "";
    tell(
      session,
      `removed ${removed.join(", ")}: ${wordSize(bytesBefore - bytesAfter)} freed, ${wordSize(bytesAfter)} left${rest}`,
    );
  }
  return EXIT.done;
}
