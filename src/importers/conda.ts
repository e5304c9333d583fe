import { locate, pointerTo } from "../document/locate.ts";
import { parseDocument } from "../document/parse.ts";
import type { Document } from "../model/document.ts";
import type { Serializable } from "../model/serializable.ts";
import { normalName, parseRequirement } from "../requirements/requirement.ts";
import { readBeside } from "./read-beside.ts";
import { isRecord, type Reading } from "./reading.ts";

/** What of a conda environment matters to the base image. */
export type CondaFacts = {
  /** `3.10`, where it asks for one. */
  readonly python?: string;
  /** Whether it asks conda for nothing but Python and what comes with it, so that pip brings all the rest. */
  readonly isPipOnly: boolean;
};

/** What our own server stands in for, of which conda files are read without it anyway. */
const SERVERS: ReadonlySet<string> = new Set(["azureml-defaults", "azureml-inference-server-http"]);

const OF_EVERY_PYTHON: ReadonlySet<string> = new Set(["python", "pip", "setuptools", "wheel"]);

/** Reads a conda file of the package, and tells of the servers in it. Whether it is right is seen when the package is read. */
export async function readCondaFile(reading: Reading, path: string): Promise<CondaFacts | undefined> {
  const file = await readBeside(reading.opened, path);
  const parsed = file === undefined ? undefined : parseDocument(file);
  return parsed?.ok === true ? readCondaValue(reading, parsed.value, parsed.value.value, "") : undefined;
}

/** Of one that stands in a file of another kind, at this place. */
export function readCondaValue(
  reading: Reading,
  document: Document,
  value: Serializable | undefined,
  pointer: string,
): CondaFacts | undefined {
  const dependencies = isRecord(value) ? value.dependencies : undefined;
  if (!Array.isArray(dependencies)) return undefined;
  const place = pointerTo(pointer, "dependencies");
  const specs = dependencies.filter((one): one is string => typeof one === "string");
  dependencies.forEach((one: Serializable, index) => {
    const pip = isRecord(one) ? one.pip : undefined;
    if (!Array.isArray(pip)) return;
    pip.forEach((line: Serializable, at) => {
      const name = typeof line === "string" ? parseRequirement(line)?.name : undefined;
      if (name === undefined || !SERVERS.has(name)) return;
      const location = locate(document, pointerTo(place, index, "pip", at));
      reading.leftOut.push({ what: `\`${name}\``, why: "mlpackage has a server of its own", location });
    });
  });
  const python = specs
    .map((spec) => /^(?:[^:]+::)?python\s*=+\s*(3\.\d+)/.exec(spec)?.[1])
    .find((one) => one !== undefined);
  return {
    ...(python !== undefined && { python }),
    isPipOnly: specs.every((spec) => OF_EVERY_PYTHON.has(nameOf(spec))),
  };
}

function nameOf(spec: string): string {
  return normalName(/^[A-Za-z0-9._-]+/.exec(spec.replace(/^[^:]+::/, ""))?.[0] ?? "") ?? "";
}
