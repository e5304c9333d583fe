import { errorDiagnostic } from "../../model/diagnostic.ts";
import { nameOf } from "../../model/image-reference.ts";
import { fail, type Result, succeed } from "../../model/result.ts";
import { EXIT } from "../exit-code.ts";
import { type LastRun, openLastRun } from "../last-run.ts";
import { refuse } from "../refuse.ts";
import { type Session, tell } from "../session.ts";

/** Brings every pushed image back by the digest it was pushed under, and gives it its tag again. */
export async function pull(session: Session): Promise<number> {
  const pulled = await pullAll(session);
  if (!pulled.ok) return refuse(session, ...pulled.diagnostics);
  if (session.options.json) session.writeData(`${JSON.stringify({ pulled: pulled.value })}\n`);
  else session.writeData(`${pulled.value.map(({ tag, digest }) => `${tag} ${digest}`).join("\n")}\n`);
  return EXIT.done;
}

type Pushed = { readonly tag: string; readonly digest: string };

async function pullAll(session: Session): Promise<Result<readonly Pushed[]>> {
  const last = await openLastRun(session);
  if (!last.ok) return last;
  const pushed = await findPushed(last.value);
  if (!pushed.ok) return pushed;
  for (const { tag, digest } of pushed.value) {
    const reference = `${nameOf(tag)}@${digest}`;
    tell(session, `pulling ${reference}`);
    const done = await last.value.engine.pull(reference, () => {}, session.signal);
    if (!done.ok) return done;
    const tagged = await last.value.engine.tag(reference, tag);
    if (!tagged.ok) return tagged;
  }
  return pushed;
}

/** By the digests of the last `apply` here; on another machine, by what the registry has under the tags now. */
async function findPushed({ opened, engine, manifest }: LastRun): Promise<Result<readonly Pushed[]>> {
  const tags = opened.config.outputs.flatMap((output) =>
    output.type === "image" && output.push ? output.tags : [],
  );
  if (tags.length === 0) {
    return fail(
      errorDiagnostic("cli/nothing-pushed", "no output in the file is pushed", {
        hint: "set `push: true` on an image output",
      }),
    );
  }
  const pushed: Pushed[] = [];
  for (const tag of tags) {
    const recorded = manifest.steps[`push:${tag}`]?.output.values.digest;
    const resolved = typeof recorded === "string" ? succeed(recorded) : await engine.resolve(tag);
    if (!resolved.ok) return resolved;
    if (resolved.value === undefined) {
      return fail(
        errorDiagnostic("registry/not-found", `the registry has no \`${tag}\``, {
          hint: "type `mlpackage apply` to push it",
        }),
      );
    }
    pushed.push({ tag, digest: resolved.value });
  }
  return succeed(pushed);
}
