import { readFile } from "node:fs/promises";
import { cleanUp, forgetEverything, openPackage } from "./images.ts";

const GIB = 1 << 30;
const MEBIBYTE = 1 << 20;

/** 10 GiB in three files: far more than may be in memory. */
const SIZES = [3 * GIB, 3 * GIB, 4 * GIB];

/** What a cold push and a cold load of 10 GiB take of memory at most. Needs 35 GB of disk. */
export async function measureMemory(): Promise<string> {
  await forgetEverything();
  const opened = await openPackage(SIZES);
  try {
    await opened.configure(`${opened.repository()}:1`);
    const pushed = await measurePeak(opened.apply());
    await forgetEverything();
    await opened.forgetCache();
    await opened.configure("bench-memory:1", { push: false, load: true });
    const loaded = await measurePeak(opened.apply());
    return `- cold push of 10 GiB: ${pushed}\n- cold load of 10 GiB: ${loaded}`;
  } finally {
    await cleanUp(opened);
  }
}

/** Linux keeps the highest mark itself; looking often, the last look is the end's. */
async function measurePeak(
  run: ReturnType<Awaited<ReturnType<typeof openPackage>>["apply"]>,
): Promise<string> {
  const began = performance.now();
  let peakKib = 0;
  const timer = setInterval(async () => {
    const status = await readFile(`/proc/${run.pid}/status`, "utf8").catch(() => "");
    peakKib = Math.max(peakKib, Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1] ?? 0));
  }, 100);
  try {
    await run;
  } finally {
    clearInterval(timer);
  }
  if (peakKib === 0) throw new Error("nobody has seen the process");
  const seconds = ((performance.now() - began) / 1000).toFixed(0);
  return `${Math.round((peakKib * 1024) / MEBIBYTE)} MiB at most, ${seconds} s`;
}
