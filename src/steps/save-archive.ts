import path from "node:path";
import { errorDiagnostic } from "../model/diagnostic.ts";
import type { StepOutput } from "../model/outcome.ts";
import { fail, type Result, succeed } from "../model/result.ts";
import type { StepContext } from "../model/step-kind.ts";
import { imageIdOf } from "./build.ts";
import { lendTag } from "./lend-tag.ts";
import { outputOfFiles } from "./output-files.ts";

/**
 * Writes the image as one tar. The engine's export is an OCI layout with docker's `manifest.json` beside it, so one
 * form serves both types: `docker load`, skopeo and podman read it as either.
 */
export async function saveArchive(
  target: string,
  tag: string,
  context: StepContext,
): Promise<Result<StepOutput>> {
  const { engine, host, directory, signal } = context;
  const place = path.join(directory, target);
  if ((await host.files.status(place))?.type === "directory") {
    return fail(
      errorDiagnostic(
        "save/folder-in-the-way",
        `\`${target}\` is a folder, and the archive would be a file`,
        {
          hint: "name a file, such as `dist/model.tar`; nothing was changed",
        },
      ),
    );
  }
  await removeAbandoned(place, context);
  const image = imageIdOf(context.outputOf("build"));
  // An archive carries the name its image had when it was exported.
  return lendTag(image, tag, engine, async () => {
    await host.files.writeStream(place, engine.export([tag], signal));
    const { digest, size } = await host.files.digest(place);
    return succeed(
      outputOfFiles([{ path: path.basename(target), digest, size, mode: 0o644, origin: target }]),
    );
  });
}

/** Removes what runs left that were killed while they wrote here. None is writing now: we have the lock. */
async function removeAbandoned(place: string, { host }: StepContext): Promise<void> {
  const [parent, name] = [path.dirname(place), path.basename(place)];
  const left = (await host.files.list(parent)).filter(
    (one) => one.startsWith(`${name}.`) && /^\.\d+\.[a-z0-9]+\.partial$/.test(one.slice(name.length)),
  );
  await Promise.all(left.map((one) => host.files.remove(path.join(parent, one))));
}
