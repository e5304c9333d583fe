// No TypeScript: the loader that runs it from source does not reach into threads.
import { parentPort, workerData } from "node:worker_threads";
import { simpleSolve } from "@conda-org/rattler";

/**
 * rattler's solver in a thread of its own: where it panics the thread ends, and not the program. It has no way out but
 * the other thread, which is asked for every address that it reads. What both say is in `solver-messages.ts`.
 */
const waiting = new Map();

parentPort.on("message", ({ id, bytes }) => waiting.get(id)?.(bytes));

let asked = 0;

function ask(url) {
  asked += 1;
  const id = asked;
  parentPort.postMessage({ kind: "request", id, url });
  return new Promise((resolve) => waiting.set(id, resolve));
}

globalThis.fetch = async (resource) => {
  const url = resource instanceof Request ? resource.url : String(resource);
  const bytes = await ask(url);
  const response = bytes === undefined ? new Response(null, { status: 404 }) : new Response(bytes);
  // Of a response that was made by hand this is empty, and rattler reads it.
  Object.defineProperty(response, "url", { value: url });
  return response;
};

async function solve({ specs, channels, subdirs }) {
  try {
    const solved = await simpleSolve(specs, channels, subdirs, []);
    const packages = solved.map(({ url, packageName, sha256, size }) => ({
      ...{ name: packageName, url, sha256 },
      size: size === undefined ? undefined : Number(size),
    }));
    parentPort.postMessage({ kind: "solved", packages });
  } catch (error) {
    parentPort.postMessage({
      kind: "failed",
      reason: error instanceof Error ? error.message : String(error),
    });
  }
}

void solve(workerData);
