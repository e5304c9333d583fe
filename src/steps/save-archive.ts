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
  const { engine, host, directory } = context;
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
  const image = imageIdOf(context.outputOf("build"));
  // An archive carries the name its image had when it was exported.
  return lendTag(image, tag, engine, async () => {
    const exported = await writeExport(tag, place, context);
    if (!exported.ok) return fail(...exported.diagnostics);
    const { digest, size } = await host.files.digest(place);
    return succeed(
      outputOfFiles([{ path: path.basename(target), digest, size, mode: 0o644, origin: target }]),
    );
  });
}

/** An export that nobody reads to its end, since its file cannot be written, would wait for us and we for it. */
async function writeExport(
  tag: string,
  place: string,
  { engine, host, signal }: StepContext,
): Promise<Result<void>> {
  const reading = new AbortController();
  try {
    const exported = await engine.export([tag], AbortSignal.any([signal, reading.signal]));
    if (!exported.ok) return exported;
    await host.files.writeStream(place, exported.value);
    return succeed(undefined);
  } finally {
    reading.abort();
  }
}
