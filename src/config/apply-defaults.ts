import { pointerTo } from "../document/locate.ts";
import type { ConfigFile } from "../model/config.generated.ts";
import type {
  BaseImageConfig,
  BuildConfig,
  CompressionConfig,
  Config,
  EnvironmentConfig,
  ExchangeConfig,
  ExpectationConfig,
  InferenceConfig,
  ModelConfig,
  OutputConfig,
  PythonConfig,
  RequestConfig,
  RequirementsConfig,
  ResourcesConfig,
  ScriptInference,
  SecretConfig,
  TestConfig,
} from "../model/config.ts";
import { readCpu, readMemory } from "../model/quantity.ts";
import type { SerializableRecord } from "../model/serializable.ts";
import { isRequirementsFile } from "../requirements/formats.ts";
import { durationMs } from "./duration.ts";
import { readLayerCache } from "./layer-cache.ts";
import { fileName, isUri, normalizePath, parentFolder, pathInPackage } from "./paths.ts";
import { stemOf } from "./stem-of-source.ts";

type Written<Key extends keyof ConfigFile> = NonNullable<ConfigFile[Key]>;
type WrittenModel = Written<"models">[number];
type WrittenTest = Written<"tests">[number];
type WrittenExchange = NonNullable<WrittenTest["requests"]>[number];
type WrittenOutput = Written<"outputs">[number];
type WrittenSecret = NonNullable<Written<"build">["secrets"]>[number];
type WrittenCaches = Written<"build">["cache_from"];
type WrittenPython = NonNullable<Written<"environment">["python"]>;

/**
 * The configuration as it runs. A list of the file may have holes, where an item is left out that cannot be read: those
 * whose items know their pointer are closed up; the others keep their holes, and so their indexes.
 */
export function applyDefaults(file: ConfigFile, directory: string): Config {
  return {
    directory,
    name: file.name,
    models: listOf(file.models?.map(modelOf)),
    baseImage: baseImageOf(file.base_image ?? "python:3.12-slim"),
    environment: environmentOf(file.environment ?? {}),
    inference: inferenceOf(file.inference),
    ...given("resources", resourcesOf(file.inference)),
    build: buildOf(file.build ?? {}, directory),
    tests: listOf(file.tests?.map(testOf)),
    outputs: listOf(
      (file.outputs ?? defaultOutputs(file.name)).map((output, index) => outputOf(output, index, directory)),
    ),
  };
}

function modelOf(written: WrittenModel, index: number): ModelConfig {
  const model = typeof written === "string" ? { source: written } : written;
  return {
    pointer: pointerTo("/models", index),
    name: model.name ?? stemOf(model.source),
    version: model.version ?? "0",
    source: model.source,
    include: model.include ?? [],
    exclude: model.exclude ?? [],
    ...given("sha256", model.sha256),
    unpack: model.unpack ?? false,
  };
}

function baseImageOf(written: Written<"base_image">): BaseImageConfig {
  if (typeof written === "string") return { kind: "image", image: written };
  if ("image" in written) return { kind: "image", image: written.image };
  if ("oci_layout" in written) return { kind: "oci-layout", path: normalizePath(written.oci_layout) };
  const dockerfile = normalizePath(written.dockerfile);
  return {
    kind: "dockerfile",
    dockerfile,
    context: written.context === undefined ? parentFolder(dockerfile) : normalizePath(written.context),
    ...given("target", written.target),
    buildArgs: written.build_args ?? {},
  };
}

function environmentOf(written: Written<"environment">): EnvironmentConfig {
  return {
    python: pythonOf(written.python ?? {}, written.conda),
    systemPackages: written.system_packages ?? [],
    variables: written.variables ?? {},
    user: written.user ?? "1000:1000",
  };
}

function pythonOf(written: WrittenPython, conda: string | undefined): PythonConfig {
  return {
    requirements: requirementsOf(written, conda),
    ...given("indexUrl", written.index_url),
    extraIndexUrls: written.extra_index_urls ?? [],
    findLinks: (written.find_links ?? []).map((link) => (isUri(link) ? link : normalizePath(link))),
    interpreter: written.interpreter ?? "python3",
    managed: written.managed ?? true,
  };
}

