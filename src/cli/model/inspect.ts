import type { Artifact, ArtifactLayer } from "../../artifacts/artifact.ts";
import { textOf } from "../../model/chunks.ts";
import { RegistryError, type Repository } from "../../model/registry.ts";
import type { Serializable, SerializableRecord } from "../../model/serializable.ts";
import { EXIT } from "../exit-code.ts";
import { refuse } from "../refuse.ts";
import type { Session } from "../session.ts";
import { askRegistry, openRegistryModel } from "./registry-model.ts";

/** A configuration is a few lines; more than this is something else. */
const MOST_CONFIG_BYTES = 4 << 20;

const KINDS = {
  modelpack: "ModelPack",
  modelkit: "ModelKit",
  "docker-model": "Docker Model",
  artifact: "files",
} as const;

type Inspected = { readonly artifact: Artifact; readonly config: Serializable | undefined };

/** Tells what a registry has under a reference, without bringing any of it but what describes it. */
export async function inspectModel(
  session: Session,
  { reference }: { readonly reference: string },
): Promise<number> {
  const opened = openRegistryModel(session, reference);
  if (!opened.ok) return refuse(session, ...opened.diagnostics);
  const inspected = await askRegistry(opened.value, session, async ({ artifact }, repository) => ({
    artifact,
    config: await readConfig(artifact, repository, session.signal),
  }));
  if (!inspected.ok) return refuse(session, ...inspected.diagnostics);
  const told = dataOf(opened.value.name, inspected.value);
  if (session.options.json) session.writeData(`${JSON.stringify(told, undefined, 2)}\n`);
  else session.writeData(wordModel(opened.value.name, inspected.value));
  return EXIT.done;
}

/** The configuration, where it is JSON; that of a plain artifact is mostly empty. */
async function readConfig(
  { config }: Artifact,
  repository: Repository,
  signal: AbortSignal,
): Promise<Serializable | undefined> {
  if (config.size > MOST_CONFIG_BYTES)
    throw new RegistryError(200, `its configuration has ${config.size} bytes`);
  const chunks = await repository.readBlob(config.digest, signal);
  if (chunks === undefined) return undefined;
  try {
    const value = JSON.parse(await textOf(upTo(config.size, chunks))) as Serializable;
    // What is nested deeper than can be written out is nothing to show.
    JSON.stringify(value, undefined, 2);
    return value;
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof RangeError) return undefined;
    throw error;
  }
}

/** A registry may send more than it said. */
async function* upTo(most: number, chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  for await (const chunk of chunks) {
    bytes += chunk.length;
    if (bytes > most) throw new RegistryError(200, `its configuration has more than ${most} bytes`);
    yield chunk;
  }
}

function dataOf(reference: string, { artifact, config }: Inspected): SerializableRecord {
  const { kind, digest, artifactType, layers, annotations } = artifact;
  return {
    reference,
    digest,
    kind,
    ...(artifactType !== undefined && { artifactType }),
    ...(config !== undefined && { config }),
    annotations,
    files: layers.map(({ annotations: _, ...layer }) => layer),
  };
}

function wordModel(reference: string, { artifact, config }: Inspected): string {
  const { kind, digest, layers, annotations } = artifact;
  const bytes = layers.reduce((total, { size }) => total + size, 0);
  const lines = [
    `${reference} is a ${KINDS[kind]}, ${digest}`.replace("is a files", "is files"),
    ...layers.map(wordLayer),
    `${layers.length} ${layers.length === 1 ? "layer" : "layers"}, ${megabytes(bytes)} MB`,
    ...wordRecord("annotations", annotations),
    ...wordRecord("config", config ?? {}),
  ];
  return `${lines.join("\n")}\n`;
}

function wordLayer({ path, role, packing, size, digest }: ArtifactLayer): string {
  const name = packing === "raw" ? path : `${path === "" ? "files" : path} (${packing})`;
  return `  ${role.padEnd(8)}${megabytes(size).padStart(10)} MB  ${digest}  ${visible(name)}`;
}

function wordRecord(name: string, value: Serializable): readonly string[] {
  const text = JSON.stringify(value, undefined, 2);
  return text === "{}" ? [] : [`${name}: ${visible(text)}`];
}

/** What somebody else wrote does nothing to a terminal. */
function visible(text: string): string {
  return text.replace(/[^\P{C}\n]/gu, "�");
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}
