import { locate } from "../document/locate.ts";
import type { TestConfig } from "../model/config.ts";
import type { Diagnostic } from "../model/diagnostic.ts";
import type { Host } from "../model/host.ts";
import type { Serializable } from "../model/serializable.ts";
import type { Location } from "../model/text-range.ts";
import type { Package } from "./open-package.ts";

/**
 * Gives diagnostics of engines, sources and steps, which know no configuration file, their place in ours: by the JSON
 * pointer they name (`path`), by the test they tell of, or by the value they are about (`details.subject`), which may
 * be in the file of requirements that they name (`details.file`).
 */
export async function placeDiagnostics(
  diagnostics: readonly Diagnostic[],
  opened: Package,
  host: Host,
): Promise<readonly Diagnostic[]> {
  return Promise.all(
    diagnostics.map(async (diagnostic) => {
      const location = diagnostic.location ?? (await findPlace(diagnostic, opened, host));
      return location === undefined ? diagnostic : { ...diagnostic, location };
    }),
  );
}

async function findPlace(diagnostic: Diagnostic, opened: Package, host: Host): Promise<Location | undefined> {
  const { path: pointer, details = {} } = diagnostic;
  // A default has no place in the file.
  if (pointer !== undefined) {
    return opened.document.ranges.has(pointer) ? locate(opened.document, pointer) : undefined;
  }
  const test = opened.config.tests.find(({ name }) => name === details.test);
  if (test !== undefined) return locate(opened.document, pointerOfTest(test, details.request));
  const { subject, file } = details;
  if (typeof subject !== "string") return undefined;
  const found = findValue(opened.document.value, subject, "");
  if (found !== undefined) return locate(opened.document, found);
  const path = typeof file === "string" ? file : requirementsPath(opened);
  return path === undefined ? undefined : findRequirement(subject, path, opened, host);
}

/** Of several requests, that of the one that failed. */
function pointerOfTest({ pointer, exchanges }: TestConfig, request: Serializable | undefined): string {
  const exchange = exchanges.length > 1 ? exchanges[Number(request)] : undefined;
  return exchange?.request.pointer ?? pointer;
}

function findValue(value: Serializable | undefined, wanted: string, pointer: string): string | undefined {
  if (typeof value === "string") return sameWords(value, wanted) ? pointer : undefined;
  if (value === null || typeof value !== "object") return undefined;
  for (const [key, member] of Object.entries(value)) {
    // What counts of a profile stands in the place of the rest.
    if (pointer === "" && key === "profiles") continue;
    const found = findValue(member, wanted, `${pointer}/${key.replaceAll("~", "~0").replaceAll("/", "~1")}`);
    if (found !== undefined) return found;
  }
  return undefined;
}

function requirementsPath({ config }: Package): string | undefined {
  const { requirements } = config.environment.python;
  return "file" in requirements ? requirements.file : requirements.from?.path;
}

async function findRequirement(
  subject: string,
  path: string,
  { config, document }: Package,
  host: Host,
): Promise<Location | undefined> {
  const text = await host.files.readText(`${config.directory}/${path}`);
  const lines = [...text.matchAll(/^.*$/gm)];
  const found = lines.find(([line]) => sameWords(bare(line), bare(subject)));
  if (found === undefined) return undefined;
  const { 0: line, index: start } = found;
  const folder = document.file.path.slice(0, document.file.path.lastIndexOf("/") + 1);
  return {
    file: { path: `${folder}${path}`, text },
    range: { start, end: start + line.trimEnd().length },
  };
}

/** A line of a list in TOML or YAML, or of a requirements file, with nothing but what is asked for. */
function bare(line: string): string {
  return line.replace(/^\s*(?:-\s)?\s*["']?|["']?,?\s*$/g, "").replace(/["']?,?\s*(\s#|;|--hash).*$/, "");
}

/** pip and apt print what they were given with their own spaces. */
function sameWords(one: string, other: string): boolean {
  return one.replace(/\s+/g, "") === other.replace(/\s+/g, "");
}