function requirementsOf(
  { requirements = [], extras = [], groups = [] }: WrittenPython,
  conda: string | undefined,
): RequirementsConfig {
  if (conda !== undefined) {
    const path = normalizePath(conda);
    return { list: [], from: { pointer: "/environment/conda", path, extras: [], groups: [] } };
  }
  if (typeof requirements !== "string") return { list: requirements };
  const path = normalizePath(requirements);
  const pointer = "/environment/python/requirements";
  return isRequirementsFile(path) ? { file: path } : { list: [], from: { pointer, path, extras, groups } };
}

function inferenceOf(written: ConfigFile["inference"]): InferenceConfig {
  if (written === undefined) return scriptOf({}, { entryScript: "" });
  if (typeof written === "string") return inferenceOf({ entry_script: written });
  const port = written.port ?? 5001;
  const folder = written.source_directory === undefined ? undefined : normalizePath(written.source_directory);
  if ("command" in written) {
    return { kind: "command", command: written.command, ...given("sourceDirectory", folder), port };
  }
  const script = normalizePath(written.entry_script);
  return scriptOf(written, {
    entryScript: folder === undefined ? fileName(script) : script,
    sourceDirectory: folder ?? parentFolder(script),
  });
}

type WrittenScript = Extract<Written<"inference">, { readonly entry_script: string }>;

function scriptOf(
  written: Partial<WrittenScript>,
  place: Pick<ScriptInference, "entryScript" | "sourceDirectory">,
): ScriptInference {
  return {
    kind: "script",
    ...place,
    port: written.port ?? 5001,
    workers: written.workers ?? 1,
    workerTimeoutMs: durationMs(written.worker_timeout ?? "300s"),
    scoringTimeoutMs: durationMs(written.scoring_timeout ?? "1h"),
  };
}

function resourcesOf(written: ConfigFile["inference"]): ResourcesConfig | undefined {
  if (typeof written === "string" || written?.resources === undefined) return undefined;
  const { limits, gpu, ...requests } = written.resources;
  return {
    ...amountsOf(requests),
    ...given("limits", limits && amountsOf(limits)),
    ...given("gpu", gpu),
  };
}

function amountsOf({ cpu, memory }: { readonly cpu?: string | number; readonly memory?: string }) {
  return {
    ...given("cpuMillis", cpu === undefined ? undefined : readCpu(cpu)),
    ...given("memoryBytes", memory === undefined ? undefined : readMemory(memory)),
  };
}

function buildOf(written: Written<"build">, directory: string): BuildConfig {
  return {
    platforms: written.platforms ?? [],
    ...given("builder", written.builder),
    secrets: listOf(written.secrets?.map((secret, index) => secretOf(secret, index, directory))),
    cacheFrom: cachesOf(written.cache_from, "/build/cache_from"),
    cacheTo: cachesOf(written.cache_to, "/build/cache_to"),
    labels: written.labels ?? {},
    compression: compressionOf(written.compression ?? "auto"),
    sourceDateEpoch: written.source_date_epoch ?? 0,
  };
}

function secretOf(written: WrittenSecret, index: number, directory: string): SecretConfig {
  const { id, host, username = "__token__" } = written;
  return {
    pointer: pointerTo("/build/secrets", index),
    id,
    source: "env" in written ? { env: written.env } : { file: pathInPackage(written.file, directory) },
    ...given("login", host === undefined ? undefined : { host, username }),
  };
}

function cachesOf(written: WrittenCaches, pointer: string): BuildConfig["cacheFrom"] {
  return listOf(written?.map((cache, index) => readLayerCache(cache, pointerTo(pointer, index))));
}

const defaultLevels = { gzip: 6, zstd: 3 } as const;

/** Of a text that the schema has let through, such as `zstd` or `gzip:9`. */
function compressionOf(written: string): CompressionConfig {
  const [kind, level] = written.split(":");
  if (kind !== "gzip" && kind !== "zstd") return { kind: kind === "none" ? "none" : "auto" };
  return { kind, level: level === undefined ? defaultLevels[kind] : Number(level) };
}

