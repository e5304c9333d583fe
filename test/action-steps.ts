import { readFileSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { execa } from "execa";
import { load } from "js-yaml";

export type ActionStep = {
  readonly id?: string;
  readonly uses?: string;
  readonly run?: string;
  readonly shell?: string;
  readonly if?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly with?: Readonly<Record<string, string | number>>;
};

export type Action = {
  readonly inputs: Readonly<Record<string, { readonly description: string; readonly default: string }>>;
  readonly outputs: Readonly<Record<string, { readonly value: string }>>;
  readonly runs: { readonly using: string; readonly steps: readonly ActionStep[] };
};

export const actionText = readFileSync(new URL("../action.yml", import.meta.url), "utf8");
export const action = load(actionText) as Action;

/** What expressions of the action's `env` may name: `inputs.file`, `steps.prepare.outputs.cache-key`. */
export type Names = Readonly<Record<string, string>>;

/** Runs the shell part of a step as a runner does: bash on a file, and outputs read from the file that is named to it. */
export async function runStep(id: string, names: Names, environment: Names = {}) {
  const step = action.runs.steps.find((one) => one.id === id);
  if (step?.run === undefined) throw new Error(`the action has no step ${id} that runs anything`);
  const folder = await mkdtemp(path.join(tmpdir(), "mlpackage-action-"));
  try {
    const output = path.join(folder, "output");
    const script = path.join(folder, "step.sh");
    await writeFile(output, "");
    await writeFile(script, step.run);
    const given = Object.entries(step.env ?? {}).map(([name, text]) => [name, evaluate(text, names)]);
    const env = {
      ...{ RUNNER_TEMP: folder, GITHUB_OUTPUT: output },
      ...Object.fromEntries(given),
      ...environment,
    };
    const { exitCode, stdout, stderr } = await execa(
      "bash",
      ["--noprofile", "--norc", "-eo", "pipefail", script],
      { env, reject: false, timeout: 300_000 },
    );
    return { exitCode, stdout, stderr, outputs: parseOutputs(await readFile(output, "utf8")) };
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Of the expressions of GitHub, those that name a value. */
function evaluate(text: string, names: Names): string {
  return text.replaceAll(/\$\{\{ ([\w.-]+) \}\}/g, (_, name: string) => {
    const input = name.startsWith("inputs.") ? action.inputs[name.slice("inputs.".length)] : undefined;
    const value = names[name] ?? input?.default;
    if (value === undefined) throw new Error(`the step names ${name}, which it was not given`);
    return value;
  });
}

function parseOutputs(text: string): Names {
  return Object.fromEntries(
    text
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => {
        const at = line.indexOf("=");
        if (at < 1) throw new Error(`${line} is no output`);
        return [line.slice(0, at), line.slice(at + 1)];
      }),
  );
}
