// A process of its own that takes a lock, says so, and gives it back after so many milliseconds.
import { createLocks } from "../../src/host/locks.ts";
import { identifyProcess } from "../../src/host/process-identity.ts";

const [directory = "", name = "", heldMs = "0", rounds = "1"] = process.argv.slice(2);
const locks = createLocks(directory, identifyProcess(), "a test");
for (let round = 0; round < Number(rounds); round += 1) {
  const release = await locks.acquire(name, {});
  process.stdout.write(`had ${process.hrtime.bigint()}\n`);
  await new Promise((resolve) => setTimeout(resolve, Number(heldMs)));
  process.stdout.write(`gave ${process.hrtime.bigint()}\n`);
  await release();
}
