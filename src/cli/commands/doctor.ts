import { createCosign } from "../../engines/cosign.ts";
import { findCredentials } from "../../engines/docker-credentials.ts";
import { createDockerEngine, probeBuildx } from "../../engines/docker-engine.ts";
import type { Config } from "../../model/config.ts";
import { type Diagnostic, errorDiagnostic, warningDiagnostic } from "../../model/diagnostic.ts";
import type { Engine } from "../../model/engine.ts";
import type { Graph } from "../../model/graph.ts";
import { parseImageReference } from "../../model/image-reference.ts";
import type { Step } from "../../model/step.ts";
import { buildGraph } from "../../plan/build-graph.ts";
import { UNPINNED } from "../../plan/pins.ts";
import { diagnosticToJson } from "../../report/diagnostic-json.ts";
import { renderDiagnostics } from "../../report/diagnostic-text.ts";
import { painter } from "../../report/paint.ts";
import { EXIT, exitCodeOf } from "../exit-code.ts";
import { findPublicKeys } from "../find-public-keys.ts";
import { openPackage, type Package } from "../open-package.ts";
import { stepsOfEngine } from "../prepare.ts";
import { pushedReferences } from "../pushed-references.ts";
import { createRepositories, resolveReference } from "../repositories.ts";
import type { Session } from "../session.ts";
import { checkSharedCache } from "../shared-cache.ts";

/** One thing looked at: what was found, or what is wrong with it and how to mend it. */
type Check = { readonly name: string; readonly found?: string; readonly problem?: Diagnostic };

const LITTLE_SPACE_BYTES = 5e9;

/** Looks at everything a package needs of this machine, changes nothing, and says how to mend what is wrong. */
export async function doctor(session: Session): Promise<number> {
  const engine = await createDockerEngine(session.host);
  const opened = await openPackage(session);
  const graph = opened.ok ? buildGraph(opened.value.config, UNPINNED, opened.value.locate) : undefined;
  const needs = graph === undefined ? { engine: true, buildx: true } : needsOf(graph);
  const checks = [
    ...(needs.engine ? await checkEngine(engine) : []),
    ...(needs.buildx ? [await checkBuildx(session)] : []),
    await checkDisk(session),
    ...(opened.ok ? await checkRegistries(session, opened.value.config) : []),
    ...(opened.ok && graph !== undefined ? await checkKeys(session, opened.value, graph) : []),
    ...(await checkShared(session)),
    ...(graph === undefined ? [] : [tellNeeds(graph)]),
  ];
  const problems = checks.flatMap(({ problem }) => problem ?? []);
  if (session.options.json)
    session.writeData(`${JSON.stringify({ checks: checks.map(toJson) }, undefined, 2)}\n`);
  else session.writeData(`${checks.map((check) => toText(check, session.terminal.color)).join("\n")}\n`);
  session.onTold(problems);
  const errors = problems.filter(({ severity }) => severity === "error");
  return errors.length === 0 ? EXIT.done : exitCodeOf(errors);
}

async function checkEngine(engine: Engine): Promise<readonly Check[]> {
  const probed = await engine.probe();
  if (!probed.ok) return probed.diagnostics.map((problem) => ({ name: "engine", problem }));
  const { endpoint, engineVersion, platform, containerdStore } = probed.value;
  const name = "image store";
  const store: Check = containerdStore
    ? { name, found: "containerd" }
    : {
        name,
        problem: warningDiagnostic(
          "doctor/classic-store",
          "the engine uses the classic image store, which allows one platform per image and exports slowly",
          {
            hint: 'set `{"features": {"containerd-snapshotter": true}}` in /etc/docker/daemon.json, or turn on "Use containerd" in Docker Desktop',
          },
        ),
      };
  return [{ name: "engine", found: `${engineVersion}, ${platform}, at ${endpoint}` }, store];
}

