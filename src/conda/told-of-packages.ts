import { type Diagnostic, warningDiagnostic } from "../model/diagnostic.ts";
import type { Environment, PlacedPackage } from "./place-packages.ts";

const PATH = "/environment/conda";

/** What conda would have done and is not done here. */
export function warnOfEnvironment({ packages, clashes }: Environment): readonly Diagnostic[] {
  const scripts = findPaths(packages, /^bin\/\.[^/]+-(?:post|pre)-link\.sh$/);
  const activations = findPaths(packages, /^etc\/conda\/activate\.d\/[^/]+\.sh$/);
  return [
    ...(scripts.length === 0
      ? []
      : [
          warningDiagnostic("conda/script-not-run", "post-install scripts of conda packages are not run", {
            path: PATH,
            excerpt: scripts,
            hint: "if something is missing in the image, use a `base_image` in which conda has installed these packages",
          }),
        ]),
    ...(activations.length === 0
      ? []
      : [
          warningDiagnostic("conda/activation-not-run", "activation scripts of conda packages are not run", {
            path: PATH,
            excerpt: activations,
            hint: "set the variables that the service needs in `environment.variables`",
          }),
        ]),
    ...(clashes.length === 0
      ? []
      : [
          warningDiagnostic("conda/same-path", "several packages have different files at the same path", {
            path: PATH,
            hint: "if the wrong file was taken, remove one of the packages from the conda file",
            excerpt: clashes.map(
              ({ path, taken, left }) => `${path}: of ${taken}, not of ${left.join(", ")}`,
            ),
          }),
        ]),
  ];
}

function findPaths(packages: readonly PlacedPackage[], pattern: RegExp): readonly string[] {
  return packages.flatMap(({ info, placed }) =>
    [...placed.values()].filter(({ path }) => pattern.test(path)).map(({ path }) => `${info.name}: ${path}`),
  );
}
