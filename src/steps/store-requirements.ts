import path from "node:path";
import type { PythonConfig } from "../model/config.ts";
import type { OutputFile } from "../model/outcome.ts";
import type { StepContext } from "../model/step-kind.ts";
import type { EnvironmentLayout } from "./image-layout.ts";
import { nameTree, storeText, storeTree, type Tree } from "./store-inputs.ts";

export type RequirementInputs = {
  readonly environment: { readonly python: PythonConfig };
  readonly requirements: Tree;
  readonly findLinks: Readonly<Record<string, Tree>>;
};

/** Takes what pip reads into the store; each path begins with the name of its context. */
export async function storeRequirements(
  { environment, requirements, findLinks }: RequirementInputs,
  layout: EnvironmentLayout,
  context: StepContext,
): Promise<readonly OutputFile[]> {
  const stored = await Promise.all([
    storeTree(requirements, context.directory, "requirements", context),
    storeList(environment.python, layout, context),
    ...layout.wheels.map((wheels) => {
      const from = path.join(context.directory, wheels.source);
      return storeTree(findLinks[wheels.source] ?? {}, from, wheels.context, context);
    }),
  ]);
  return stored.flat();
}

/** As `storeRequirements`, of files that stay where they are in the package. */
export async function nameRequirements(
  { environment, requirements, findLinks }: RequirementInputs,
  layout: EnvironmentLayout,
  context: StepContext,
): Promise<readonly OutputFile[]> {
  return [
    ...nameTree(requirements, ".", "requirements"),
    ...layout.wheels.flatMap((wheels) =>
      nameTree(findLinks[wheels.source] ?? {}, wheels.source, wheels.context),
    ),
    ...(await storeList(environment.python, layout, context)),
  ];
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
