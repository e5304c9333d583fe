import path from "node:path";
import type { Digest } from "../model/digest.ts";
import { isDigest } from "../model/digest.ts";
import { nameOf } from "../model/image-reference.ts";
import type { Outcome } from "../model/outcome.ts";
import type { ReportedCommand, ReportedOutput } from "../model/run-report.ts";
import type { Step } from "../model/step.ts";
import { shellWord } from "../steps/quoting.ts";

/** What became of an output of the file, and what to type to have it and to run it. */
export function reportOutput(step: Step, outcome: Outcome | undefined, port: number): ReportedOutput {
  const { type, tag, path: place } = step.inputs as Readonly<Record<string, unknown>>;
  const name = String(tag ?? place ?? step.name);
  const isPushed = step.kind === "push";
  const output = outcome !== undefined && "output" in outcome ? outcome.output : undefined;
  const found = isPushed ? output?.values.digest : type === "image" ? output?.values.image : output?.digest;
  const digest = isDigest(found) ? found : undefined;
  return {
    step: step.id,
    type: isPushed ? (type === "modelpack" ? "pushed models" : "pushed image") : String(type),
    name: String(type).endsWith("-archive") ? String(place) : name,
    state: outcome?.status ?? "waiting",
    ...(digest !== undefined && { digest }),
    commands: output === undefined ? [] : commandsFor(step, { name, digest, port }),
  };
}

type Named = { readonly name: string; readonly digest: Digest | undefined; readonly port: number };

function commandsFor({ kind, inputs }: Step, named: Named): readonly ReportedCommand[] {
  const { name, digest, port } = named;
  const pinned = digest === undefined ? name : `${nameOf(name)}@${digest}`;
  const run = (image: string) => ({
    does: "run",
    command: `docker run --rm -p 127.0.0.1:${port}:${port} ${shellWord(image)}`,
  });
  if (inputs.type === "modelpack")
    return [{ does: "pull", command: `mlpackage model pull ${shellWord(pinned)}` }];
  if (kind === "push") return [{ does: "pull", command: `docker pull ${shellWord(pinned)}` }, run(pinned)];
  const place = String(inputs.path);
  switch (inputs.type) {
    case "image":
      return [run(name)];
    case "dockerfile":
      return [{ does: "build", command: `docker build ${shellWord(path.posix.normalize(place))}` }];
    default:
      return [{ does: "load", command: `docker load --input ${shellWord(place)}` }, run(name)];
  }
}