async function checkBuildx({ host }: Session): Promise<Check> {
  const probed = await probeBuildx(host);
  if (probed.ok) return { name: "buildx", found: probed.value };
  const [problem] = probed.diagnostics;
  return { name: "buildx", ...(problem && { problem }) };
}

async function checkDisk({ host, cacheDirectory }: Session): Promise<Check> {
  await host.files.makeDirectory(cacheDirectory);
  const bytes = await host.files.freeBytes(cacheDirectory);
  const found = `${(bytes / 1e9).toFixed(1)} GB free for the cache in ${cacheDirectory}`;
  if (bytes >= LITTLE_SPACE_BYTES) return { name: "disk", found };
  const hint = "make room, or move the cache with `MLPACKAGE_CACHE_DIR`";
  return { name: "disk", problem: warningDiagnostic("doctor/little-space", found, { hint }) };
}

async function checkShared(session: Session): Promise<readonly Check[]> {
  const checked = await checkSharedCache(session);
  const name = "shared cache";
  if (!checked.ok) return checked.diagnostics.map((problem) => ({ name, problem }));
  return checked.value === undefined ? [] : [{ name, found: checked.value }];
}

async function checkRegistries(session: Session, config: Config): Promise<readonly Check[]> {
  const byRegistry = new Map(pushedReferences(config).map((tag) => [parseImageReference(tag).registry, tag]));
  return Promise.all([...byRegistry].map(([address, tag]) => checkRegistry(address, tag, session)));
}

async function checkRegistry(address: string, tag: string, { host, signal }: Session): Promise<Check> {
  const name = `registry ${address}`;
  const credentials = await findCredentials(address, host);
  const resolved = await resolveReference(tag, createRepositories(host), signal);
  if (!resolved.ok) {
    const [
      problem = errorDiagnostic("registry/failed", `${address} does not answer`, {
        hint: "check the address and the network",
      }),
    ] = resolved.diagnostics;
    return { name, problem };
  }
  return { name, found: credentials === undefined ? "answers without a login" : "answers, logged in" };
}

async function checkKeys(session: Session, opened: Package, graph: Graph): Promise<readonly Check[]> {
  const signer = createCosign(session.host, opened.config.directory);
  const found = await findPublicKeys(graph, opened, signer, session.signal);
  const name = "signing";
  if (!found.ok) return found.diagnostics.map((problem) => ({ name, problem }));
  return Object.keys(found.value).map((key) => ({ name, found: `with the key ${key}` }));
}

/** Engine and buildx, as far as the package has steps for them. */
function needsOf(graph: Graph): { readonly engine: boolean; readonly buildx: boolean } {
  const users = stepsOfEngine(graph);
  return { engine: users.length > 0, buildx: users.some(({ kind }) => kind === "build") };
}

/** Which steps need what of all that was looked at. */
function tellNeeds(graph: Graph): Check {
  const users = stepsOfEngine(graph);
  const idsOf = (steps: readonly Step[]) => steps.map(({ id }) => id).join(", ");
  const named: readonly (readonly [string, readonly Step[]])[] = [
    ["buildx", users.filter(({ kind }) => kind === "build")],
    ["the engine", users.filter(({ kind }) => kind !== "build")],
    ["a registry", graph.steps.filter(({ kind }) => ["upload", "push", "attest"].includes(kind))],
  ];
  const needed = named.filter(([, steps]) => steps.length > 0);
  const found = needed.map(([what, steps]) => `${what} for ${idsOf(steps)}`).join("; ");
  return { name: "steps", found: found === "" ? "none needs an engine or a registry" : `need ${found}` };
}

function toText({ name, found, problem }: Check, color: boolean): string {
  const paint = painter(color);
  if (problem === undefined) return `${paint("green", "✔")} ${name}: ${found}`;
  return `${paint("red", "✘")} ${name}\n${renderDiagnostics([problem], { color })}`;
}

function toJson({ name, found, problem }: Check): object {
  return {
    name,
    ok: problem === undefined,
    ...(found && { found }),
    ...(problem && { problem: diagnosticToJson(problem) }),
  };
}
