import path from "node:path";
import { BadArchive, wordBadArchive } from "../archives/bad-archive.ts";
import { createFilter } from "../archives/create-filter.ts";
import { gatherFiles } from "../archives/gather-files.ts";
import { mostUnpacked, readArchive } from "../archives/read-archive.ts";
import { untilAborted } from "../model/chunks.ts";
import { errorDiagnostic } from "../model/diagnostic.ts";
import { type Digest, startDigest } from "../model/digest.ts";
import type { OutputFile } from "../model/outcome.ts";
import { fail, type Result, succeed } from "../model/result.ts";
import type { StepContext, StepKind } from "../model/step-kind.ts";
import { demandFile, findMissingFile, outputOfFiles, watchFiles } from "./output-files.ts";

type UnpackInputs = { readonly include: readonly string[]; readonly exclude: readonly string[] };

type Written = { readonly place: string; readonly digest: Digest; readonly size: number };

/**
 * Takes the files of a model out of the archive it comes in. They are put aside first, and all of them go to the store
 * once the archive has turned out to be whole and harmless.
 *
 * Errors: `archive/damaged`, `archive/unsafe`, `archive/too-large`, `archive/unknown-format`, `archive/empty`,
 * `archive/several-files`.
 */
export const unpackKind: StepKind = {
  kind: "unpack",
  version: 1,
  summary: "unpacks a model's archive",
  shareable: false,
  timeoutMs: 2 * 60 * 60_000,
  attempts: 1,
  async run(step, context) {
    const archives = step.needs.flatMap((id) => context.outputOf(id).files);
    const [archive, ...others] = archives;
    if (archive === undefined || others.length > 0) return fail(wordSeveral(archives));
    const demandUnchanged = await watchFiles([archive], context);
    const inputs = step.inputs as unknown as UnpackInputs;
    const unpacked = await unpack(archive, inputs, context);
    if (!unpacked.ok) return unpacked;
    await demandUnchanged();
    const files: OutputFile[] = [];
    for (const { place, ...file } of unpacked.value) {
      if ((await context.store.find(file.digest)) === undefined) await context.store.take(place, file);
      files.push(file);
    }
    return succeed(outputOfFiles(files));
  },
  findMissing: (_step, output, context) => findMissingFile(output, context),
};

async function unpack(
  archive: OutputFile,
  inputs: UnpackInputs,
  context: StepContext,
): Promise<Result<readonly (OutputFile & Written)[]>> {
  const { files } = context.host;
  const file = { place: await demandFile(archive, context), size: archive.size };
  const folder = await context.makeWorkDirectory();
  let [count, bytes] = [0, 0];
  const write = async (chunks: AsyncIterable<Uint8Array>): Promise<Written> => {
    const place = path.join(folder, String(count));
    count += 1;
    const written = startDigest();
    let size = 0;
    async function* digested() {
      for await (const chunk of untilAborted(chunks, context.signal)) {
        written.update(chunk);
        size += chunk.length;
        yield chunk;
      }
    }
    await files.writeStream(place, digested());
    bytes += size;
    context.report({ type: "doing", text: `${count} files, ${(bytes / 1e6).toFixed(1)} MB` });
    return { place, digest: written.finish(), size };
  };
  try {
    const isWanted = await createFilter(inputs);
    const mostBytes = mostUnpacked(file);
    return succeed(await gatherFiles(readArchive(file, files), { isWanted, mostBytes, write }));
  } catch (error) {
    if (!(error instanceof BadArchive)) throw error;
    return fail(wordBadArchive(error, archive.path));
  }
}

function wordSeveral(files: readonly OutputFile[]) {
  return errorDiagnostic(
    "archive/several-files",
    `\`unpack\` needs a model that is one archive, and this one has ${files.length} files`,
    {
      excerpt: files.slice(0, 5).map((file) => file.path),
      hint: "write the archive itself as the `source`, or remove `unpack`",
    },
  );
}
