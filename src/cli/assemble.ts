import { createBlobLocations } from "../caches/blob-locations.ts";
import { createContentStore } from "../caches/content-store.ts";
import { createGivenLayers } from "../caches/given-layers.ts";
import { createLocalCache } from "../caches/local.ts";
import { createBystander, createQuarantine, type Damage, wordDamage } from "../caches/quarantine.ts";
import type { SharedCache } from "../caches/shared/shared-cache.ts";
import { createUploadSessions } from "../caches/upload-sessions.ts";
import { createCosign } from "../engines/cosign.ts";
import type { Manifest } from "../execution/manifest.ts";
import type { Cache } from "../model/cache.ts";
import type { Config } from "../model/config.ts";
import { type Diagnostic, errorDiagnostic } from "../model/diagnostic.ts";
import type { Engine } from "../model/engine.ts";
import type { Graph } from "../model/graph.ts";
import type { LockedTool, LockFile } from "../model/lock-file.ts";
import type { StepOutput } from "../model/outcome.ts";
import type { Repository } from "../model/registry.ts";
import { fail, type Result, succeed } from "../model/result.ts";
import type { ContentStore, Source } from "../model/source.ts";
import type { Step, StepKindName } from "../model/step.ts";
import type { StepContext } from "../model/step-kind.ts";
import type { Vendor } from "../model/vendor.ts";
import { buildGraph } from "../plan/build-graph.ts";
import { findUnlocked, type Unlocked } from "../plan/compare-lock.ts";
import { compareTool, type ToolChange, toolFor } from "../plan/compare-tool.ts";
import type { Evaluation } from "../plan/evaluate-step.ts";
import { withoutUpgraded } from "../plan/make-lock.ts";
import { type PinContext, pinModels, pinReferences } from "../plan/pin-references.ts";
import { type Pins, UNPINNED } from "../plan/pins.ts";
import { schemeOf, sourceOf } from "../sources/index.ts";
import { STEP_KINDS } from "../steps/index.ts";
import { type Asked, askAhead } from "./ask-ahead.ts";
import { createBuildAids } from "./build-aids.ts";
import { hashLayersAhead } from "./hash-layers-ahead.ts";
import { type ReadLock, readLock } from "./lock-file.ts";
import { closeWays, withVendored, withVendoredBase } from "./offline.ts";
import type { Package } from "./open-package.ts";
import { createOutlet, type Outlet } from "./outlet.ts";
import { ownFilesOf } from "./own-files.ts";
import { placeDiagnostics } from "./place-diagnostics.ts";
import { readOrigin } from "./read-origin.ts";
import { createRepositories, resolveReference } from "./repositories.ts";
import type { Session } from "./session.ts";
import { wordFault } from "./word-fault.ts";

/** A package with everything it takes to plan and run it: the program, put together. */
export type Assembly = {
  readonly graph: Graph;
  readonly engine: Engine;
  readonly store: ContentStore;
  readonly manifest: Manifest;
  readonly manifestPath: string;
  readonly evaluation: Evaluation;
  /** `--deny-unsafe-pickle`. */
  readonly denyUnsafePickle: boolean;
  /** What is to be said of a step's output each time that it is used: an error keeps it from being used. */
  readonly judge: (step: Step, output: StepOutput) => readonly Diagnostic[];
  /** What the caches have to say, from the first look into them on. */
  readonly outlet: Outlet;
  readonly sharedCache: SharedCache | undefined;
  /** The lock, what of the configuration it does not answer, and what of this mlpackage it has otherwise. */
  readonly lock: ReadLock & {
    readonly unlocked: readonly Unlocked[];
    readonly tool: LockedTool;
    readonly toolChanges: readonly ToolChange[];
  };
  readonly pins: Pins;
  /** The context of a step, less what only a run can give. */
  readonly context: StepContext;
};