function testOf(written: WrittenTest, index: number): TestConfig {
  const pointer = pointerTo("/tests", index);
  return {
    pointer,
    name: written.name ?? `test ${index + 1}`,
    exchanges: written.requests?.map((request, place) => exchangeOf(request, pointer, place)) ?? [
      {
        request: requestOf(written.request ?? {}, pointerTo(pointer, "request")),
        repeat: written.repeat ?? 1,
        expect: expectationOf(written.expect ?? {}, pointerTo(pointer, "expect")),
      },
    ],
  };
}

function exchangeOf(written: WrittenExchange, test: string, index: number): ExchangeConfig {
  const pointer = pointerTo(test, "requests", index);
  return {
    request: requestOf(written, pointer),
    repeat: written.repeat ?? 1,
    expect: expectationOf(written.expect ?? {}, pointerTo(pointer, "expect")),
  };
}

function expectationOf(written: NonNullable<WrittenTest["expect"]>, pointer: string): ExpectationConfig {
  return {
    pointer,
    status: written.status ?? 200,
    ...given("json", written.json),
    ...given("tolerance", written.tolerance),
    ...given("schema", schemaOf(written.schema)),
    ...given("select", written.select),
    ...given("swagger", written.swagger || undefined),
    ...given("contains", written.contains),
    headers: written.headers ?? {},
    ...given("maxLatencyMs", latenciesOf(written.max_latency)),
  };
}

function schemaOf(written: NonNullable<WrittenTest["expect"]>["schema"]): ExpectationConfig["schema"] {
  if (typeof written === "string") return { file: normalizePath(written) };
  return written && { inline: written as SerializableRecord };
}

/** Of many answers there is always one that takes long; a single one is all of its percentiles. */
const USUAL_PERCENTILE = "p95";

function latenciesOf(
  written: NonNullable<WrittenTest["expect"]>["max_latency"],
): ExpectationConfig["maxLatencyMs"] {
  if (written === undefined) return undefined;
  const wanted = typeof written === "string" ? { [USUAL_PERCENTILE]: written } : written;
  return Object.fromEntries(Object.entries(wanted).map(([name, duration]) => [name, durationMs(duration)]));
}

function requestOf(written: NonNullable<WrittenTest["request"]>, pointer: string): RequestConfig {
  const path = written.path ?? "/score";
  const hasBody = written.body !== undefined || written.body_file !== undefined;
  return {
    pointer,
    method: written.method ?? (hasBody || path === "/score" ? "POST" : "GET"),
    path,
    headers: written.headers ?? {},
    ...given("body", written.body),
    ...given("bodyFile", written.body_file === undefined ? undefined : normalizePath(written.body_file)),
  };
}

function defaultOutputs(name: string): Written<"outputs"> {
  return [{ type: "image", tags: [`${name}:latest`] }];
}

function outputOf(written: WrittenOutput, index: number, directory: string): OutputConfig {
  const pointer = pointerTo("/outputs", index);
  if (written.type === "modelpack") {
    const { type, reference, models = [] } = written;
    return { pointer, type, reference, models };
  }
  if (written.type !== "image") return { pointer, type: written.type, path: normalizePath(written.path) };
  const { tags, load = true, push = false, attest = false, sign } = written;
  return {
    pointer,
    type: "image",
    tags: tags,
    load,
    push,
    attest,
    ...given("sign", sign && { key: keyOf(sign.key, directory) }),
  };
}

function keyOf(written: string, directory: string): string {
  return written.includes("://") ? written : pathInPackage(written, directory);
}

/** The items without the holes between them. */
function listOf<Item>(items: readonly Item[] | undefined): readonly Item[] {
  return (items ?? []).flatMap((item) => [item]);
}

function given<Key extends string, Value>(
  key: Key,
  value: Value | undefined,
): { readonly [K in Key]?: Value } {
  return (value === undefined ? {} : { [key]: value }) as { readonly [K in Key]?: Value };
}
