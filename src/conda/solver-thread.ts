import { parentPort, workerData } from "node:worker_threads";
import { simpleSolve } from "@conda-org/rattler";
import type { Answer, Request, SolverInputs, SolverMessage } from "./solver-messages.ts";

/**
 * rattler's solver in a thread of its own: where it panics the thread ends, and not the program. It has no way out but
 * the other thread, which is asked for every address that it reads.
 */
const waiting = new Map<number, (answer: Answer) => void>();

parentPort?.on("message", (answer: Answer) => waiting.get(answer.id)?.(answer));

function tell(message: SolverMessage): void {
  parentPort?.postMessage(message);
}

let asked = 0;

function ask(url: string): Promise<Answer> {
  asked += 1;
  const request: Request = { kind: "request", id: asked, url };
  tell(request);
  return new Promise((resolve) => waiting.set(request.id, resolve));
}

globalThis.fetch = async (resource) => {
  const url = resource instanceof globalThis.Request ? resource.url : String(resource);
  const { bytes } = await ask(url);
  const response =
    bytes === undefined ? new Response(null, { status: 404 }) : new Response(bytes, { status: 200 });
  // Of a response that was made by hand this is empty, and rattler reads it.
  Object.defineProperty(response, "url", { value: url });
  return response;
};

async function solve({ specs, channels, subdirs }: SolverInputs): Promise<void> {
  try {
    const solved = await simpleSolve([...specs], [...channels], [...subdirs] as never, []);
    tell({
      kind: "solved",
      packages: solved.map(({ url, packageName, sha256, size }) => ({
        ...{ name: packageName, url, sha256 },
        size: size === undefined ? undefined : Number(size),
      })),
    });
  } catch (error) {
    tell({ kind: "failed", reason: error instanceof Error ? error.message : String(error) });
  }
}

void solve(workerData as SolverInputs);
