import { readdirSync, readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { digestOf } from "../../src/model/digest.ts";
import type { Network } from "../../src/model/host.ts";
import type { OutputFile } from "../../src/model/outcome.ts";
import type { Result } from "../../src/model/result.ts";
import type { SourceReference } from "../../src/model/source.ts";
import { makeHost } from "../fakes/host.ts";
import { createManualClock } from "../fakes/manual-clock.ts";
import { makeSourceContext } from "../fakes/source-context.ts";
import { makeFolder } from "../fakes/temporary-folder.ts";
import { type Fault, startFaultyProxy } from "../rig/servers/faulty-proxy.ts";
import { azureBlobRow } from "./rows/azure-blob.ts";
import { azureMlRow } from "./rows/azureml.ts";
import { gcsRow } from "./rows/gcs.ts";
import { httpRow } from "./rows/http.ts";
import { hubLargeRow, hubRow } from "./rows/hugging-face.ts";
import { mlflowRow } from "./rows/mlflow.ts";
import { ociRow } from "./rows/oci.ts";
import type { Asked, SourceRow } from "./rows/row.ts";
import { s3Row } from "./rows/s3.ts";

/** Every source against every fault: what is answered, and that nothing partial stays. */
const test = suite("faults");

const ROWS: readonly SourceRow[] = [
  // Each on a line of its own.
  httpRow,
  azureBlobRow,
  azureMlRow,
  mlflowRow,
  ociRow,
  hubRow,
  hubLargeRow,
  s3Row,
  gcsRow,
];

/** Larger than what is held in memory, so that it is gathered. */
const content = Buffer.from(Array.from({ length: 400_000 }, (_, index) => (index * 31) % 251));
const digest = digestOf(content);
const locked = { source: "", files: { "model.bin": { digest, size: content.length } } };

type Case = {
  readonly name: string;
  readonly fault: Fault;
  /** Which requests are answered so: the first for the bytes, all of them, or those that find out what is there. */
  readonly at: "once" | "always" | "listing" | "listing once";
  /** What comes of it; by source where they differ. */
  readonly outcome: string | Readonly<Record<string, string>>;
  /** Whether a lock says what the bytes must be. */
  readonly isLocked?: boolean;
};

const TENTHS = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];

const status = (code: number, headers: Record<string, string> = {}): Fault => ({
  kind: "status",
  status: code,
  headers: { "content-length": "0", ...headers },
});

const CASES: readonly Case[] = [
  ...TENTHS.map(
    (tenth): Case => ({
      name: `cut at ${tenth}0 %, once`,
      fault: { kind: "cut", share: tenth / 10 },
      at: "once",
      outcome: "ok",
    }),
  ),
  {
    name: "cut at 0 %, always",
    fault: { kind: "cut", share: 0 },
    at: "always",
    outcome: "source/unreachable",
  },
  {
    name: "cut at 10 %, always",
    fault: { kind: "cut", share: 0.1 },
    at: "always",
    outcome: "source/unreachable",
  },
  { name: "too short", fault: { kind: "length", by: -7 }, at: "always", outcome: "refused" },
  { name: "too long", fault: { kind: "length", by: 7 }, at: "always", outcome: "refused" },
  {
    name: "wrong bytes",
    fault: { kind: "bytes" },
    at: "always",
    outcome: "source/digest-mismatch",
    isLocked: true,
  },
  ...[401, 403, 404, 416].map(
    (code): Case => ({ name: `${code}`, fault: status(code), at: "always", outcome: "refused" }),
  ),
  { name: "429 with a wait, once", fault: status(429, { "retry-after": "7" }), at: "once", outcome: "ok" },
  {
    name: "429, always",
    fault: status(429, { "retry-after": "7" }),
    at: "always",
    outcome: "source/refused",
  },
  { name: "500, once", fault: status(500), at: "once", outcome: "ok" },
  { name: "500, always", fault: status(500), at: "always", outcome: "refused" },
  { name: "hang, once", fault: { kind: "hang" }, at: "once", outcome: "ok" },
  { name: "hang, always", fault: { kind: "hang" }, at: "always", outcome: "source/unreachable" },
  { name: "404 of the listing", fault: status(404), at: "listing", outcome: "refused" },
  { name: "401 of the listing", fault: status(401), at: "listing", outcome: "refused" },
  { name: "500 of the listing, once", fault: status(500), at: "listing once", outcome: "ok" },
  { name: "429 of the listing, once", fault: status(429), at: "listing once", outcome: "ok" },
  { name: "hang of the listing", fault: { kind: "hang" }, at: "listing", outcome: "source/unreachable" },
  { name: "cut in the listing, once", fault: { kind: "cut", share: 0.5 }, at: "listing once", outcome: "ok" },
];

/** Nobody waits for 30 seconds in a test. */
function impatient(network: Network): Network {
  return { request: (wanted) => network.request({ ...wanted, timeoutMs: 400, stallTimeoutMs: 400 }) };
}

function makeContext(environment: Readonly<Record<string, string>>) {
  const clock = createManualClock();
  const host = makeHost();
  const context = makeSourceContext(makeFolder(), {
    clock,
    random: () => 1,
    network: impatient(host.network),
    environment: { HOME: makeFolder(), ...environment },
  });
  return { context, clock };
}

