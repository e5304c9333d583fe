import { readManifest } from "../execution/manifest.ts";
import { errorDiagnostic } from "../model/diagnostic.ts";
import { nameOf } from "../model/image-reference.ts";
import { fail, type Result, succeed } from "../model/result.ts";
import { LOAD } from "../plan/step-ids.ts";
import { type Package, packagePlaceOf } from "./open-package.ts";
import { createRepositories, resolveReference } from "./repositories.ts";
import { type Session, tell } from "./session.ts";

export type DeployedImage = { readonly image: string; readonly isLocal: boolean };

/**
 * What is to run: the image that was pushed last, by its digest. On a machine that pushed none, the registry is asked what
 * it has under the tag. Where the file pushes none, and `mayBeLocal`, the image that was built here. No engine is asked.
 *
 * Errors: `cli/nothing-pushed`, `cli/not-applied`, `registry/not-found`, and those of registries.
 */
export async function findDeployedImage(
  { config }: Package,
  session: Session,
  mayBeLocal: boolean,
): Promise<Result<DeployedImage>> {
  const { steps } = await readManifest(packagePlaceOf(session), session.host.files);
  const tags = config.outputs.flatMap((output) =>
    output.type === "image" && output.push ? output.tags : [],
  );
  for (const tag of tags) {
    const digest = steps[`push:${tag}`]?.output.values.digest;
    if (typeof digest === "string") return succeed({ image: `${nameOf(tag)}@${digest}`, isLocal: false });
  }
  const [tag] = tags;
  if (tag !== undefined) return askRegistry(tag, session);
  if (!mayBeLocal) return fail(wordNothingPushed());
  const image = steps[LOAD]?.output.values.image;
  if (typeof image === "string") return succeed({ image, isLocal: true });
  return fail(
    errorDiagnostic("cli/not-applied", `no image of \`${config.name}\` was built here`, {
      hint: "`mlpackage apply` builds it",
    }),
  );
}

function wordNothingPushed() {
  return errorDiagnostic(
    "cli/nothing-pushed",
    "no output of the file is pushed, and a cluster pulls images",
    {
      hint: "give an image output a tag of your registry and `push: true`, and `mlpackage apply`",
    },
  );
}

async function askRegistry(tag: string, session: Session): Promise<Result<DeployedImage>> {
  const repositoryOf = createRepositories(session.host);
  const found = await resolveReference(tag, repositoryOf, session.signal);
  if (!found.ok) return found;
  if (found.value === undefined) {
    return fail(
      errorDiagnostic("registry/not-found", `the registry has no \`${tag}\``, {
        hint: "`mlpackage apply` pushes it",
      }),
    );
  }
  tell(session, `nothing was pushed from here: taking what the registry has as ${tag} now`);
  return succeed({ image: `${nameOf(tag)}@${found.value}`, isLocal: false });
}
