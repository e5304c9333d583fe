import { type Diagnostic, errorDiagnostic } from "../../model/diagnostic.ts";
import { refuse } from "../refuse.ts";
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
export async function cache(session: Session, options: CacheOptions): Promise<number> {
  const { action, file, maximumSize } = options;
  const excess = findExcess(options);
  if (excess !== undefined) return refuse(session, wordExcess(action, excess));
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

/** What was given to an action that has no use for it: it was meant otherwise, and some of them remove things. */
function findExcess({ action, file, maximumSize }: CacheOptions): string | undefined {
  if (file !== undefined && action !== "export" && action !== "import") return file;
  return maximumSize !== undefined && action !== "gc" ? "--max-size" : undefined;
}

function wordExcess(action: CacheAction, excess: string): Diagnostic {
  return errorDiagnostic("cli/excess-argument", `\`cache ${action}\` takes no \`${excess}\``, {
    hint: "remove it: `--max-size` is for `cache gc`, a file for `cache export` and `cache import`",
  });
}
