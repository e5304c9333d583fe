import type { Config } from "../model/config.ts";
import { type Diagnostic, errorDiagnostic } from "../model/diagnostic.ts";

/** Refuses the Dockerfile folder of a package on an OCI layout, at the place that asks for it. */
export function refuseSavedLayout(
  { baseImage }: Config,
  place: Pick<Diagnostic, "location" | "path" | "related">,
): readonly Diagnostic[] {
  if (baseImage.kind !== "oci-layout") return [];
  const message = `plain \`docker build\` cannot begin from the OCI layout \`${baseImage.path}\``;
  const hint =
    "save the image itself with an output of `type: oci-archive`, or name a base image of a registry";
  return [errorDiagnostic("config/layout-not-saveable", message, { ...place, hint })];
}
