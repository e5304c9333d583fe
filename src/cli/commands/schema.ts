import path from "node:path";
import { EXIT } from "../exit-code.ts";
import type { Session } from "../session.ts";

export async function schema(session: Session): Promise<number> {
  // Beside package.json: bundled, this is in `dist/` or in a chunk below it, else in `src/cli/commands/`.
  for (const up of ["..", "../..", "../../.."]) {
    const file = path.join(import.meta.dirname, up, "mlpackage.schema.json");
    if ((await session.host.files.status(file)) === undefined) continue;
    session.writeData(await session.host.files.readText(file));
    return EXIT.done;
  }
  throw new Error("the schema is missing from this installation");
}