type Context = ReturnType<typeof makeContext>["context"];

async function fetch(
  { source }: SourceRow,
  reference: SourceReference,
  context: Context,
): Promise<Result<readonly OutputFile[]>> {
  const parsed = source.parse(reference);
  if (!parsed.ok) return parsed;
  const pinned = await source.pin(parsed.value, context);
  return pinned.ok ? source.fetch(parsed.value, pinned.value, context) : pinned;
}

function outcomeOf(result: Result<readonly OutputFile[]>): string {
  return result.ok ? "ok" : result.diagnostics.map(({ code }) => code).join(" ");
}

/** All that lies in a store: the whole model or nothing, and beside it what a later run goes on with. */
function demandNothingPartial({ storeDirectory }: Context, isBrought: boolean): void {
  const files = readdirSync(storeDirectory, { recursive: true, withFileTypes: true }).filter((one) =>
    one.isFile(),
  );
  const blobs = files.filter(({ parentPath }) => parentPath.includes("/blobs"));
  assert.equal(
    blobs.map(({ name }) => name),
    isBrought ? [digest.slice("sha256:".length)] : [],
  );
  for (const { parentPath, name } of blobs)
    assert.is(digestOf(readFileSync(`${parentPath}/${name}`)), `sha256:${name}`);
  const others = files.filter((file) => !blobs.includes(file) && !file.parentPath.includes("/transfers/"));
  assert.equal(others, []);
  if (isBrought) assert.equal(files.length, blobs.length, "a transfer that ended left something");
}

const table: string[] = [];

for (const row of ROWS) {
  for (const one of CASES) {
    const isOfListing = one.at.startsWith("listing");
    if (isOfListing && row.isListing === undefined) continue;

    test(`${row.name}: ${one.name}`, async () => {
      const served = await row.start(content);
      let answered = 0;
      const proxy = await startFaultyProxy(served.url, (asked: Asked) => {
        const isMeant = isOfListing ? row.isListing?.(asked) === true : row.isContent(asked);
        if (!isMeant) return undefined;
        answered += 1;
        return one.at.endsWith("once") && answered > 1 ? undefined : one.fault;
      });
      try {
        const { reference, environment } = row.ask(proxy.url);
        const { context, clock } = makeContext(environment);
        const wanted = one.isLocked ? { ...reference, locked } : reference;
        const result = await fetch(row, wanted, context);
        const outcome = outcomeOf(result);
        const expected = typeof one.outcome === "string" ? one.outcome : one.outcome[row.name];
        if (expected === "refused") assert.match(outcome, /^source\//);
        else assert.is(outcome, expected);
        assert.ok(answered > 0, "the fault was never met");
        for (const { hint, message } of result.ok ? [] : result.diagnostics)
          assert.ok(hint !== undefined && hint !== "", `no word of what to do: ${message}`);
        demandNothingPartial(context, result.ok);
        table.push(`${row.name.padEnd(10)} ${one.name.padEnd(26)} ${outcome}${wordWaits(clock.sleeps)}`);
      } finally {
        await proxy.stop();
        await served.stop();
      }
    });
  }

  test(`${row.name}: what broke off is gone on with by the next process`, async () => {
    const served = await row.start(content);
    let isBroken = true;
    const proxy = await startFaultyProxy(served.url, (asked) =>
      isBroken && row.isContent(asked) ? { kind: "cut", share: 0.15 } : undefined,
    );
    try {
      const { reference, environment } = row.ask(proxy.url);
      const { context } = makeContext(environment);
      assert.not((await fetch(row, reference, context)).ok);
      isBroken = false;
      const before = proxy.asked.length;
      const result = await fetch(row, reference, { ...context, host: { ...context.host } });
      assert.is(outcomeOf(result), "ok");
      demandNothingPartial(context, true);
      const ranges = proxy.asked
        .slice(before)
        .filter(row.isContent)
        .map(({ headers }) => headers.range ?? "all");
      table.push(`${row.name.padEnd(10)} ${"the next process asks for".padEnd(26)} ${ranges.join(", ")}`);
    } finally {
      await proxy.stop();
      await served.stop();
    }
  });

  test(`${row.name}: another host is told nothing of who we are`, async () => {
    const served = await row.start(content);
    const other = await startFaultyProxy(served.url, () => undefined);
    const proxy = await startFaultyProxy(served.url, (asked) =>
      row.isContent(asked)
        ? { kind: "redirect", to: other.url.replace("127.0.0.1", "localhost") }
        : undefined,
    );
    try {
      const { reference, environment } = row.ask(proxy.url);
      const { context } = makeContext(environment);
      const result = await fetch(row, reference, context);
      for (const { headers } of other.asked) assert.is(headers.authorization, undefined);
      demandNothingPartial(context, result.ok);
      table.push(`${row.name.padEnd(10)} ${"redirect to another host".padEnd(26)} ${outcomeOf(result)}`);
    } finally {
      for (const server of [proxy, other, served]) await server.stop();
    }
  });
}

function wordWaits(sleeps: readonly number[]): string {
  return sleeps.length === 0 ? "" : ` after waiting ${sleeps.map((ms) => `${ms / 1000} s`).join(", ")}`;
}

test.after(() => {
  process.stdout.write(`\n${table.join("\n")}\n`);
});

test.run();
