import { fileOfUrl } from "../model/conda-archive.ts";
import { type Diagnostic, errorDiagnostic } from "../model/diagnostic.ts";
import { isDigest } from "../model/digest.ts";
import type { Graph } from "../model/graph.ts";
import { fail, type Result, succeed } from "../model/result.ts";
import type { Step } from "../model/step.ts";
import type { Location } from "../model/text-range.ts";
import { filesOfPackages, hasBase, type Vendor, withoutVendored } from "../model/vendor.ts";
import { dependenciesOf } from "../plan/order.ts";
import { type Examined, examine } from "../plan/plan.ts";
import { ENVIRONMENT } from "../steps/build-image.ts";
import { CONDA } from "../steps/conda.ts";
import { environmentOf } from "../steps/take-images.ts";
import type { Assembly } from "./assemble.ts";

type Supply = {
  readonly vendor?: Vendor | undefined;
  /** As the call names it. */
  readonly folder?: string | undefined;
};

/**
 * Finds, before anything runs, what of a run would need a network: what pushes, and what is neither in the cache nor in
 * the vendor folder. All that is needed of that folder is read for it.
 *
 * Errors: `cli/offline-push`, `cli/offline-dockerfile`, `cli/not-vendored`.
 */
export async function checkOffline(
  assembly: Assembly,
  graph: Graph,
  { vendor, folder }: Supply,
): Promise<Result<void>> {
  const pushing = graph.steps.filter(isPushing);
  if (pushing.length > 0) return fail(...wordPushing(pushing, graph));
  const examined = await examine(graph, assembly.evaluation);
  const work = examined.filter(({ planned }) => planned.verdict !== "fresh");
  const isBuilt = work.some(({ planned }) => planned.step.id === ENVIRONMENT);
  if (isBuilt && assembly.pins.base.kind === "dockerfile")
    return fail(wordDockerfile(environmentIn(graph)?.location));
  const missing = [
    ...(isBuilt || (await lacksLayers(examined, work, assembly))
      ? await findMissingBase(assembly, vendor)
      : []),
    ...(isBuilt ? await findMissingPackages(assembly, vendor) : []),
    ...(work.some(({ planned }) => planned.step.id === CONDA) ? await findMissingConda(assembly) : []),
    ...(await findMissingModels(work, assembly)),
  ];
  return missing.length === 0 ? succeed(undefined) : fail(wordMissing(missing, assembly, folder));
}

function isPushing({ kind }: Step): boolean {
  return kind === "push" || kind === "upload" || kind === "attest";
}

/** Each push, with what to type for all the rest. */
function wordPushing(pushing: readonly Step[], { steps }: Graph): readonly Diagnostic[] {
  const rest = steps.filter((step) => !isPushing(step));
  const needed = new Set(rest.flatMap(dependenciesOf));
  const last = rest.filter(({ id }) => !needed.has(id)).map(({ id }) => id);
  const hint = `add \`--only ${last.join(" ")}\` to do all but that, and push where there is a network`;
  return pushing
    .filter(({ kind }) => kind === "push")
    .map(({ id, location }) =>
      errorDiagnostic("cli/offline-push", `\`${id}\` needs a registry, which \`--offline\` does not allow`, {
        ...(location !== undefined && { location }),
        hint,
      }),
    );
}

/** What a Dockerfile's own commands reach for is in no lock. */
export function wordDockerfile(location: Location | undefined): Diagnostic {
  return errorDiagnostic(
    "cli/offline-dockerfile",
    "a base image that is built from a Dockerfile cannot be vendored",
    {
      ...(location !== undefined && { location }),
      hint: "type `docker buildx build --output type=oci,tar=false,dest=base .`, then write `base_image: {oci_layout: base}`",
    },
  );
}

/** Its layers would have to be made before pip can be asked for what it is to download. */
export function wordConda(location: Location | undefined): Diagnostic {
  return errorDiagnostic("cli/conda-not-vendored", "conda packages cannot be vendored yet", {
    ...(location !== undefined && { location }),
    hint: "type `mlpackage apply` once where there is a network, with the same `MLPACKAGE_CACHE_DIR`",
  });
}

