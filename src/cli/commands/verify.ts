import path from "node:path";
import { type Difference, wordDifference } from "../../images/compare/difference.ts";
import { compareImages } from "../../images/compare/images.ts";
import { BrokenImage, type StoredImage } from "../../images/compare/stored-image.ts";
import { UnreadableImage } from "../../images/read-images.ts";
import type { Config } from "../../model/config.ts";
import { errorDiagnostic } from "../../model/diagnostic.ts";
import { digestOf } from "../../model/digest.ts";
import type { PlatformImage } from "../../model/image.ts";
import { failuresOf, type Outcome, type StepOutput } from "../../model/outcome.ts";
import { fail, type Result, succeed } from "../../model/result.ts";
import type { StepContext } from "../../model/step-kind.ts";
import { select } from "../../plan/select.ts";
import { IMAGE } from "../../plan/step-ids.ts";
import { imageOf } from "../../steps/build-image.ts";
import { contentsFor } from "../../steps/image-contents.ts";
import { type Assembly, assemble } from "../assemble.ts";
import { checkSignatures, type SignedManifest } from "../check-signatures.ts";
import { demandSecrets } from "../demand-secrets.ts";
import { EXIT } from "../exit-code.ts";
import { openPackage, type Package } from "../open-package.ts";
import { refuse } from "../refuse.ts";
import { type RunOptions, runGraph } from "../run-graph.ts";
import { type Session, tell } from "../session.ts";
import { openReference, type Reference, type WantedImage } from "../stored-reference.ts";
import { checkTraceFile } from "../trace-file.ts";
import { updateLock } from "../update-lock.ts";

export type VerifyOptions = RunOptions & {
  /** An image's name, or an archive's path; without one, what the outputs say. */
  readonly image?: string | undefined;
  /** A public key: what was pushed must be signed with its other half. */
  readonly key?: string | undefined;
  /** `--no-rebuild`: the signatures are all that is looked at. */
  readonly rebuild: boolean;
};

/** Says whether an image is the one that was signed, and the one that is built from here, from nothing. */
export async function verify(
  session: Session,
  { image, key, rebuild, ...options }: VerifyOptions,
): Promise<number> {
  if (key === undefined && !rebuild) return refuse(session, wordNoWork());
  // Who has the image's name and a key needs no package.
  const opened = image !== undefined && !rebuild ? undefined : await openPackage(session);
  if (opened?.ok === false) return refuse(session, ...opened.diagnostics);
  const name = image ?? (opened && referenceIn(opened.value.config));
  if (name === undefined) return refuse(session, wordNothing());
  // Sooner looked at than built.
  const signed = key === undefined ? succeed([]) : await checkSignatures(session, name, key);
  if (!signed.ok) return refuse(session, ...signed.diagnostics);
  const compared =
    opened === undefined || !rebuild
      ? succeed([])
      : await compareRebuilt(session, { name, signed: signed.value[0]?.digest }, opened.value, options);
  if (!compared.ok) return refuse(session, ...compared.diagnostics);
  tellResult(session, name, { signed: signed.value, compared: compared.value });
  return compared.value.every(({ differences }) => differences.length === 0) ? EXIT.done : EXIT.stepFailed;
}

async function compareRebuilt(
  session: Session,
  wanted: WantedImage,
  opened: Package,
  options: RunOptions,
): Promise<Result<readonly Compared[]>> {
  const traced = await checkTraceFile(session, opened, options.trace);
  if (!traced.ok) return traced;
  const { files, identity } = session.host;
  const work = path.join(session.cacheDirectory, "work", identity.id);
  const folder = await files.makeTemporaryDirectory(work, "verify-");
  try {
    return await compareWith(wanted, opened, { session, folder, options });
  } finally {
    await files.remove(folder);
  }
}

/** What was pushed, or else what is kept here. */
function referenceIn({ outputs, directory }: Config): string | undefined {
  const images = outputs.flatMap((output) => (output.type === "image" ? [output] : []));
  const archives = outputs.flatMap((output) => (output.type.endsWith("-archive") ? [output] : []));
  const [archive] = archives;
  const [tagged] = [...images.filter(({ push }) => push), ...images];
  if (tagged !== undefined) return tagged.tags[0];
  return archive !== undefined && "path" in archive ? path.join(directory, archive.path) : undefined;
}

function wordNothing() {
  return errorDiagnostic("verify/no-image", "the file has no image output to compare with", {
    hint: "type `mlpackage verify IMAGE`, or the path of an archive",
  });
}

function wordNoWork() {
  return errorDiagnostic("cli/nothing-to-verify", "`--no-rebuild` leaves only the signature to verify", {
    hint: "add `--key cosign.pub`, or remove `--no-rebuild`",
  });
}

type Workplace = { readonly session: Session; readonly folder: string; readonly options: RunOptions };

type Compared = {
  readonly platform: string;
  readonly digest: string;
  readonly differences: readonly Difference[];
};

