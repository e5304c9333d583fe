import type { BuildRequest, BuildSecret, LayerCache } from "../model/engine.ts";

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
    ...(request.secrets ?? []).flatMap((secret, index) => ["--secret", secretOption(secret, index)]),
    // Where every instruction is to run, nothing is to be found.
    ...(request.noCache ? [] : cacheOptions("--cache-from", request.cacheFrom)),
    ...cacheOptions("--cache-to", request.cacheTo),
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

function secretOption({ id, file }: BuildSecret, index: number): string {
  return file === undefined
    ? `id=${id},type=env,env=${secretVariable(index)}`
    : `id=${id},type=file,${quoted(`src=${file}`)}`;
}

function secretVariable(index: number): string {
  return `MLPACKAGE_BUILD_SECRET_${index}`;
}

/** The variables by which buildx is handed secrets: its arguments are there for everybody to see. */
export function secretVariables({ secrets = [] }: Pick<BuildRequest, "secrets">): Record<string, string> {
  return Object.fromEntries(
    secrets.flatMap(({ value, file }, index) =>
      file === undefined ? [[secretVariable(index), value] as const] : [],
    ),
  );
}

function cacheOptions(flag: string, caches: readonly LayerCache[] = []): readonly string[] {
  return caches.flatMap((cache) => [
    flag,
    Object.entries(cache)
      .map(([name, value]) => quoted(`${name}=${value}`))
      .join(","),
  ]);
}

/** A field of the comma-separated lists that options take. */
function quoted(field: string): string {
  return /[",]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field;
}
