import type { Repository } from "../../model/registry.ts";
import { fail, type Result, succeed } from "../../model/result.ts";
import type { SourceReference } from "../../model/source.ts";
import { type FoundArtifact, findArtifact } from "../../sources/oci/find-artifact.ts";
import { ociSource } from "../../sources/oci.ts";
import { wordFault } from "../../sources/remote-source.ts";
import { withRegistryFaults } from "../../steps/registry-faults.ts";
import { createRepositories } from "../repositories.ts";
import { reportDiagnostics, type Session } from "../session.ts";

/** A model in a registry that a call names. */
export type RegistryModel = {
  /** `oci://registry.example.com/team/ridge:3`, all that is in it included. */
  readonly reference: SourceReference;
  /** As `docker` would call it. */
  readonly name: string;
  readonly repositoryOf: (reference: string) => Repository;
};

/**
 * Reads a reference as it is typed.
 *
 * Errors: `source/bad-oci-reference`.
 */
export function openRegistryModel(session: Session, written: string): Result<RegistryModel> {
  const name = written.replace(/^oci:\/\//i, "");
  const reference = ociSource.parse({ source: `oci://${name}`, include: ["**"], exclude: [] });
  if (!reference.ok) return reference;
  const warn = session.options.json
    ? () => {}
    : (one: Parameters<typeof reportDiagnostics>[1][number]) => reportDiagnostics(session, [one]);
  return succeed({
    reference: reference.value,
    name,
    repositoryOf: createRepositories(session.host, { warn }),
  });
}

/** What a registry has under a reference; the answer to a question about it. */
export async function askRegistry<T>(
  { reference, name, repositoryOf }: RegistryModel,
  { host, signal }: Session,
  act: (found: FoundArtifact, repository: Repository) => Promise<T>,
): Promise<Result<T>> {
  try {
    return await withRegistryFaults(name, async () => {
      const repository = repositoryOf(name);
      return act(await findArtifact(reference.source, repository, { host, signal }), repository);
    });
  } catch (error) {
    const worded = wordFault(error);
    if (worded === undefined) throw error;
    return fail(worded);
  }
}
