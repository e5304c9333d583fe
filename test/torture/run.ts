/**
 * What a build tool's cache and executor do when the world is unkind: `tsx test/torture/run.ts [--kills N] [--seed S]
 * [--verbose] [TOOL…] [CASE…]`. Prints the matrix of cases and tools, and the trials of mlpackage alone. Words choose:
 * tools by name, cases by part of theirs. The exit code is 1 if any cell of mlpackage is not what is promised; the last
 * line is `N passed, N failed`.
 */
import { parseArgs } from "node:util";
import { CASES } from "./cases/index.ts";
import { TRIALS } from "./ours/index.ts";
import { cleanUpAtEnd, openSandbox } from "./sandbox.ts";
import type { Case, Project, ProjectWish, Sight, Tool } from "./tool.ts";
import { TOOLS } from "./tools/index.ts";

const OURS = "mlpackage";

const { values: options, positionals: words } = parseArgs({
  allowPositionals: true,
  options: {
    kills: { type: "string", default: "200" },
    seed: { type: "string", default: "1" },
    verbose: { type: "boolean", short: "v", default: false },
  },
});

const counted = { passed: 0, failed: 0 };

/** One cell: each case has a sandbox of its own, and a fault is a finding too. */
async function look({ act }: Case, tool: Tool): Promise<Sight> {
  const sandbox = openSandbox();
  const projects: Project[] = [];
  try {
    return await act(async (wish?: ProjectWish) => {
      const project = await tool.open(sandbox.makeFolder(tool.name), wish);
      projects.push(project);
      return project;
    });
  } catch (error) {
    return { word: "error", details: String(error instanceof Error ? error.stack : error) };
  } finally {
    for (const project of projects) await project.close();
    sandbox.close();
  }
}

/** Counts what mlpackage promises; anything a word says of other tools is just told. */
function check(title: string, isKept: boolean, details: string): void {
  counted[isKept ? "passed" : "failed"] += 1;
  if (!isKept) say(`✘ ${title}\n${indented(details)}`);
}

async function fillMatrix(tools: readonly Tool[], cases: readonly Case[]): Promise<void> {
  const rows = new Map<Case, string[]>(cases.map((one) => [one, []]));
  for (const tool of tools) {
    const refusal = await tool.prepare().then(
      () => undefined,
      (error: unknown) => String(error),
    );
    if (refusal !== undefined) say(`${tool.name} cannot be had: ${refusal}`);
    for (const one of cases) {
      const sight = refusal === undefined ? await lookUnlessVain(one, tool) : { word: "n/a" };
      rows.get(one)?.push(sight.word);
      if (tool.name === OURS) {
        const title = `${one.name}: ${sight.word} instead of ${one.promised.source}`;
        check(title, one.promised.test(sight.word), sight.details ?? refusal ?? "");
      }
      if (options.verbose || (sight.word === "error" && tool.name !== OURS)) {
        say(`${tool.name}, ${one.name}: ${sight.word}\n${indented(sight.details ?? "")}`);
      }
    }
  }
  say(table(tools, rows));
}

async function lookUnlessVain(one: Case, tool: Tool): Promise<Sight> {
  if (one.needsCache && ["make", "ninja"].includes(tool.name)) return { word: "–" };
  const began = performance.now();
  const sight = await look(one, tool);
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  process.stderr.write(`${tool.name}, ${one.name}: ${sight.word} (${seconds} s)\n`);
  return sight;
}

function table(tools: readonly Tool[], rows: ReadonlyMap<Case, readonly string[]>): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [
    line(["case", ...tools.map(({ name }) => name)]),
    line(["---", ...tools.map(() => "---")]),
    ...[...rows].map(([{ name }, cells]) => line([name, ...cells])),
    "",
  ].join("\n");
}

async function runTrials(wanted: readonly string[]): Promise<void> {
  const settings = { kills: Number(options.kills), seed: Number(options.seed) };
  for (const { name, act } of TRIALS.filter((trial) => isWanted(trial.name, wanted))) {
    const sandbox = openSandbox();
    const began = performance.now();
    const took = (): string => `(${((performance.now() - began) / 1000).toFixed(1)} s)`;
    try {
      const result = await act(sandbox, settings);
      if ("notRun" in result) {
        say(`– ${name}: not run, ${result.notRun}`);
        continue;
      }
      const { findings, told } = result;
      if (findings.length === 0) say(`✔ ${name}: ${told} ${took()}`);
      check(`${name}: ${told} ${took()}`, findings.length === 0, findings.join("\n"));
    } catch (error) {
      check(`${name} ${took()}`, false, String(error instanceof Error ? error.stack : error));
    } finally {
      sandbox.close();
    }
  }
}

function isWanted(name: string, wanted: readonly string[]): boolean {
  return wanted.length === 0 || wanted.some((word) => name.includes(word));
}

function indented(text: string): string {
  return text.replaceAll(/^/gm, "    ").trimEnd();
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

cleanUpAtEnd();
const names = new Set(TOOLS.map(({ name }) => name));
const tools = TOOLS.filter(({ name }) => words.includes(name) || !words.some((word) => names.has(word)));
const wanted = words.filter((word) => !names.has(word));
const cases = CASES.filter(({ name }) => isWanted(name, wanted));
if (cases.length > 0) await fillMatrix(tools, cases);
if (tools.some(({ name }) => name === OURS)) await runTrials(wanted);
if (counted.passed + counted.failed === 0 && tools.some(({ name }) => name === OURS)) {
  const known = [...CASES, ...TRIALS].map(({ name }) => name);
  throw new Error(`no case has any of these words in its name: ${wanted.join(", ")}\n${known.join("\n")}`);
}
say(`${counted.passed} passed, ${counted.failed} failed`);
process.exit(counted.failed > 0 ? 1 : 0);
