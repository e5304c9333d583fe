import type { Digest } from "../model/digest.ts";

/** How a container of an image runs: what the last lines of its Dockerfile say. */
export type ServiceSettings = {
  readonly labels: Readonly<Record<string, string>>;
  readonly variables: Readonly<Record<string, string>>;
  readonly workingDirectory: string;
  readonly port: number;
  readonly user: string;
  readonly command: readonly string[];
};

/** A layer that is put on top, and what it brings, for `docker history`. */
export type AddedLayer = { readonly diffId: Digest; readonly brings: string };

type HistoryEntry = {
  readonly created?: string;
  readonly created_by?: string;
  readonly empty_layer?: boolean;
};

/** https://github.com/opencontainers/image-spec/blob/main/config.md */
type ImageConfig = {
  readonly config?: {
    readonly Env?: readonly string[] | null;
    readonly Labels?: Readonly<Record<string, string>> | null;
    readonly ExposedPorts?: Readonly<Record<string, object>> | null;
    readonly [other: string]: unknown;
  } | null;
  readonly rootfs?: { readonly diff_ids?: readonly Digest[] } | null;
  readonly history?: readonly HistoryEntry[] | null;
  readonly [other: string]: unknown;
};

/** The configuration of an image that is another one with layers on top and settings of its own. */
export function extendConfig(
  below: string,
  layers: readonly AddedLayer[],
  settings: ServiceSettings,
  sourceDateEpoch: number,
): string {
  const created = dateOf(sourceDateEpoch);
  const { config, rootfs, history, ...rest } = JSON.parse(below) as ImageConfig;
  // What is begun from the image again would find neither an entry point nor triggers of the base.
  const {
    Env,
    Labels,
    ExposedPorts,
    Entrypoint: _entry,
    OnBuild: _triggers,
    ArgsEscaped: _,
    ...kept
  } = config ?? {};
  return JSON.stringify({
    ...rest,
    created,
    config: {
      ...kept,
      Env: setVariables(Env ?? [], settings.variables),
      Labels: { ...Labels, ...settings.labels },
      ExposedPorts: { ...ExposedPorts, [`${settings.port}/tcp`]: {} },
      WorkingDir: settings.workingDirectory,
      User: settings.user,
      Cmd: settings.command,
    },
    rootfs: withLayers(rootfs, layers),
    history: [
      ...withTheirHistory(history, layers, created),
      { created, created_by: "mlpackage: settings", empty_layer: true },
    ],
  });
}

/** The same configuration with layers on top, and variables that follow from those it has. */
export function addLayers(
  below: string,
  layers: readonly AddedLayer[],
  variablesOn: (below: Readonly<Record<string, string>>) => Readonly<Record<string, string>>,
): string {
  const { config, rootfs, history, ...rest } = JSON.parse(below) as ImageConfig;
  const variables = config?.Env ?? [];
  const known = Object.fromEntries(
    variables.map((pair) => {
      const [name = ""] = pair.split("=", 1);
      return [name, pair.slice(name.length + 1)];
    }),
  );
  return JSON.stringify({
    ...rest,
    config: { ...config, Env: setVariables(variables, variablesOn(known)) },
    rootfs: withLayers(rootfs, layers),
    history: withTheirHistory(history, layers, dateOf(0)),
  });
}

function withLayers(rootfs: ImageConfig["rootfs"], layers: readonly AddedLayer[]) {
  return { type: "layers", diff_ids: [...(rootfs?.diff_ids ?? []), ...layers.map(({ diffId }) => diffId)] };
}

function withTheirHistory(
  history: ImageConfig["history"],
  layers: readonly AddedLayer[],
  created: string,
): readonly HistoryEntry[] {
  return [
    ...(history ?? []),
    ...layers.map(({ brings }) => ({ created, created_by: `mlpackage: ${brings}` })),
  ];
}

