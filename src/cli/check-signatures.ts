import { readPublicKey, type SignedStatement } from "../attestations/bundle.ts";
import { PREDICATE_TYPES } from "../attestations/statement.ts";
import { createCosign } from "../engines/cosign.ts";
import { parseManifest } from "../images/manifest.ts";
import { type Diagnostic, errorDiagnostic } from "../model/diagnostic.ts";
import { type Digest, digestOf, shortDigest } from "../model/digest.ts";
import { parseImageReference } from "../model/image-reference.ts";
import type { Repository } from "../model/registry.ts";
import { combine, fail, type Result, succeed } from "../model/result.ts";
import { withRegistryFaults } from "../steps/registry-faults.ts";
import { findBundles } from "../steps/stored-bundles.ts";
import { resolveForSession } from "./check-written-file.ts";
import { createRepositories } from "./repositories.ts";
import type { Session } from "./session.ts";

/** A manifest of an image, whose signature and attestations were found to be right. */
export type SignedManifest = {
  readonly kind: "image" | "index";
  readonly digest: Digest;
  /** Where an index says it. */
  readonly platform?: string;
};

/**
 * Finds an image in its registry, and demands that it, its SBOM and its provenance are signed with the other half of a
 * key, for each platform, and that they name this image. What the name itself stands for is the first of what it gives.
 *
 * Errors: `cli/no-public-key`, `verify/not-signed`, `verify/other-key`, `verify/other-image`, `verify/not-attested`,
 * `verify/no-image`, and those of registries.
 */
export async function checkSignatures(
  session: Session,
  name: string,
  key: string,
): Promise<Result<readonly SignedManifest[]>> {
  const publicKey = await readKey(session, key);
  if (!publicKey.ok) return publicKey;
  if ((await session.host.files.status(resolveForSession(session, name)))?.type === "file")
    return fail(wordNotInRegistry(name));
  const repository = createRepositories(session.host)(name);
  const checked = await withRegistryFaults(name, async () => {
    const manifests = await findManifests(name, repository, session.signal);
    if (manifests === undefined) return fail(wordNotInRegistry(name));
    const results: Result<SignedManifest>[] = [];
    // One after the other: what is beside each is in memory while it is looked at.
    for (const manifest of manifests)
      results.push(await checkManifest(manifest, name, publicKey.value, repository, session.signal));
    return combine(results);
  });
  return checked.ok ? checked.value : checked;
}

/** A path, a variable, or what cosign knows a key by. */
async function readKey(session: Session, key: string): Promise<Result<string>> {
  const { host, signal, workingDirectory } = session;
  const [, variable] = /^env:\/\/(.+)$/.exec(key) ?? [];
  const pem = variable === undefined ? await readKeyFile(session, key) : host.environment[variable];
  if (pem !== undefined)
    return readPublicKey(pem) === undefined ? fail(wordNoPublicKey(key, pem)) : succeed(pem);
  if (variable === undefined && key.includes("://"))
    return createCosign(host, workingDirectory).publicKeyOf(key, signal);
  return fail(wordNoPublicKey(key, ""));
}

async function readKeyFile(session: Session, key: string): Promise<string | undefined> {
  const place = resolveForSession(session, key);
  const isFile = !key.includes("://") && (await session.host.files.status(place))?.type === "file";
  return isFile ? session.host.files.readText(place) : undefined;
}

/** The manifest that a name stands for now, and those that an index names. */
async function findManifests(
  name: string,
  repository: Repository,
  signal: AbortSignal,
): Promise<readonly SignedManifest[] | undefined> {
  const { tag = "latest", digest } = parseImageReference(name);
  const text = await repository.readManifest(digest ?? tag, signal);
  if (text === undefined) return undefined;
  const parsed = parseManifest(text);
  if (parsed?.kind !== "index") return [{ kind: "image", digest: digestOf(text) }];
  const images = parsed.manifests.flatMap(({ digest: one, platform }): readonly SignedManifest[] =>
    platform === undefined ? [] : [{ kind: "image", digest: one, platform }],
  );
  return [{ kind: "index", digest: digestOf(text) }, ...images];
}

/** What has to be signed of an image; an index has no content of its own, and no SBOM. */
const DEMANDED = [
  { type: PREDICATE_TYPES.signature, word: "signature", isOfIndex: true },
  { type: PREDICATE_TYPES.provenance, word: "provenance", isOfIndex: true },
  { type: PREDICATE_TYPES.sbom, word: "SBOM", isOfIndex: false },
] as const;

async function checkManifest(
  manifest: SignedManifest,
  name: string,
  publicKey: string,
  repository: Repository,
  signal: AbortSignal,
): Promise<Result<SignedManifest>> {
  const { digest, kind } = manifest;
  const bundles = await findBundles(digest, repository, signal);
  const signed = bundles.flatMap((bundle) => bundle.open(publicKey) ?? []);
  const image = { name, digest };
  if (bundles.length === 0) return fail(wordNotSigned(image));
  if (signed.length === 0) return fail(wordOtherKey(image));
  const demanded = DEMANDED.filter(({ isOfIndex }) => isOfIndex || kind === "image");
  const problems = demanded.flatMap(({ type, word }) => {
    const statements = signed.filter(({ predicateType }) => predicateType === type);
    const isRight = statements.some(({ subjects }) => subjects.includes(digest));
    return isRight ? [] : [wordUnfit(image, word, statements)];
  });
  return problems.length === 0 ? succeed(manifest) : fail(...problems);
}

type Named = { readonly name: string; readonly digest: Digest };

function wordNotSigned({ name, digest }: Named): Diagnostic {
  return errorDiagnostic(
    "verify/not-signed",
    `\`${name}\` is not signed: the registry has no signature for ${digest}`,
    {
      hint: "add `attest: true` and `sign` to the output, and type `mlpackage apply` to sign it",
    },
  );
}

function wordOtherKey({ name, digest }: Named): Diagnostic {
  const message = `no signature of ${digest} was made with this key, or it was changed since`;
  return errorDiagnostic("verify/other-key", `\`${name}\` cannot be trusted: ${message}`, {
    hint: "check that `--key` is the public key of whoever signed it; if it is, do not use the image",
  });
}

function wordUnfit(
  { name, digest }: Named,
  word: string,
  statements: readonly SignedStatement[],
): Diagnostic {
  const others = statements.flatMap(({ subjects }) => subjects.map(shortDigest));
  if (others.length === 0)
    return errorDiagnostic(
      "verify/not-attested",
      `\`${name}\`, ${digest}, has no ${word} signed with this key`,
      { hint: "type `mlpackage apply` where the key is: it adds what is missing" },
    );
  const message = `the ${word} beside \`${name}\`, ${digest}, belongs to another image: ${others.join(", ")}`;
  return errorDiagnostic("verify/other-image", message, {
    hint: "do not use the image; type `mlpackage apply` to push and sign it again",
  });
}

function wordNotInRegistry(name: string): Diagnostic {
  return errorDiagnostic("verify/no-image", `\`${name}\` is not in a registry, where signatures are kept`, {
    hint: "write the tag of a pushed image",
  });
}

function wordNoPublicKey(key: string, text: string): Diagnostic {
  const isPrivate = text.includes("PRIVATE KEY");
  const message = isPrivate ? `\`${key}\` is a private key` : `there is no public key in \`${key}\``;
  return errorDiagnostic("cli/no-public-key", message, {
    hint: `write the output of \`cosign public-key --key ${isPrivate ? key : "KEY"}\` to a file, and give that`,
  });
}
