import type { Session } from "../session.ts";

export type CacheAction = "ls" | "du" | "verify" | "gc" | "clear" | "export" | "import";

export type CacheOptions = {
  readonly action: CacheAction;
  /** For `export` and `import`. */
  readonly file: string | undefined;
  /** For `gc`, as people write it. */
  readonly maximumSize: string | undefined;
};

/** The commands about the cache itself, none of which needs a package. */
export async function cache(session: Session, { action, file, maximumSize }: CacheOptions): Promise<number> {
  switch (action) {
    case "ls":
      return (await import("../cache/list.ts")).listCache(session);
    case "du":
      return (await import("../cache/measure.ts")).measureCache(session);
    case "verify":
      return (await import("../cache/verify.ts")).verifyCache(session);
    case "gc":
      return (await import("../cache/collect.ts")).collectCache(session, { maximumSize });
    case "clear":
      return (await import("../cache/clear.ts")).clearCache(session);
    case "export":
      return (await import("../cache/carry-over.ts")).exportCache(session, { file });
    case "import":
      return (await import("../cache/carry-over.ts")).importCache(session, { file });
  }
}
