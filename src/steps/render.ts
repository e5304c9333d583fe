import path from "node:path";
import { once } from "../model/chunks.ts";
import { canonicalJson, type Digest, digestOf } from "../model/digest.ts";
import type { OutputFile, StepOutput } from "../model/outcome.ts";
import { type Result, succeed } from "../model/result.ts";
import type { SerializableRecord } from "../model/serializable.ts";
import type { Step } from "../model/step.ts";
import type { StepContext, StepKind } from "../model/step-kind.ts";
import { type DockerfileInputs, ENVIRONMENT_STAGE, type Place, renderDockerfile } from "./dockerfile.ts";
import { FOLDER_BESIDE_BASE, type ImageLayout, layOutImage } from "./image-layout.ts";
import { inlineBase } from "./inline-base.ts";
import { findMissingFile, InputChanged, outputOfFiles } from "./output-files.ts";

type Tree = Readonly<Record<string, string>>;

type RenderInputs = Omit<DockerfileInputs, "base"> & {
  readonly base:
    | { readonly kind: "image"; readonly reference: string; readonly digest: string }
    | { readonly kind: "dockerfile"; readonly dockerfile: Tree; readonly context: Tree };
  readonly code: Tree;
  readonly runtime: Tree;
  readonly requirements: Tree;
  readonly findLinks: Readonly<Record<string, Tree>>;
};

/** Where the render step's output has the Dockerfile for buildx, and the one for a saved folder. */
export const DOCKERFILES: Readonly<Record<Place, string>> = {
  contexts: "dockerfile/contexts",
  folder: "dockerfile/folder",
};

/** The lists of what to ignore that belong to them, where the base's own context has one. */
export const IGNORE_FILES: Readonly<Record<Place, string>> = {
  contexts: `${DOCKERFILES.contexts}.dockerignore`,
  folder: `${DOCKERFILES.folder}.dockerignore`,
};

/** The folder of the output that has one folder for each build context. */
const CONTEXTS_FOLDER = "contexts";

/** The folder of the output that has the user's own context, where the base has a Dockerfile of theirs. */
export const BASE_CONTEXT_FOLDER = "base";

/** The files the render step made for a build context, their paths relative to it. */
export function filesOfContext(output: StepOutput, context: string): readonly OutputFile[] {
  return filesBelow(output, `${CONTEXTS_FOLDER}/${context}/`);
}

/** The files below a folder of an output, their paths relative to it. */
export function filesBelow(output: StepOutput, prefix: string): readonly OutputFile[] {
  return output.files.flatMap((file) =>
    file.path.startsWith(prefix) ? [{ ...file, path: file.path.slice(prefix.length) }] : [],
  );
}

/** Writes the Dockerfile and takes what goes into the image beside the models, as it is now, into the store. */
export const renderKind: StepKind = {
  kind: "render",
  version: 3,
  summary: "writes the Dockerfile and its contexts",
  shareable: true,
  timeoutMs: 10 * 60_000,
  attempts: 1,
  async run(step, context) {
    const inputs = step.inputs as unknown as RenderInputs;
    const layout = layOutImage(inputs);
    const read = await readBase(inputs, context);
    if (!read.ok) return read;
    const base = read.value;
    const { sourceDirectory = "." } = inputs.inference;
    const [dockerfiles, ignoreFiles, list, folders] = await Promise.all([
      Promise.all(
        (Object.keys(DOCKERFILES) as Place[]).map((place) =>
          storeText(DOCKERFILES[place], renderDockerfile({ ...inputs, base }, layout, place), context),
        ),
      ),
      storeIgnoreFiles(inputs, context),
      storeRequirementList(inputs, layout, context),
      Promise.all([
        storeTree(inputs.code, path.join(context.directory, sourceDirectory), "app", context),
        storeTree(inputs.runtime, context.runtimeDirectory, "runtime", context),
        storeTree(inputs.requirements, context.directory, "requirements", context),
        ...layout.wheels.map((wheels) => {
          const from = path.join(context.directory, wheels.source);
          return storeTree(inputs.findLinks[wheels.source] ?? {}, from, wheels.context, context);
        }),
      ]),
    ]);
    const files = [...dockerfiles, ...ignoreFiles, ...folders.flat(), ...list];
    return succeed(outputOfFiles([...files, ...baseContextFiles(inputs)], { layout: asData(layout) }));
  },
  findMissing: async (step, output, context) => findForgery(step, output) ?? findMissingFile(output, context),
};