export type AssembleOptions = {
  readonly force: boolean;
  /** `--no-test`. */
  readonly noTest?: boolean | undefined;
  /** `--deny-unsafe-pickle`: the graph is made for it, and what is found is refused. */
  readonly denyUnsafePickle?: boolean | undefined;
  /** The same, of a graph that was made without. */
  readonly alsoDenyUnsafePickle?: boolean | undefined;
  /** Steps of this kind run, whatever the cache holds. */
  readonly calledFor?: StepKindName | undefined;
  /** Parts of the lock to resolve anew. */
  readonly upgrade?: readonly string[];
  /** `--offline`: nothing but the engine is spoken to. */
  readonly offline?: boolean | undefined;
  /** `--vendor`: what is in there is not asked for elsewhere. */
  readonly vendor?: Vendor | undefined;
  /** `plan` and its like leave the cache as they find it. */
  readonly onlyLooks?: boolean;
  /** Nothing but models is asked for: the base and the rest of the image need not be found. */
  readonly onlyModels?: boolean;
  /** Of the keys that steps sign with; without them, no such step can run. */
  readonly publicKeys?: Promise<Result<Readonly<Record<string, string>>>>;
  /** Where the engine was asked before the configuration was read. */
  readonly asked?: Promise<Asked>;
};

/** Pins what the configuration refers to, compiles the graph and joins it with the engine, the cache and the steps. */
export async function assemble(
  session: Session,
  opened: Package,
  options: AssembleOptions,
): Promise<Result<Assembly>> {
  const {
    force,
    noTest,
    denyUnsafePickle = false,
    upgrade = [],
    onlyLooks = false,
    asked = askAhead(session),
  } = options;
  const { offline = false, vendor, publicKeys, alsoDenyUnsafePickle = false } = options;
  const rules = { denyUnsafePickle: denyUnsafePickle || alsoDenyUnsafePickle };
  const { host, cacheDirectory, runtimeDirectory, signal } = session;
  const { config } = opened;
  const { engine: reached, manifest, manifestPath, lastBase } = await asked;
  const open = { host, engine: reached, sourceOf: demandSource, buildAids: createBuildAids(config, host) };
  const ways = offline ? closeWays(open) : open;
  const { engine } = ways;
  // What a package is made of is nobody else's to read.
  await host.files.makeDirectory(cacheDirectory, 0o700);
  const outlet = createOutlet();
  const onDamage = (damage: Damage) => outlet.warn(wordDamage(damage));
  const quarantine = onlyLooks
    ? createBystander(onDamage)
    : createQuarantine(cacheDirectory, host.files, onDamage);
  const own = createContentStore(cacheDirectory, host.files, quarantine);
  const store = vendor === undefined ? own : withVendored(own, vendor, host.files);
  const local = createLocalCache(cacheDirectory, host.files, quarantine);
  const shared = offline
    ? succeed(undefined)
    : await openSharedCache(session, { local, store, warn: outlet.warn });
  if (!shared.ok) return shared;
  const registries = createRepositories(ways.host, {
    warn: outlet.warn,
    sessionsOf: (repository) => createUploadSessions(cacheDirectory, repository, host.files),
  });
  const platforms = config.build.platforms.length > 0 ? config.build.platforms : [host.containerPlatform];
  const repositoryOf = (reference: string): Repository =>
    vendor === undefined
      ? registries(reference)
      : withVendoredBase(registries(reference), vendor, platforms, host.files);
  const sourceContext = {
    ...{ host, directory: config.directory, signal, store, repositoryOf },
    onProgress: () => {},
  };
  const read = await readLock(session, opened);
  if (!read.ok) return read;
  if (offline && read.value.lock === undefined) return fail(wordNoLock(read.value.name));
  const lock = upgradedLock(read.value.lock, upgrade);
  const pinContext: PinContext = {
    lock,
    isAnew: upgrade.length > 0,
    files: host.files,
    engine,
    resolve: (reference) => resolveReference(reference, repositoryOf, signal),
    hostPlatform: host.containerPlatform,
    ...(!onlyLooks && { onReading: hashLayersAhead(config, host.files) }),
    lastBase,
    sourceOf: ways.sourceOf,
    sourceContext,
    runtimeDirectory,
    cacheDirectory,
    ownFiles: ownFilesOf(opened),
  };
  const pins = options.onlyModels
    ? await pinOnlyModels(config, pinContext)
    : await pinReferences(config, pinContext);
  if (!pins.ok) return fail(...(await placeDiagnostics(pins.diagnostics, opened, host)));
  const keys = await (publicKeys ?? succeed({}));
  if (!keys.ok) return fail(...(await placeDiagnostics(keys.diagnostics, opened, host)));
  const known = { origin: await readOrigin(session, opened, pins.value), publicKeys: keys.value };
  const tool = toolFor(config, pins.value, await session.readVersion());
  const graph = buildGraph(config, pins.value, opened.locate, { noTest, denyUnsafePickle, ...known });
  const context: StepContext = {
    ...sourceContext,
    engine,
    signer: createCosign(host, config.directory),
    repositoryOf,
    locations: createBlobLocations(cacheDirectory, host.files),
    given: createGivenLayers(cacheDirectory, host.files, host.clock),
    vendor,
    runtimeDirectory,
    buildAids: ways.buildAids,
    force,
    sourceOf: ways.sourceOf,
    ...OUTSIDE_A_RUN,
  };
  const evaluation: Evaluation = {
    cacheOf: (step) => (STEP_KINDS[step.kind].shareable ? (shared.value ?? local) : local),
    lastFingerprint: (id) => manifest.steps[id]?.fingerprint,
    lastFailure: (id) => manifest.failed[id],
    kindVersion: (step) => STEP_KINDS[step.kind].version,
    foresee: async (step) => STEP_KINDS[step.kind].foresee?.(step, context),
    findMissing: (step, output) =>
      STEP_KINDS[step.kind].findMissing(step, output, context).catch(wordUnknown),
    force,
    calledFor: options.calledFor,
  };
  return succeed(
    {
      ...rules,
      judge: (step, output) =>
        (STEP_KINDS[step.kind].judge?.(step, output, rules) ?? []).map((diagnostic) => ({
          ...(step.location && { location: step.location }),
          ...diagnostic,
        })),
      ...{ graph, engine, store, manifest, manifestPath, evaluation, context },
      ...{ outlet, sharedCache: shared.value, pins: pins.value },
      lock: {
        ...read.value,
        unlocked: findUnlocked(config, pins.value, lock, read.value.name),
        tool,
        toolChanges: lock === undefined ? [] : compareTool(lock.mlpackage, tool),
      },
    },
    await placeDiagnostics(pins.warnings, opened, host),
  );
}

