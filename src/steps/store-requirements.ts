import path from "node:path";
import type { PythonConfig } from "../model/config.ts";
import type { LockedPlatforms } from "../model/lock-file.ts";
import type { OutputFile } from "../model/outcome.ts";
import type { StepContext } from "../model/step-kind.ts";
import { lockedFileName } from "./dockerfile.ts";
import type { EnvironmentLayout, InstallationLayout } from "./image-layout.ts";
import { writeRequirements } from "./read-answers.ts";
import { nameTree, storeText, storeTree, type Tree } from "./store-inputs.ts";

export type RequirementInputs = {
  readonly environment: { readonly python: PythonConfig };
  readonly requirements: Tree;
  readonly findLinks: Readonly<Record<string, Tree>>;
};

/** What pip reads when it is asked what to install; each path begins with the name of its context. */
export async function nameRequirements(
  { environment, requirements, findLinks }: RequirementInputs,
  layout: EnvironmentLayout,
  context: StepContext,
): Promise<readonly OutputFile[]> {
  return [
    ...nameTree(requirements, ".", "requirements"),
    ...nameWheels(findLinks, layout),
    ...(await storeList(environment.python, layout, context)),
  ];
}

/** The folders of wheels, whose files stay where they are in the package. */
export function nameWheels(
  findLinks: RequirementInputs["findLinks"],
  { wheels }: InstallationLayout,
): readonly OutputFile[] {
  return wheels.flatMap(({ source, context }) => nameTree(findLinks[source] ?? {}, source, context));
}

/** The same, taken into the store. */
export async function storeWheels(
  findLinks: RequirementInputs["findLinks"],
  { wheels }: InstallationLayout,
  context: StepContext,
): Promise<readonly OutputFile[]> {
  const stored = await Promise.all(
    wheels.map((one) =>
      storeTree(findLinks[one.source] ?? {}, path.join(context.directory, one.source), one.context, context),
    ),
  );
  return stored.flat();
}

/** What pip installs from, a file for each platform, which may be empty: the same command is run on all. */
export async function storeLocked(
  packages: LockedPlatforms,
  pipOptions: readonly string[],
  context: StepContext,
): Promise<readonly OutputFile[]> {
  const platforms = Object.entries(packages);
  if (platforms.every(([, { python }]) => python.length === 0)) return [];
  return Promise.all(
    platforms.map(([platform, { python }]) => {
      const name = lockedFileName(platform, platforms.length > 1);
      return storeText(`locked/${name}`, writeRequirements(python, pipOptions), context);
    }),
  );
}

/** Requirements that are listed in the configuration, as the file that pip reads. */
async function storeList(
  { requirements }: PythonConfig,
  layout: EnvironmentLayout,
  context: StepContext,
): Promise<readonly OutputFile[]> {
  if (!("list" in requirements) || layout.requirements.length === 0) return [];
  return [await storeText("requirements/requirements.txt", `${requirements.list.join("\n")}\n`, context)];
}
