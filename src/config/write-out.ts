import type {
  BaseImageConfig,
  BuildConfig,
  CompressionConfig,
  Config,
  EnvironmentConfig,
  ExpectationConfig,
  InferenceConfig,
  LayerCacheConfig,
  OutputConfig,
  PythonConfig,
  RequestConfig,
  ResourcesConfig,
  SecretConfig,
  TestConfig,
} from "../model/config.ts";
import { writeCpu, writeMemory } from "../model/quantity.ts";
import type { Serializable, SerializableRecord } from "../model/serializable.ts";

/**
 * A configuration, its other files not read yet, as a file with nothing left out: reading that gives the same again. It is
 * the way back from `applyDefaults`, and every key stands where it would in a file that says it.
 */
export function writeOut(config: Config): SerializableRecord {
  return {
    version: 1,
    name: config.name,
    models: config.models.map(({ pointer: _, ...model }) => ({ ...model })),
    base_image: baseImageOf(config.baseImage),
    environment: environmentOf(config.environment),
    ...inferenceOf(config.inference, config.resources),
    build: buildOf(config.build),
    tests: config.tests.map(testOf),
    outputs: config.outputs.map(outputOf),
  };
}

function baseImageOf(base: BaseImageConfig): SerializableRecord {
  switch (base.kind) {
    case "image":
      return { image: base.image };
    case "oci-layout":
      return { oci_layout: base.path };
    case "dockerfile": {
      const { dockerfile, context, target, buildArgs } = base;
      return { dockerfile, context, ...given("target", target), build_args: buildArgs };
    }
  }
}

function environmentOf({ python, systemPackages, variables, user }: EnvironmentConfig): SerializableRecord {
  const { requirements } = python;
  const from = "list" in requirements ? requirements.from : undefined;
  return {
    ...(from?.pointer === "/environment/conda" ? { conda: from.path } : { python: pythonOf(python) }),
    system_packages: systemPackages,
    variables,
    user,
  };
}

function pythonOf(python: PythonConfig): SerializableRecord {
  const { requirements, indexUrl, extraIndexUrls, findLinks, interpreter, managed } = python;
  const { from } = "list" in requirements ? requirements : {};
  return {
    requirements: "file" in requirements ? requirements.file : (from?.path ?? requirements.list),
    ...(from !== undefined && { extras: from.extras, groups: from.groups }),
    ...given("index_url", indexUrl),
    extra_index_urls: extraIndexUrls,
    find_links: findLinks,
    interpreter,
    managed,
  };
}

/** Nothing where a script of ours serves the model. */
function inferenceOf(inference: InferenceConfig, wanted: ResourcesConfig | undefined): SerializableRecord {
  const { port, sourceDirectory } = inference;
  const folder = given("source_directory", sourceDirectory);
  const resources = given("resources", wanted && resourcesOf(wanted));
  if (inference.kind === "command")
    return { inference: { command: inference.command, ...folder, port, ...resources } };
  const { entryScript, workers, workerTimeoutMs, scoringTimeoutMs } = inference;
  if (entryScript === "") return {};
  const timeouts = {
    worker_timeout: durationOf(workerTimeoutMs),
    scoring_timeout: durationOf(scoringTimeoutMs),
  };
  return { inference: { entry_script: entryScript, ...folder, port, workers, ...timeouts, ...resources } };
}

function resourcesOf({ limits, gpu, ...requests }: ResourcesConfig): SerializableRecord {
  return {
    ...amountsOf(requests),
    ...given("limits", limits && amountsOf(limits)),
    ...given("gpu", gpu),
  };
}

function amountsOf({ cpuMillis, memoryBytes }: ResourcesConfig): SerializableRecord {
  return {
    ...given("cpu", cpuMillis && writeCpu(cpuMillis)),
    ...given("memory", memoryBytes && writeMemory(memoryBytes)),
  };
}

function buildOf(build: BuildConfig): SerializableRecord {
  return {
    platforms: build.platforms,
    ...given("builder", build.builder),
    secrets: build.secrets.map(secretOf),
    cache_from: build.cacheFrom.map(cacheOf),
    cache_to: build.cacheTo.map(cacheOf),
    compression: compressionOf(build.compression),
    labels: build.labels,
    source_date_epoch: build.sourceDateEpoch,
  };
}

function secretOf({ id, source, login }: SecretConfig): SerializableRecord {
  return { id, ...source, ...login };
}

function cacheOf({ type, attributes }: LayerCacheConfig): SerializableRecord {
  return { ...(type !== "" && { type }), ...attributes };
}

function compressionOf(compression: CompressionConfig): string {
  return "level" in compression ? `${compression.kind}:${compression.level}` : compression.kind;
}

function testOf({ name, exchanges }: TestConfig): SerializableRecord {
  const [first] = exchanges;
  const isSeveral = exchanges.some(({ request }) => /\/requests\/\d+$/.test(request.pointer));
  if (isSeveral || first === undefined)
    return {
      name,
      requests: exchanges.map(({ request, repeat, expect }) => ({
        ...requestOf(request),
        repeat,
        expect: expectationOf(expect),
      })),
    };
  const { request, repeat, expect } = first;
  return { name, request: requestOf(request), repeat, expect: expectationOf(expect) };
}

function requestOf({ method, path, headers, body, bodyFile }: RequestConfig): SerializableRecord {
  return { method, path, headers, ...given("body", body), ...given("body_file", bodyFile) };
}

function expectationOf(expect: ExpectationConfig): SerializableRecord {
  const { status, json, tolerance, schema, select, swagger, contains, headers, maxLatencyMs } = expect;
  return {
    status,
    ...given("json", json),
    ...given("tolerance", tolerance),
    ...given("schema", schema && ("file" in schema ? schema.file : schema.inline)),
    ...given("select", select),
    ...given("swagger", swagger),
    ...given("contains", contains),
    headers,
    ...given("max_latency", maxLatencyMs && mapValues(maxLatencyMs, durationOf)),
  };
}

function outputOf({ pointer: _, ...output }: OutputConfig): SerializableRecord {
  return { ...output };
}

const UNITS = [
  ["h", 3_600_000],
  ["m", 60_000],
  ["s", 1000],
] as const;

function durationOf(milliseconds: number): string {
  const unit = UNITS.find(([, length]) => milliseconds > 0 && milliseconds % length === 0);
  return unit === undefined ? `${milliseconds}ms` : `${milliseconds / unit[1]}${unit[0]}`;
}

function mapValues(
  record: Readonly<Record<string, number>>,
  change: (value: number) => string,
): SerializableRecord {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));
}

function given(key: string, value: Serializable | undefined): SerializableRecord {
  return value === undefined ? {} : { [key]: value };
}
