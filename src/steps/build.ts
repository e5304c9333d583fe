import path from "node:path";
import { digestOf, isDigest } from "../model/digest.ts";
import type { OutputFile, StepOutput } from "../model/outcome.ts";
import { type Result, succeed } from "../model/result.ts";
import type { Step } from "../model/step.ts";
import type { StepContext, StepKind } from "../model/step-kind.ts";
import { IMAGE_STAGE } from "./dockerfile.ts";
import { demandFile, watchFiles } from "./output-files.ts";
import { DOCKERFILES, IGNORE_FILES } from "./render.ts";
import { stageContexts } from "./stage-contexts.ts";

type BuildInputs = {
  readonly platforms: readonly string[];
  readonly builder?: string;
  readonly context?: string;
};

/** Builds the image into the engine's store, under no name: tags move only when the tests have passed. */
export const buildKind: StepKind = {
  kind: "build",
  version: 1,
  summary: "builds the image",
  shareable: false,
  timeoutMs: 2 * 60 * 60_000,
  attempts: 1,
  run,
  async findMissing(_step, output, { engine }) {
    const image = imageIdOf(output);
    return (await engine.identify(image)) === undefined ? "the image" : undefined;
  },
};

/** What the engine calls the image a build step made. */
export function imageIdOf(output: StepOutput): string {
  return String(output.values.image);
}

async function run(step: Step, context: StepContext): Promise<Result<StepOutput>> {
  const inputs = step.inputs as unknown as BuildInputs;
  const workDirectory = await context.makeWorkDirectory();
  const { files } = context.host;
  const rendered = context.outputOf("render");
  const renderedFile = (name: string) => rendered.files.find((file) => file.path === name);
  const dockerfile = renderedFile(DOCKERFILES.contexts);
  if (dockerfile === undefined) throw new Error("the render step made no Dockerfile");
  await files.copy(await demandFile(dockerfile, context), path.join(workDirectory, "Dockerfile"));
  const ignoreFile = renderedFile(IGNORE_FILES.contexts);
  if (ignoreFile !== undefined) {
    const place = path.join(workDirectory, "Dockerfile.dockerignore");
    await files.copy(await demandFile(ignoreFile, context), place);
  }
  const emptyContext = path.join(workDirectory, "empty");
  await files.makeDirectory(emptyContext);
  const demandUnchanged = await watchFiles(filesOfPackage(step, context), context);
  const namedContexts = await stageContexts(context, path.join(workDirectory, "contexts"));
  const built = await context.engine.build({
    dockerfile: path.join(workDirectory, "Dockerfile"),
    context: inputs.context === undefined ? emptyContext : path.join(context.directory, inputs.context),
    namedContexts,
    target: IMAGE_STAGE,
    platforms: inputs.platforms,
    ...(inputs.builder !== undefined && { builder: inputs.builder }),
    noCache: context.force,
    signal: context.signal,
    onEvent: (event) => context.report({ type: "build", event }),
  });
  if (!built.ok) return built;
  await demandUnchanged();
  const { id } = built.value;
  return succeed({ digest: isDigest(id) ? id : digestOf(id), files: [], values: { image: id } });
}

/** What is read where it lies: models, and the user's own Docker context. */
function filesOfPackage(step: Step, context: StepContext): readonly OutputFile[] {
  const files = step.needs.flatMap((id) => context.outputOf(id).files);
  return files.filter(({ origin }) => origin !== undefined);
}
