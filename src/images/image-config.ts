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

/** Nothing of ours has a time: the same image is made next year. */
const CREATED = "1970-01-01T00:00:00Z";

/** https://github.com/opencontainers/image-spec/blob/main/config.md */
type ImageConfig = {
  readonly config?: {
    readonly Env?: readonly string[] | null;
    readonly Labels?: Readonly<Record<string, string>> | null;
    readonly ExposedPorts?: Readonly<Record<string, object>> | null;
    readonly [other: string]: unknown;
  } | null;
  readonly rootfs?: { readonly diff_ids?: readonly Digest[] } | null;
  readonly history?: readonly object[] | null;
  readonly [other: string]: unknown;
};

/** The configuration of an image that is another one with layers on top and settings of its own. */
export function extendConfig(
  below: string,
  layers: readonly AddedLayer[],
  settings: ServiceSettings,
): string {
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
    created: CREATED,
    config: {
      ...kept,
      Env: setVariables(Env ?? [], settings.variables),
      Labels: { ...Labels, ...settings.labels },
      ExposedPorts: { ...ExposedPorts, [`${settings.port}/tcp`]: {} },
      WorkingDir: settings.workingDirectory,
      User: settings.user,
      Cmd: settings.command,
    },
    rootfs: {
      type: "layers",
      diff_ids: [...(rootfs?.diff_ids ?? []), ...layers.map(({ diffId }) => diffId)],
    },
    history: [
      ...(history ?? []),
      ...layers.map(({ brings }) => ({ created: CREATED, created_by: `mlpackage: ${brings}` })),
      { created: CREATED, created_by: "mlpackage: settings", empty_layer: true },
    ],
  });
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