async function compareWith(
  wanted: WantedImage,
  opened: Package,
  workplace: Workplace,
): Promise<Result<readonly Compared[]>> {
  const { session, folder, options } = workplace;
  const apart: Session = { ...session, cacheDirectory: path.join(folder, "cache") };
  const assembled = await assemble(apart, opened, { force: true, noTest: true });
  if (!assembled.ok) return assembled;
  const assembly = assembled.value;
  const { graph } = select(assembly.graph, [IMAGE]);
  const locked = await updateLock(session, opened, assembly, graph, { ...options, frozen: true });
  if (!locked.ok) return locked;
  const makeWorkDirectory = () => session.host.files.makeTemporaryDirectory(folder, "reference-");
  // What is built to be looked at is nobody else's to build on.
  const buildAids = { ...assembly.context.buildAids, cacheTo: [] };
  const context: StepContext = { ...assembly.context, buildAids, makeWorkDirectory };
  try {
    // Looked for first: to build takes longer.
    const reference = await openReference(session, wanted, platformsOf(opened, assembly), context);
    if (!reference.ok) return reference;
    const rebuilt = await rebuild(apart, opened, { ...assembly, graph, context }, options);
    return rebuilt.ok ? succeed(await compare(reference.value, rebuilt.value)) : rebuilt;
  } catch (error) {
    if (!(error instanceof BrokenImage || error instanceof UnreadableImage)) throw error;
    return fail(
      errorDiagnostic("verify/unreadable", `\`${wanted.name}\` cannot be read: ${error.message}`, {
        hint: "type `mlpackage apply` to make it again, then `mlpackage verify`",
      }),
    );
  }
}

function platformsOf({ config }: Package, { pins }: Assembly): readonly string[] {
  return config.build.platforms.length > 0 ? config.build.platforms : [pins.platform];
}

async function compare(
  { images, isConverted }: Reference,
  rebuilt: readonly RebuiltImage[],
): Promise<readonly Compared[]> {
  const compared: Compared[] = [];
  for (const [index, { platform, manifest, config, stored }] of rebuilt.entries()) {
    const other = images[index];
    if (other === undefined) throw new Error(`nothing was found for ${platform}`);
    const isSame = isConverted ? digestOf(other.config) === config.digest : other.digest === manifest.digest;
    const differences = isSame ? [] : await compareImages(other, await stored());
    compared.push({ platform, digest: manifest.digest, differences });
  }
  return compared;
}

type RebuiltImage = PlatformImage & { readonly stored: () => Promise<StoredImage> };

/** Every step runs, with a cache of its own, and by a builder that uses nothing it remembers. */
async function rebuild(
  apart: Session,
  opened: Package,
  assembly: Assembly,
  options: RunOptions,
): Promise<Result<readonly RebuiltImage[]>> {
  const missing = await demandSecrets(apart, opened, assembly, assembly.graph);
  if (missing.length > 0) return fail(...missing);
  const outcomes = await runGraph(apart, opened, assembly, assembly.graph, options);
  const failures = failuresOf(outcomes);
  if (failures.length > 0 || apart.signal.aborted) return fail(...failures);
  return succeed(rebuiltBy(outcomes, assembly));
}

function rebuiltBy(outcomes: ReadonlyMap<string, Outcome>, assembly: Assembly): readonly RebuiltImage[] {
  const outputOf = (id: string): StepOutput => {
    const outcome = outcomes.get(id);
    if (outcome === undefined || !("output" in outcome)) throw new Error(`${id} has made nothing`);
    return outcome.output;
  };
  const { files } = assembly.context.host;
  const context: StepContext = { ...assembly.context, outputOf };
  const step = assembly.graph.steps.find(({ id }) => id === IMAGE);
  if (step === undefined) throw new Error("the graph has no image");
  const contents = contentsFor({ ...step, needs: [...outcomes.keys()] }, context);
  const readText = async (blob: PlatformImage["config"]): Promise<string> => {
    const [part] = await contents.partsOf(blob);
    if (part === undefined || !("file" in part)) throw new Error(`nobody has ${blob.digest}`);
    return files.readText(part.file);
  };
  return imageOf(outputOf(IMAGE)).images.map((image) => ({
    ...image,
    stored: async (): Promise<StoredImage> => ({
      manifest: await readText(image.manifest),
      config: await readText(image.config),
      readLayer: async function* (layer) {
        yield* files.readParts(await contents.partsOf(layer));
      },
    }),
  }));
}

type Verified = { readonly signed: readonly SignedManifest[]; readonly compared: readonly Compared[] };

function tellResult(session: Session, name: string, { signed, compared }: Verified): void {
  if (session.options.json) {
    const result = { image: name, platforms: compared, ...(signed.length > 0 && { signed }) };
    session.writeData(`${JSON.stringify(result, undefined, 2)}\n`);
    return;
  }
  for (const { kind, digest, platform } of signed) {
    const what = platform === undefined ? name : `${name} for ${platform}`;
    const documents = kind === "image" ? "its SBOM and its provenance" : "its provenance";
    tell(session, `signed: ${what}, with ${documents}, is ${digest}`);
  }
  for (const { platform, digest, differences } of compared) {
    if (differences.length === 0) tell(session, `the same: ${name} for ${platform} is ${digest}`);
    else tell(session, `${name} for ${platform} is not what is built from here (${digest}):`);
    for (const difference of differences)
      session.writeData(`${wordDifference(difference)}${wordStep(difference)}\n`);
  }
}

/** Which step makes what differs. */
function wordStep({ where }: Difference): string {
  if (where.in !== "layer") return "";
  const model = /^mlpackage: model (.+)$/.exec(where.madeBy ?? "")?.[1];
  if (model !== undefined) return ` (layer:${model})`;
  return /^mlpackage: (?!(system|Python) packages$)/.test(where.madeBy ?? "")
    ? ` (${IMAGE})`
    : " (build:environment)";
}
