import { createDockerEngine } from "../engines/docker-engine.ts";
import { type Manifest, readManifest } from "../execution/manifest.ts";
import { errorDiagnostic } from "../model/diagnostic.ts";
import { digestOf } from "../model/digest.ts";
import type { Engine } from "../model/engine.ts";
import { fail, type Result, succeed } from "../model/result.ts";
import { LOAD } from "../plan/step-ids.ts";
import { openPackage, type Package, packagePlaceOf } from "./open-package.ts";
import type { Session } from "./session.ts";

/** What `run`, `score`, `pull` and their like begin with: the package, an engine that answers, and what `apply` made. */
export type LastRun = { readonly opened: Package; readonly engine: Engine; readonly manifest: Manifest };

export async function openLastRun(session: Session): Promise<Result<LastRun>> {
  const opened = await openPackage(session);
  if (!opened.ok) return opened;
  const engine = await createDockerEngine(session.host);
  const probed = await engine.probe();
  if (!probed.ok) return probed;
  const manifest = await readManifest(packagePlaceOf(session), session.host.files);
  return succeed({ opened: opened.value, engine, manifest });
}

/** The image that `apply` built last, if the engine still has it. */
export async function findBuiltImage({ opened, engine, manifest }: LastRun): Promise<Result<string>> {
  const image = manifest.steps[LOAD]?.output.values.image;
  if (typeof image === "string" && (await engine.identify(image)) !== undefined) return succeed(image);
  return fail(
    errorDiagnostic("cli/not-applied", `the engine has no image of \`${opened.config.name}\``, {
      hint: "type `mlpackage apply` to build it, or `mlpackage pull` to get the pushed one",
    }),
  );
}

/** By which the container of `run` is found again: one a package. */
export function serviceLabels({ opened }: LastRun): Readonly<Record<string, string>> {
  return {
    "org.mlpackage.role": "service",
    "org.mlpackage.package": opened.config.name,
    "org.mlpackage.file": digestOf(opened.configPath),
  };
}