/** A record may come from another machine, and the layout says where files are written: it must be the one of the inputs. */
function findForgery(step: Step, { digest, files, values }: StepOutput): string | undefined {
  const layout = asData(layOutImage(step.inputs as unknown as RenderInputs));
  const isOurs = canonicalJson(values) === canonicalJson({ layout });
  return isOurs && outputOfFiles(files, values).digest === digest ? undefined : "what it made";
}

/** The layout that the steps after this one place files by. */
export function layoutOf(output: StepOutput): ImageLayout {
  return output.values.layout as unknown as ImageLayout;
}

function asData(layout: ImageLayout): SerializableRecord {
  return layout as unknown as SerializableRecord;
}

async function readBase(
  inputs: RenderInputs,
  { host, directory }: StepContext,
): Promise<Result<DockerfileInputs["base"]>> {
  const { base, baseImage } = inputs;
  if (base.kind === "image") return succeed(base);
  if (baseImage.kind === "image") throw new Error("the base is pinned as a Dockerfile, and is an image");
  const text = await readPinned(baseImage.dockerfile, base.dockerfile, { host, directory });
  return inlineBase(text, baseImage, ENVIRONMENT_STAGE);
}

/** The text of a file of the package, which must be the one that was pinned. */
async function readPinned(
  name: string,
  pinned: Tree,
  { host, directory }: Pick<StepContext, "host" | "directory">,
): Promise<string> {
  const content = await host.files.readBytes(path.join(directory, name));
  if (digestOf(content) !== parseState(pinned[name] ?? "").digest) throw new InputChanged(name);
  return new TextDecoder().decode(content);
}

/** Requirements that are listed in the configuration, as the file that pip reads. */
async function storeRequirementList(
  { environment }: RenderInputs,
  layout: ImageLayout,
  context: StepContext,
): Promise<readonly OutputFile[]> {
  const { requirements } = environment.python;
  if (!("list" in requirements) || layout.requirements.length === 0) return [];
  const file = `${CONTEXTS_FOLDER}/requirements/requirements.txt`;
  return [await storeText(file, `${requirements.list.join("\n")}\n`, context)];
}

/** What a saved folder has beside the user's own context is let in, whatever their list leaves out. */
async function storeIgnoreFiles(
  { base, baseImage }: RenderInputs,
  context: StepContext,
): Promise<readonly OutputFile[]> {
  if (base.kind !== "dockerfile" || baseImage.kind !== "dockerfile") return [];
  const ignoreFile = Object.keys(base.dockerfile).find((name) => name !== baseImage.dockerfile);
  if (ignoreFile === undefined) return [];
  const text = await readPinned(ignoreFile, base.dockerfile, context);
  return Promise.all([
    storeText(IGNORE_FILES.contexts, text, context),
    storeText(IGNORE_FILES.folder, `${text}\n!${FOLDER_BESIDE_BASE}\n`, context),
  ]);
}

/** A base of the user's own is built from where it lies: its files are named, not copied. */
function baseContextFiles({ base, baseImage }: RenderInputs): readonly OutputFile[] {
  if (base.kind !== "dockerfile" || baseImage.kind !== "dockerfile") return [];
  return Object.entries(base.context).map(([name, state]) => ({
    ...parseState(state),
    path: `${BASE_CONTEXT_FOLDER}/${name}`,
    size: 0,
    origin: path.posix.join(baseImage.context, name),
  }));
}

async function storeText(name: string, text: string, context: StepContext): Promise<OutputFile> {
  const { digest, size } = await context.store.write(once(new TextEncoder().encode(text)));
  return { path: name, digest, size, mode: 0o644 };
}

async function storeTree(
  tree: Tree,
  from: string,
  folder: string,
  context: StepContext,
): Promise<readonly OutputFile[]> {
  return Promise.all(
    Object.entries(tree).map(async ([name, state]): Promise<OutputFile> => {
      const { mode, digest: planned } = parseState(state);
      const { digest, size } = await context.store.write(
        context.host.files.readStream(path.join(from, name)),
      );
      if (digest !== planned) throw new InputChanged(path.relative(context.directory, path.join(from, name)));
      return { path: `${CONTEXTS_FOLDER}/${folder}/${name}`, digest, size, mode };
    }),
  );
}

function parseState(state: string): { readonly mode: number; readonly digest: Digest } {
  const [mode = "644", digest = ""] = state.split(" ");
  return { mode: Number.parseInt(mode, 8), digest: digest as Digest };
}