/**
 * The same configuration with other bytes in some of its layers, by their position, and with the date that was asked
 * for: the builder's own is not always that.
 */
export function replaceLayers(
  below: string,
  replaced: ReadonlyMap<number, Digest>,
  sourceDateEpoch: number,
): string {
  const { rootfs, ...rest } = JSON.parse(below) as ImageConfig;
  const diffIds = (rootfs?.diff_ids ?? []).map((diffId, index) => replaced.get(index) ?? diffId);
  return JSON.stringify({
    ...rest,
    created: dateOf(sourceDateEpoch),
    rootfs: { ...rootfs, diff_ids: diffIds },
  });
}

/**
 * The same configuration with other words for the commands that follow the last instruction of those words: what they
 * brought, and not how, which may be one way or another.
 */
export function nameLayers(below: string, instruction: string, brings: readonly string[]): string {
  const { history, ...rest } = JSON.parse(below) as ImageConfig;
  const entries = history ?? [];
  const last = entries.findLastIndex(({ created_by: words }) => words === instruction);
  const names = [...brings];
  const named = entries.map((entry, index) => {
    const isOurs = last >= 0 && index > last && /^RUN\b/.test(entry.created_by ?? "");
    const name = isOurs ? names.shift() : undefined;
    return name === undefined ? entry : { ...entry, created_by: `mlpackage: ${name}` };
  });
  return JSON.stringify({ ...rest, history: named });
}

/** What made a layer, as far as an image's history tells it. */
export type LayerOrigin = {
  /** `COPY a /b # buildkit` */
  readonly instruction: string;
  /** Whether it was made with this date, and so most likely in this build. */
  readonly isOfDate: boolean;
  /** Whether it follows the last instruction of these words. */
  readonly isAfter: boolean;
};

/** One for each layer from the bottom up; undefined for those that a short history leaves out. */
export function originsOfLayers(
  config: string,
  sourceDateEpoch: number,
  instruction: string,
): readonly (LayerOrigin | undefined)[] {
  const { history, rootfs } = JSON.parse(config) as ImageConfig;
  const entries = history ?? [];
  const last = entries.findLastIndex(({ created_by: words }) => words === instruction);
  const origins = entries.flatMap(({ created, created_by: words = "", empty_layer: isEmpty }, index) => {
    const isAfter = last >= 0 && index > last;
    return isEmpty === true
      ? []
      : [{ instruction: words, isOfDate: created === dateOf(sourceDateEpoch), isAfter }];
  });
  const layers = rootfs?.diff_ids ?? [];
  return layers.map((_layer, index) => origins[origins.length - layers.length + index]);
}

/** What an image's history says of each layer, from the bottom up; undefined for those that a short one leaves out. */
export function wordsOfLayers(config: string): readonly (string | undefined)[] {
  const { history, rootfs } = JSON.parse(config) as ImageConfig;
  const words = (history ?? []).flatMap(({ created_by: word = "", empty_layer: isEmpty }) =>
    isEmpty === true ? [] : [word],
  );
  const layers = rootfs?.diff_ids ?? [];
  return layers.map((_layer, index) => words[words.length - layers.length + index]);
}

/** As the specification has it (RFC 3339). */
function dateOf(secondsSince1970: number): string {
  return new Date(secondsSince1970 * 1000).toISOString().replace(".000Z", "Z");
}

/** A variable that is there already keeps its place, as with `ENV`. */
function setVariables(
  below: readonly string[],
  variables: Readonly<Record<string, string>>,
): readonly string[] {
  const names = below.map((pair) => pair.split("=")[0] ?? "");
  const added = Object.entries(variables).filter(([name]) => !names.includes(name));
  return [
    ...below.map((pair, index) => {
      const name = names[index] ?? "";
      return Object.hasOwn(variables, name) ? `${name}=${variables[name]}` : pair;
    }),
    ...added.map(([name, value]) => `${name}=${value}`),
  ];
}
