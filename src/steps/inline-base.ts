import type { BaseImageConfig } from "../model/config.ts";
import { type Diagnostic, errorDiagnostic } from "../model/diagnostic.ts";
import { fail, type Result, succeed } from "../model/result.ts";
import { type Instruction, instructionsOf } from "./dockerfile-instructions.ts";
import { dockerfileString } from "./quoting.ts";

type DockerfileBase = Extract<BaseImageConfig, { kind: "dockerfile" }>;

/** The first stages of our Dockerfile, and the parser directives that have to stand before everything else. */
export type InlinedBase = { readonly directives: readonly string[]; readonly stages: string };

type Stage = { readonly name: string | undefined; readonly end: number };

/** The stage a user's Dockerfile ends in, where they gave it no name; one that they have not given to another. */
const UNNAMED_STAGE = "mlpackage-base";

/**
 * A user's own Dockerfile as the first stages of ours, so that one build makes both and a saved folder is complete.
 * Build arguments become the defaults of their `ARG`; our environment begins from the target stage, or the last.
 *
 * Errors: `render/no-stage`, `render/unknown-target`, `render/unknown-build-arg`, `render/escape-directive`.
 */
export function inlineBase(
  text: string,
  base: DockerfileBase,
  environmentStage: string,
): Result<InlinedBase> {
  const { directives, lines } = splitDirectives(text);
  const instructions = instructionsOf(lines);
  const stages = instructions.flatMap(stageOf);
  const target = findTarget(stages, base.target);
  const faults = [
    ...checkDirectives(directives, base),
    ...(target === undefined ? [wordTarget(stages, base)] : []),
    ...checkArguments(instructions, base),
  ];
  if (target === undefined || faults.length > 0) return fail(...faults);
  const name = target.name ?? UNNAMED_STAGE;
  const added = new Map(instructions.map((one) => [one.end, argumentsAfter(one, base.buildArgs)]));
  const written = lines.flatMap((line, index) => {
    const isUnnamed = index === target.end && target.name === undefined;
    return [isUnnamed ? `${line.replace(/\\?\s*$/, "")} AS ${name}` : line, ...(added.get(index) ?? [])];
  });
  return succeed({ directives, stages: `${written.join("\n")}\n\nFROM ${name} AS ${environmentStage}` });
}

/** BuildKit heeds directives in the first lines alone, and those are ours. */
function splitDirectives(text: string) {
  const lines = text
    .replace(/^\uFEFF/, "")
    .replace(/\r\n/g, "\n")
    .trimEnd()
    .split("\n");
  const first = lines.findIndex((line) => !/^#\s*(syntax|escape|check)\s*=/i.test(line));
  const count = first === -1 ? lines.length : first;
  return { directives: lines.slice(0, count), lines: lines.slice(count) };
}

/** The directive would hold for our own lines too, which end with a backslash where they go on. */
function checkDirectives(
  directives: readonly string[],
  { dockerfile }: DockerfileBase,
): readonly Diagnostic[] {
  if (!directives.some((line) => /^#\s*escape\s*=\s*`/i.test(line))) return [];
  return [
    errorDiagnostic(
      "render/escape-directive",
      `\`${dockerfile}\` uses an escape character other than \`\\\``,
      {
        path: "/base_image/dockerfile",
        hint: "remove the `# escape` directive, and continue lines with a backslash",
      },
    ),
  ];
}

function stageOf({ keyword, words, end }: Instruction): readonly Stage[] {
  if (keyword !== "FROM") return [];
  const [, as, name] = words.filter((word) => !word.startsWith("--"));
  return [{ name: as?.toUpperCase() === "AS" ? name : undefined, end }];
}

/** Names have no case; a stage is known by its number too. */
function findTarget(stages: readonly Stage[], target: string | undefined): Stage | undefined {
  if (target === undefined) return stages.at(-1);
  const named = stages.findLast(({ name }) => name?.toLowerCase() === target.toLowerCase());
  return named ?? (/^\d+$/.test(target) ? stages[Number(target)] : undefined);
}

function wordTarget(stages: readonly Stage[], { dockerfile, target }: DockerfileBase): Diagnostic {
  if (stages.length === 0) {
    const message = `\`${dockerfile}\` has no \`FROM\``;
    return errorDiagnostic("render/no-stage", message, {
      path: "/base_image/dockerfile",
      hint: "begin it with `FROM python:3.12-slim`",
    });
  }
  const known = stages.map(({ name }, index) => `\`${name ?? index}\``).join(", ");
  return errorDiagnostic("render/unknown-target", `\`${dockerfile}\` has no stage \`${target}\``, {
    path: "/base_image/target",
    hint: `write one of its stages: ${known}`,
  });
}

function checkArguments(
  instructions: readonly Instruction[],
  { dockerfile, buildArgs }: DockerfileBase,
): readonly Diagnostic[] {
  const declared = new Set(instructions.flatMap(declaredBy));
  return Object.keys(buildArgs)
    .filter((name) => !declared.has(name))
    .map((name) =>
      errorDiagnostic("render/unknown-build-arg", `no \`ARG\` of \`${dockerfile}\` declares \`${name}\``, {
        path: `/base_image/build_args/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`,
        hint:
          declared.size === 0
            ? `add \`ARG ${name}\` to it`
            : `write one of ${[...declared].map((one) => `\`${one}\``).join(", ")}`,
      }),
    );
}

/** The later of two declarations holds. */
function argumentsAfter(
  instruction: Instruction,
  buildArgs: Readonly<Record<string, string>>,
): readonly string[] {
  const declared = declaredBy(instruction);
  return Object.entries(buildArgs).flatMap(([name, value]) =>
    declared.includes(name) ? [`ARG ${name}=${dockerfileString(value)}`] : [],
  );
}

function declaredBy({ keyword, words }: Instruction): readonly string[] {
  return keyword === "ARG" ? words.map((word) => word.replace(/=.*$/s, "")) : [];
}
