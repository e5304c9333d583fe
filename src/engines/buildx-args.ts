import type { BuildRequest } from "../model/engine.ts";

/** The builder that is the engine's own BuildKit, whatever `docker buildx use` chose. */
const ENGINE_BUILDER = "default";

const FORMAT = "oci-mediatypes=true,compression=uncompressed";

export type BuildOutputs = {
  /** Whether the engine's own builder can: the classic store cannot. */
  readonly writesLayouts: boolean;
  /** Where the id of the image in the engine is written. */
  readonly idFile: string;
};

/**
 * A build request as arguments of `buildx`.
 *
 * Attestations are off because they hold times and an id of the invocation, so that no two builds would be equal.
 * Layers stay uncompressed: gzip costs more than the network saves on weights, and its bytes differ by version.
 */
export function buildxArgs(
  request: BuildRequest,
  { writesLayouts, idFile }: BuildOutputs,
): readonly string[] {
  const { builder = ENGINE_BUILDER } = request;
  return [
    "build",
    ...["--builder", builder],
    ...["--file", request.dockerfile],
    ...["--target", request.target],
    ...Object.entries(request.namedContexts).flatMap(([name, folder]) => [
      "--build-context",
      `${name}=${folder}`,
    ]),
    ...(request.platforms.length > 0 ? ["--platform", request.platforms.join(",")] : []),
    ...(request.noCache
      ? ["--no-cache"]
      : (request.freshStages ?? []).flatMap((stage) => ["--no-cache-filter", stage])),
    ...["--build-arg", `SOURCE_DATE_EPOCH=${request.sourceDateEpoch}`],
    "--provenance=false",
    "--sbom=false",
    ...(request.filesFolder === undefined
      ? imageOutputs(request, { writesLayouts, idFile })
      : ["--output", `type=local,${quoted(`dest=${request.filesFolder}`)}`]),
    "--progress=rawjson",
    request.context,
  ];
}

function imageOutputs(
  { builder = ENGINE_BUILDER, layoutFolder }: BuildRequest,
  { writesLayouts, idFile }: BuildOutputs,
): readonly string[] {
  return [
    ...(builder === ENGINE_BUILDER ? ["--output", `type=image,${FORMAT}`, "--iidfile", idFile] : []),
    ...(builder !== ENGINE_BUILDER || writesLayouts
      ? ["--output", `type=oci,tar=false,${FORMAT},${quoted(`dest=${layoutFolder}`)}`]
      : []),
  ];
}

/** A field of the comma-separated list that `--output` takes. */
function quoted(field: string): string {
  return /[",]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field;
}
