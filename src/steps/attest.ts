import { type AttachedText, attachBundle, EMPTY_CONFIG, writeArtifact } from "../attestations/artifact.ts";
import type { BaseFacts, FileFacts, ImageFacts } from "../attestations/facts.ts";
import { provenanceOf } from "../attestations/provenance.ts";
import { writeSbom } from "../attestations/sbom.ts";
import { PREDICATE_TYPES, writeStatement } from "../attestations/statement.ts";
import { describeText, normalPlatform } from "../images/manifest.ts";
import type { Origin, SigningKey } from "../model/attestation.ts";
import { once } from "../model/chunks.ts";
import type { BaseImageConfig } from "../model/config.ts";
import { type Digest, digestOfValue } from "../model/digest.ts";
import type { Descriptor, Image } from "../model/image.ts";
import type { LockedPackages } from "../model/lock-file.ts";
import type { StepOutput } from "../model/outcome.ts";
import type { Repository } from "../model/registry.ts";
import { combine, fail, type Result, succeed } from "../model/result.ts";
import type { Serializable, SerializableRecord } from "../model/serializable.ts";
import type { Step } from "../model/step.ts";
import type { StepContext, StepKind } from "../model/step-kind.ts";
import { IMAGE, imageOf } from "./build-image.ts";
import { packagesFor } from "./lock.ts";
import { condaPackagesFor } from "./lock-conda.ts";
import { modelFiles } from "./model-files.ts";
import type { PinnedBase } from "./read-base.ts";
import { withRegistryFaults } from "./registry-faults.ts";
import { parseState, type Tree } from "./store-inputs.ts";
import { findBundles } from "./stored-bundles.ts";

type AttestInputs = {
  readonly repository: string;
  readonly name: string;
  readonly models: readonly { readonly name: string; readonly version: string; readonly source: string }[];
  readonly baseImage: BaseImageConfig;
  readonly base: PinnedBase;
  readonly code: Tree;
  readonly runtime: Tree;
  readonly sourceDateEpoch: number;
  readonly origin: Origin;
  readonly keys: readonly SigningKey[];
};

/** A manifest of the image, and what was put beside it. */
type Attested = { readonly subject: Digest; readonly referrers: readonly Digest[] };

/** Puts beside a pushed image what is in it and how it was made, and signs both and the image where there is a key. */
export const attestKind: StepKind = {
  kind: "attest",
  version: 1,
  summary: "puts SBOM, provenance and signatures beside the image",
  shareable: false,
  timeoutMs: 30 * 60_000,
  attempts: 1,
  run,
  async findMissing(step, output, { repositoryOf, signal }) {
    const { repository: name } = step.inputs as unknown as AttestInputs;
    const repository = repositoryOf(name);
    const isThere = async ({ subject, referrers }: Attested): Promise<boolean> => {
      const listed = await repository.listReferrers(subject, signal);
      const found = await Promise.all(
        referrers.map(
          async (digest) =>
            listed.some((one) => one.digest === digest) &&
            (await repository.findManifest(digest, signal)) === digest,
        ),
      );
      return found.every(Boolean);
    };
    const all = await Promise.all(attestedOf(output).map(isThere));
    return all.every(Boolean) ? undefined : `an attestation in ${name}`;
  },
};

function attestedOf(output: StepOutput): readonly Attested[] {
  return output.values.attested as unknown as readonly Attested[];
}

async function run(step: Step, context: StepContext): Promise<Result<StepOutput>> {
  const inputs = step.inputs as unknown as AttestInputs;
  const subjects = subjectsOf(step, context);
  const done = await withRegistryFaults(inputs.repository, async (): Promise<Result<readonly Attested[]>> => {
    const attested: Attested[] = [];
    for (const subject of subjects) {
      const written = await attest(subject, inputs.keys, context);
      if (!written.ok) return written;
      attested.push({ subject: subject.descriptor.digest, referrers: written.value });
    }
    return succeed(attested);
  });
  if (!done.ok) return done;
  if (!done.value.ok) return done.value;
  const values = { attested: done.value.value as unknown as Serializable };
  return succeed({ digest: digestOfValue(values), files: [], values });
}