/** Of an environment that was taken from a registry, the layers come when somebody needs them. */
async function lacksLayers(
  examined: readonly Examined[],
  work: readonly Examined[],
  { store }: Assembly,
): Promise<boolean> {
  const output = examined.find(({ planned }) => planned.step.id === ENVIRONMENT)?.output;
  const isUsed = work.some(({ planned }) => ["load", "save"].includes(planned.step.kind));
  if (output === undefined || !isUsed || environmentOf(output).repository === undefined) return false;
  const layers = environmentOf(output).images.flatMap((image) => image.layers);
  const found = await Promise.all(layers.map(({ digest }) => store.find(digest)));
  return found.includes(undefined);
}

async function findMissingBase(
  { pins, graph, engine }: Assembly,
  vendor: Vendor | undefined,
): Promise<readonly string[]> {
  const { base } = pins;
  if (base.kind !== "image") return [];
  if (vendor !== undefined && hasBase(vendor.list, base.digest, platformsOf(graph))) {
    const files = vendor.list.files.filter(({ part }) => part === "base");
    await Promise.all(files.map((file) => vendor.demand(file)));
    return [];
  }
  const isTaken = environmentIn(graph)?.pool !== "engine";
  const isInEngine = (await engine.probe()).ok && (await engine.identify(base.reference)) !== undefined;
  return isTaken && isInEngine ? [] : [`the base image ${base.reference}`];
}

function platformsOf(graph: Graph): readonly string[] {
  return (environmentIn(graph)?.inputs.platforms ?? []) as readonly string[];
}

function environmentIn({ steps }: Graph): Step | undefined {
  return steps.find(({ id }) => id === ENVIRONMENT);
}

async function findMissingPackages(
  { pins }: Assembly,
  vendor: Vendor | undefined,
): Promise<readonly string[]> {
  const packages = pins.packages.all ?? {};
  const list = vendor?.list ?? { files: [] };
  await Promise.all(filesOfPackages(list, packages).map((file) => vendor?.demand(file)));
  return Object.entries(withoutVendored(list, packages)).flatMap(([platform, { systemPackages, python }]) => [
    ...Object.entries(systemPackages).map(
      ([name, version]) => `the system package ${name} ${version} (${platform})`,
    ),
    ...python.map(({ name, version }) => `the Python package ${name} ${version} (${platform})`),
  ]);
}

async function findMissingConda({ pins, store }: Assembly): Promise<readonly string[]> {
  const packages = Object.values(pins.conda).flat();
  const found = await Promise.all(packages.map(({ digest }) => store.find(digest)));
  return packages
    .filter((_one, index) => found[index] === undefined)
    .map(({ url }) => `the conda package ${fileOfUrl(url)}`);
}

type PinnedFiles = Readonly<Record<string, { readonly digest?: string }>>;

async function findMissingModels(work: readonly Examined[], { store }: Assembly): Promise<readonly string[]> {
  const fetches = work
    .map(({ planned }) => planned.step)
    .filter(({ kind, pool }) => kind === "fetch" && pool === "network");
  const missing = await Promise.all(
    fetches.map(async ({ name, inputs }) => {
      const { identity } = inputs.pin as unknown as { readonly identity: { readonly files?: PinnedFiles } };
      const digests = Object.values(identity.files ?? {}).map(({ digest }) => digest);
      const found = await Promise.all(
        digests.map((digest) => (isDigest(digest) ? store.find(digest) : undefined)),
      );
      return found.length === 0 || found.includes(undefined) ? [`the model ${name}`] : [];
    }),
  );
  return missing.flat();
}

const MOST_LINES = 10;

function wordMissing(missing: readonly string[], { lock }: Assembly, folder: string | undefined): Diagnostic {
  const more = missing.length - MOST_LINES;
  const excerpt = [...missing.slice(0, MOST_LINES), ...(more > 0 ? [`and ${more} more`] : [])];
  if (folder === undefined)
    return errorDiagnostic("cli/not-vendored", `some of what \`${lock.name}\` lists is not on this machine`, {
      excerpt,
      hint: "type `mlpackage vendor DIR` where there is a network, then add `--vendor DIR`",
    });
  return errorDiagnostic("cli/not-vendored", `\`${folder}\` lacks some of what \`${lock.name}\` lists`, {
    excerpt,
    hint: `type \`mlpackage vendor ${folder}\` where there is a network`,
  });
}
