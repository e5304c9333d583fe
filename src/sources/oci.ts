import type { ArtifactLayer } from "../artifacts/artifact.ts";
import { unpackLayer } from "../artifacts/unpack-layer.ts";
import { errorDiagnostic } from "../model/diagnostic.ts";
import { digestOfValue } from "../model/digest.ts";
import { createLimit } from "../model/limit.ts";
import { type Listing, type Place, Refusal, type RemoteFile } from "../model/place.ts";
import { hintAfter, RegistryError, type Repository } from "../model/registry.ts";
import { fail, type Result, succeed } from "../model/result.ts";
import type { Source, SourceContext, SourceReference } from "../model/source.ts";
import { createMeter } from "../transfers/meter.ts";
import { demandSpace } from "../transfers/space.ts";
import { transfer } from "../transfers/transfer.ts";
import { findArtifact } from "./oci/find-artifact.ts";
import { parseOciReference } from "./oci/reference.ts";
import { createRemoteSource, wordFault } from "./remote-source.ts";

/** How many parts of a layer come at once. */
const CONNECTIONS = 8;

/**
 * A model in a registry: a ModelPack, a ModelKit, a Docker Model, or the files of a plain artifact. A layer that is a
 * file has its digest. What is in a layer that is an archive nobody says, so that such layers are brought when the
 * model is listed, and their files lie in the store by then. Code, documents and datasets are left out unless `include`
 * says what is taken.
 *
 * Errors: `source/bad-oci-reference`, `source/not-in-registry`, `source/not-for-platform`, those of
 * `artifacts/read-artifact.ts` and `artifacts/unpack-layer.ts`, and of `sources/remote-source.ts`.
 */
const registry: Place = {
  schemes: ["oci"],
  parse,
  async list(reference, revision, context): Promise<Result<Listing>> {
    const name = parseOciReference(reference.source)?.name ?? "";
    const repository = context.repositoryOf(name);
    try {
      const { artifact } = await findArtifact(reference.source, repository, context, revision?.digest);
      const isWhole = reference.include.length > 0;
      const layers = artifact.layers.filter(({ role }) => isWhole || role === "model");
      const files = await listFiles(layers, repository, context);
      return succeed({ revision: { digest: artifact.digest }, files });
    } catch (error) {
      // The repository, and the transfer of a layer, have tried again whatever may pass.
      const worded = wordFault(error instanceof RegistryError ? refusalOf(error, name) : error);
      if (worded === undefined) throw error;
      return fail(worded);
    }
  },
};

export const ociSource: Source = createRemoteSource(registry);

function parse(reference: SourceReference): Result<SourceReference> {
  if (parseOciReference(reference.source) !== undefined) return succeed(reference);
  return fail(
    errorDiagnostic("source/bad-oci-reference", "the part after `oci://` is not a model in a registry", {
      hint: "write the registry, the repository and a tag or a digest: `oci://registry.example.com/team/ridge:3`",
    }),
  );
}

async function listFiles(
  layers: readonly ArtifactLayer[],
  repository: Repository,
  context: SourceContext,
): Promise<readonly RemoteFile[]> {
  const archives = layers.filter(({ packing }) => packing !== "raw");
  const packed = archives.map((layer) => fileOf(layer, repository));
  const meter = createMeter(packed, context);
  const files: RemoteFile[] = [];
  for (const layer of layers) {
    const index = archives.indexOf(layer);
    const archive = packed[index];
    if (archive === undefined) files.push(fileOf(layer, repository));
    else files.push(...(await unpack(layer, archive, meter.follow(archive), context)));
  }
  return files;
}

/** A layer as a file: its digest is that of the file, and says all there is to say of it. */
function fileOf({ path, digest, size }: ArtifactLayer, repository: Repository): RemoteFile {
  return {
    path,
    size,
    digest,
    open: (span, _validator, signal) => repository.openBlob(digest, span, signal),
  };
}

type FollowMeter = ReturnType<ReturnType<typeof createMeter>["follow"]>;

/** Brings a layer that is an archive, and puts its files into the store. */
async function unpack(
  { packing, digest, size }: ArtifactLayer,
  archive: RemoteFile,
  progress: FollowMeter,
  context: SourceContext,
): Promise<readonly RemoteFile[]> {
  if (packing === "raw") return [];
  const { host, store } = context;
  const name = digestOfValue({ digest, from: [] });
  const blob = await transfer(archive, {
    ...{ ...context, name, progress },
    withConnection: createLimit(CONNECTIONS),
  });
  const files: RemoteFile[] = [];
  for await (const file of unpackLayer(host.files.readStream(blob.path), { digest, size, packing })) {
    await demandSpace(file.size, store);
    const { digest: found } = await store.write(file.chunks);
    files.push({
      path: file.path,
      size: file.size,
      digest: found,
      open: () => Promise.reject(wordGone(file)),
    });
  }
  return files;
}

/** A file of an archive is in the store as soon as it is listed. */
function wordGone({ path }: Pick<RemoteFile, "path">): Refusal {
  return new Refusal(410, `\`${path}\` was unpacked, and has since disappeared from the cache folder`, {
    code: "source/changed",
    hint: "apply again",
  });
}

function refusalOf({ status, message }: RegistryError, name: string): Refusal {
  const host = name.split("/")[0] ?? "";
  return new Refusal(status, `the registry did not send \`${name}\`: ${message}`, {
    hint: hintAfter(status, host),
  });
}