/** What is attested: the image for each platform, and the index that names them where there are several. */
type AttestedSubject = { readonly descriptor: Descriptor; readonly facts: ImageFacts };

function subjectsOf(step: Step, context: StepContext): readonly AttestedSubject[] {
  const image = imageOf(context.outputOf(IMAGE));
  const packages = Object.entries(packagesFor(step, context)).map(
    ([platform, installed]) => [normalPlatform(platform), installed] as const,
  );
  const known = new Map(packages);
  const conda = Object.entries(condaPackagesFor(step, context)).map(
    ([platform, brought]) => [normalPlatform(platform), brought] as const,
  );
  const brought = new Map(conda);
  const platforms = image.images.map(({ platform }) => ({
    platform,
    packages: known.get(normalPlatform(platform)) ?? NO_PACKAGES,
    conda: brought.get(normalPlatform(platform)) ?? [],
  }));
  const common = factsOf(step, context);
  const single = image.images.map(({ manifest }, index) => ({
    descriptor: manifest,
    facts: { ...common, digest: manifest.digest, platforms: platforms.slice(index, index + 1) },
  }));
  if (!isIndex(image)) return single;
  return [...single, { descriptor: image.root, facts: { ...common, digest: image.root.digest, platforms } }];
}

const NO_PACKAGES: LockedPackages = { systemPackages: {}, python: [] };

function isIndex({ root, images }: Image): boolean {
  return images.every(({ manifest }) => manifest.digest !== root.digest);
}

function factsOf(step: Step, context: StepContext): Omit<ImageFacts, "digest" | "platforms"> {
  const { repository, name, models, baseImage, base, code, runtime, sourceDateEpoch, origin } =
    step.inputs as unknown as AttestInputs;
  return {
    ...{ repository, name, sourceDateEpoch, origin },
    base: baseFactsOf(base, baseImage),
    models: models.map((model) => ({
      ...model,
      files: modelFiles(step, model.name, context).map(fileFactsOf),
    })),
    code: treeFacts(code),
    runtime: treeFacts(runtime),
  };
}

function baseFactsOf(base: PinnedBase, baseImage: BaseImageConfig): BaseFacts {
  if (base.kind !== "dockerfile") return base;
  if (baseImage.kind !== "dockerfile") throw new Error("the base is pinned as a Dockerfile, and is none");
  return {
    kind: "dockerfile",
    path: baseImage.dockerfile,
    files: treeFacts({ ...base.context, ...base.dockerfile }),
  };
}

function treeFacts(tree: Tree): readonly FileFacts[] {
  return Object.entries(tree).map(([path, state]) => ({ path, digest: parseState(state).digest }));
}

function fileFactsOf({ path, digest }: FileFacts): FileFacts {
  return { path, digest };
}

/** Gives the digests of what was put beside an image; what is there already is put there once. */
async function attest(
  { descriptor, facts }: AttestedSubject,
  keys: readonly SigningKey[],
  context: StepContext,
): Promise<Result<readonly Digest[]>> {
  const repository = context.repositoryOf(facts.repository);
  const documents = documentsOf(facts);
  const signed = await signAll(statementsOf(facts, documents), descriptor.digest, keys, repository, context);
  if (!signed.ok) return signed;
  const texts = [...documents.map(({ attached }) => attached), ...signed.value.made];
  const artifacts = texts.map((text) => writeArtifact(text, descriptor));
  for (const text of [EMPTY_CONFIG.text, ...texts.map((one) => one.text)])
    await sendText(text, repository, context);
  if (artifacts.length > 0) await repository.writeReferrers(descriptor.digest, artifacts, context.signal);
  return succeed([...artifacts.map(({ digest }) => digest), ...signed.value.kept]);
}

