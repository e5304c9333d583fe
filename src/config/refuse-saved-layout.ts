import type { Config } from "../model/config.ts";
import { type Diagnostic, errorDiagnostic } from "../model/diagnostic.ts";

/** Refuses the Dockerfile folder of a package on an OCI layout, or with packages of conda, at the place that asks for it. */
export function refuseSavedLayout(
  { baseImage, environment }: Config,
  place: Pick<Diagnostic, "location" | "path" | "related">,
): readonly Diagnostic[] {
  if (environment.conda !== undefined) {
    const hint = "save the image itself: `{type: oci-archive, path: dist/model.tar}`";
    const message = "a folder for `docker build` cannot hold conda packages";
    const { related: _base, ...own } = place;
    return [errorDiagnostic("config/conda-not-saveable", message, { ...own, hint })];
  }
  if (baseImage.kind !== "oci-layout") return [];
  const message = `plain \`docker build\` cannot begin from the OCI layout \`${baseImage.path}\``;
  const hint =
    "save the image itself: `{type: oci-archive, path: dist/model.tar}`, or use a `base_image` from a registry";
  return [errorDiagnostic("config/layout-not-saveable", message, { ...place, hint })];
}
