import path from "node:path";
import { archiveParts, blobsOf } from "../images/archive.ts";
import { untilAborted } from "../model/chunks.ts";
import { errorDiagnostic } from "../model/diagnostic.ts";
import { startDigest } from "../model/digest.ts";
import type { Image } from "../model/image.ts";
import type { StepOutput } from "../model/outcome.ts";
import { type Part, sizeOfParts } from "../model/part.ts";
import { fail, type Result, succeed } from "../model/result.ts";
import type { Step } from "../model/step.ts";
import type { StepContext } from "../model/step-kind.ts";
import { IMAGE, imageOf } from "./build-image.ts";
import { contentsFor, partsOfAll, whileUnchanged } from "./image-contents.ts";
import { outputOfFiles } from "./output-files.ts";

export type ArchiveInputs = {
  readonly type: "oci-archive" | "docker-archive";
  readonly path: string;
  readonly tag: string;
};

/**
 * Writes the image as one tar: an OCI layout with docker's `manifest.json` beside it, so that one form serves both
 * types. `docker load`, skopeo and podman read it as either.
 *
 * Errors: `save/folder-in-the-way`, `save/one-platform`, `save/no-room`.
 */
export async function saveArchive(step: Step, context: StepContext): Promise<Result<StepOutput>> {
  const { type, path: target, tag } = step.inputs as unknown as ArchiveInputs;
  const { host, directory } = context;
  const place = path.join(directory, target);
  const image = imageOf(context.outputOf(IMAGE));
  if (type === "docker-archive" && image.images.length > 1) return fail(wordPlatforms(target));
  if ((await host.files.status(place))?.type === "directory") return fail(wordFolder(target));
  await removeAbandoned(place, context);
  const parts = await partsOfArchive(image, tag, step, context);
  const bytes = sizeOfParts(parts);
  const parent = path.dirname(place);
  await host.files.makeDirectory(parent);
  const free = await host.files.freeBytes(parent);
  if (free < bytes) return fail(wordNoRoom(target, bytes, free));
  context.report({ type: "doing", text: `writing ${megabytes(bytes)} MB` });
  const hash = startDigest();
  await whileUnchanged(step, context, (demandUnchanged) =>
    host.files.writeStream(
      place,
      watched(untilAborted(host.files.readParts(parts), context.signal), hash.update, demandUnchanged),
    ),
  );
  const [digest, size] = [hash.finish(), bytes];
  return succeed(outputOfFiles([{ path: path.basename(target), digest, size, mode: 0o644, origin: target }]));
}

/** What is written is put in its place at the end of the chunks: until then it can be given up. */
async function* watched(
  chunks: AsyncIterable<Uint8Array>,
  onChunk: (chunk: Uint8Array) => void,
  demandUnchanged: () => Promise<void>,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    onChunk(chunk);
    yield chunk;
  }
  await demandUnchanged();
}

async function partsOfArchive(
  image: Image,
  name: string,
  step: Step,
  context: StepContext,
): Promise<readonly Part[]> {
  const parts = await partsOfAll(blobsOf(image), contentsFor(step, context));
  return archiveParts(image, ({ digest }) => parts.get(digest) ?? [], { name });
}

function wordPlatforms(target: string) {
  return errorDiagnostic("save/one-platform", `\`${target}\` can hold only one platform`, {
    hint: "write `type: oci-archive`, or list one platform in `build.platforms`",
  });
}

function wordFolder(target: string) {
  return errorDiagnostic("save/folder-in-the-way", `\`${target}\` is a folder, but the archive is a file`, {
    hint: "write a file name, such as `dist/model.tar`; nothing was changed",
  });
}

function wordNoRoom(target: string, bytes: number, free: number) {
  const message = `\`${target}\` needs ${megabytes(bytes)} MB, and the disk has ${megabytes(free)} MB free`;
  return errorDiagnostic("save/no-room", message, {
    hint: "free some space, or change the `path` of the output; nothing was changed",
  });
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(bytes < 10e6 ? 1 : 0);
}

/** Removes what runs left that were killed while they wrote here. None is writing now: we have the lock. */
async function removeAbandoned(place: string, { host }: StepContext): Promise<void> {
  const [parent, name] = [path.dirname(place), path.basename(place)];
  const left = (await host.files.list(parent)).filter(
    (one) => one.startsWith(`${name}.`) && /^\.\d+\.[a-z0-9]+\.partial$/.test(one.slice(name.length)),
  );
  await Promise.all(left.map((one) => host.files.remove(path.join(parent, one))));
}