/** What is said of an image: as a text of its own kind, and as what is signed. */
type AttestedDocument = {
  readonly attached: AttachedText;
  readonly predicateType: string;
  readonly statement: string;
};

/** An index has no content of its own: of what is in it, its images tell. */
function documentsOf(facts: ImageFacts): readonly AttestedDocument[] {
  const subject = { name: facts.repository, digest: facts.digest };
  const provenance = writeStatement(subject, PREDICATE_TYPES.provenance, provenanceOf(facts));
  const [platform, ...others] = facts.platforms;
  const sbom = platform === undefined || others.length > 0 ? undefined : writeSbom(facts, platform);
  return [
    {
      attached: {
        mediaType: "application/vnd.in-toto+json",
        text: provenance,
        fileName: "provenance.intoto.json",
        annotations: { "in-toto.io/predicate-type": PREDICATE_TYPES.provenance },
      },
      predicateType: PREDICATE_TYPES.provenance,
      statement: provenance,
    },
    ...(sbom === undefined
      ? []
      : [
          {
            attached: { mediaType: "application/vnd.cyclonedx+json", text: sbom, fileName: "sbom.cdx.json" },
            predicateType: PREDICATE_TYPES.sbom,
            statement: writeStatement(subject, PREDICATE_TYPES.sbom, JSON.parse(sbom) as SerializableRecord),
          },
        ]),
  ];
}

type Statement = { readonly predicateType: string; readonly text: string };

function statementsOf(facts: ImageFacts, documents: readonly AttestedDocument[]): readonly Statement[] {
  const subject = { name: facts.repository, digest: facts.digest };
  const predicateType = PREDICATE_TYPES.signature;
  return [
    { predicateType, text: writeStatement(subject, predicateType, {}) },
    ...documents.map((document) => ({ predicateType: document.predicateType, text: document.statement })),
  ];
}

type Signed = { readonly made: readonly AttachedText[]; readonly kept: readonly Digest[] };

/** No signature is like another: those that are there already are kept, or each machine would add its own. */
async function signAll(
  statements: readonly Statement[],
  subject: Digest,
  keys: readonly SigningKey[],
  repository: Repository,
  context: StepContext,
): Promise<Result<Signed>> {
  const bundles = keys.length === 0 ? [] : await findBundles(subject, repository, context.signal);
  const wanted = keys.flatMap((key) =>
    statements.map((statement) => ({
      key,
      statement,
      known: bundles.find((bundle) => bundle.open(key.publicKey)?.text === statement.text),
    })),
  );
  const made = await Promise.all(
    wanted
      .filter(({ known }) => known === undefined)
      .map(({ key, statement }) => sign(statement, key.reference, context)),
  );
  const signed = combine(made);
  // A key that cannot be used is the same for all that it was to sign.
  if (!signed.ok) return fail(...signed.diagnostics.slice(0, 1));
  return succeed({ made: signed.value, kept: wanted.flatMap(({ known }) => known?.digest ?? []) });
}

async function sign(
  { predicateType, text: statement }: Statement,
  key: string,
  context: StepContext,
): Promise<Result<AttachedText>> {
  context.report({ type: "doing", text: `signs with ${key}` });
  const workDirectory = await context.makeWorkDirectory();
  const signed = await context.signer.sign({ statement, key, workDirectory, signal: context.signal });
  return signed.ok ? succeed(attachBundle(signed.value, predicateType)) : signed;
}

async function sendText(text: string, repository: Repository, { signal }: StepContext): Promise<void> {
  const { digest, size } = describeText("", text);
  if ((await repository.findBlob(digest, signal)) !== undefined) return;
  await repository.writeBlob(
    { digest, size, chunks: (start = 0) => once(Buffer.from(text).subarray(start)) },
    signal,
  );
}
