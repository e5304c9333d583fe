/**
 * Runs the test files, each in a process of its own, and sums up what uvu counted:
 * `tsx test/run.ts fast|e2e [--share FOLDER] [WORD…]`. Words choose files whose path contains one of them. Several calls
 * that share a folder run each file once between them. A file that hangs is ended, one that counted nothing has failed:
 * uvu itself does neither. The last line is `N passed, N failed`.
 */
import { mkdirSync, readdirSync } from "node:fs";
import { availableParallelism } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { execa } from "execa";

type Suite = {
  readonly concurrency: number;
  readonly timeoutMs: number;
  readonly has: (file: string) => boolean;
};

const SUITES: Readonly<Record<string, Suite>> = {
  fast: {
    concurrency: availableParallelism(),
    timeoutMs: 120_000,
    has: (file) => !file.startsWith("test/e2e/"),
  },
  e2e: { concurrency: 1, timeoutMs: 8 * 60_000, has: (file) => file.startsWith("test/e2e/") },
};

type Count = { readonly passed: number; readonly failed: number };

async function runFile(file: string, timeoutMs: number): Promise<Count> {
  const began = performance.now();
  const { all, timedOut } = await execa("node", ["--import", "tsx", file], {
    all: true,
    reject: false,
    preferLocal: true,
    timeout: timeoutMs,
    forceKillAfterDelay: 15_000,
    env: { FORCE_COLOR: "0" },
  });
  const [total = 0, passed = 0] = ["Total", "Passed"].map((word) =>
    Number(new RegExp(`^\\s*${word}:\\s+(\\d+)`, "m").exec(all)?.[1] ?? 0),
  );
  const hasCounted = total > 0 && !timedOut;
  const failed = hasCounted ? total - passed : 1;
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  process.stdout.write(`${failed === 0 ? "✔" : "✘"} ${file}: ${passed} of ${total} (${seconds} s)\n`);
  // What a test leaves out where the machine cannot do it is told, although it passed.
  for (const line of all.match(/^.*\bnot run, .*$/gm) ?? []) process.stdout.write(`  ${line}\n`);
  if (failed > 0) process.stdout.write(`${timedOut ? `ended after ${timeoutMs} ms\n` : ""}${all}\n`);
  return { passed, failed };
}

async function runAll(files: readonly string[], { concurrency, timeoutMs }: Suite): Promise<Count> {
  const waiting = [...files];
  const counts: Count[] = [];
  const worker = async () => {
    for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) {
      if (isOurs(file)) counts.push(await runFile(file, timeoutMs));
    }
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
  const sum = (part: keyof Count) => counts.reduce((total, count) => total + count[part], 0);
  return { passed: sum("passed"), failed: sum("failed") };
}

/** Whoever makes a folder's folder first has the file. */
function isOurs(file: string): boolean {
  if (options.share === undefined) return true;
  try {
    mkdirSync(path.join(options.share, file.replaceAll("/", "-")));
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    return false;
  }
}

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: { share: { type: "string" } },
});
const [name = "fast", ...words] = positionals;
const suite = SUITES[name];
if (suite === undefined) throw new Error(`there is no suite ${name}: ${Object.keys(SUITES).join(", ")}`);
const files = readdirSync("test", { recursive: true, encoding: "utf8" })
  .map((file) => path.posix.join("test", file))
  .filter((file) => file.endsWith(".test.ts") && suite.has(file))
  .filter((file) => words.length === 0 || words.some((word) => file.includes(word)))
  .sort();
if (files.length === 0) throw new Error(`no test file matches ${words.join(" ")}`);
const { passed, failed } = await runAll(files, suite);
process.stdout.write(`${passed} passed, ${failed} failed\n`);
process.exitCode = failed > 0 ? 1 : 0;