async function pinOnlyModels(config: Config, context: PinContext): Promise<Result<Pins>> {
  const models = await pinModels(config, context);
  return models.ok ? succeed({ ...UNPINNED, models: models.value }, models.warnings) : models;
}

/** What a reference means cannot be found out then. */
function wordNoLock(name: string) {
  return errorDiagnostic("cli/stale-lock", `there is no \`${name}\`, and \`--offline\` cannot write one`, {
    hint: "type `mlpackage vendor DIR` where there is a network, which also writes it",
  });
}

/** A lock without what is to be resolved anew. */
export function upgradedLock(lock: LockFile | undefined, upgrade: readonly string[]): LockFile | undefined {
  return lock && withoutUpgraded(lock, upgrade).lock;
}

/** Loaded where there is one: most runs have none. */
async function openSharedCache(
  { host, workingDirectory, signal }: Session,
  caches: { readonly local: Cache; readonly store: ContentStore; readonly warn: Outlet["warn"] },
): Promise<Result<SharedCache | undefined>> {
  if (!host.environment.MLPACKAGE_SHARED_CACHE) return succeed(undefined);
  const loaded = await import("./shared-cache.ts");
  return loaded.openSharedCache({ host, workingDirectory, signal, ...caches });
}

function demandSource(reference: string): Source {
  const source = sourceOf(reference);
  if (source === undefined) throw new Error(`no source answers for ${schemeOf(reference)}:`);
  return source;
}

/** Where nobody can say whether something is still there, its step runs, and fails if it must. */
function wordUnknown(error: unknown): string {
  if (wordFault(error) === undefined) throw error;
  return "an answer about what it made";
}

/** Looking whether something is still there needs none of these. */
const OUTSIDE_A_RUN = {
  makeWorkDirectory: () => Promise.reject(new Error("only a running step has a work directory")),
  outputOf: (id: string) => {
    throw new Error(`the output of ${id} was asked for outside a run`);
  },
  report: () => {},
  warn: () => {},
};
