import path from "node:path";
import { isUri } from "../../config/paths.ts";
import { type Diagnostic, errorDiagnostic } from "../../model/diagnostic.ts";
import { failuresOf, type Outcome, type StepOutput } from "../../model/outcome.ts";
import { fail, type Result, succeed } from "../../model/result.ts";
import type { Vendor, VendoredFile, VendorList } from "../../model/vendor.ts";
import { isLockable } from "../../plan/compare-lock.ts";
import { vendorGraph } from "../../plan/vendor-graph.ts";
import { vendoredOf } from "../../steps/vendor.ts";
import { type Assembly, assemble } from "../assemble.ts";
import { wordConda, wordDockerfile } from "../check-offline.ts";
import { demandSecrets } from "../demand-secrets.ts";
import { EXIT, exitCodeOfRun } from "../exit-code.ts";
import { oneAtATime } from "../one-at-a-time.ts";
import { openPackage, type Package } from "../open-package.ts";
import { refuse } from "../refuse.ts";
import { type RunOptions, runGraph } from "../run-graph.ts";
import { reportDiagnostics, type Session, tell } from "../session.ts";
import { checkTraceFile } from "../trace-file.ts";
import { type LockOptions, updateLock } from "../update-lock.ts";
import { openForVendoring, writeVendor } from "../vendor-folder.ts";

export type VendorOptions = RunOptions & LockOptions & { readonly folder: string };

/** Brings all that the lock names into a folder, from which `apply --offline` builds. */
export async function vendor(session: Session, { folder, ...options }: VendorOptions): Promise<number> {
  const opened = await openPackage(session);
  if (!opened.ok) return refuse(session, ...opened.diagnostics);
  const { config, locate } = opened.value;
  const traced = await checkTraceFile(session, opened.value, options.trace);
  if (!traced.ok) return refuse(session, ...traced.diagnostics);
  const ours = await openForVendoring(session, folder);
  if (!ours.ok) return refuse(session, ...ours.diagnostics);
  const wrong = [
    ...findMisplaced(folder, ours.value.folder, opened.value),
    ...(config.baseImage.kind === "dockerfile" ? [wordDockerfile(locate("/base_image"))] : []),
    ...(config.environment.conda === undefined ? [] : [wordConda(locate("/environment/conda"))]),
  ];
  if (wrong.length > 0) return refuse(session, ...wrong);
  const shared = { what: "the vendor folder", path: ours.value.folder, doing: "fills it" };
  const code = await oneAtATime(session, shared, options, () => fill(session, opened.value, folder, options));
  return code.ok ? code.value : refuse(session, ...code.diagnostics);
}

/** What is not known to be a vendor folder would become a part of the model, or a wheel among others. */
function findMisplaced(folder: string, place: string, { config, locate }: Package): readonly Diagnostic[] {
  const inputs = [
    ...config.models.map(({ source, pointer }) => ({ source, pointer: `${pointer}/source` })),
    ...config.environment.python.findLinks.map((source, index) => ({
      source,
      pointer: `/environment/python/find_links/${index}`,
    })),
    ...(config.baseImage.kind === "oci-layout"
      ? [{ source: config.baseImage.path, pointer: "/base_image/oci_layout" }]
      : []),
  ];
  const holding = inputs.find(({ source }) => {
    const below = path.relative(path.resolve(config.directory, source), place);
    return !isUri(source) && !below.startsWith("..") && !path.isAbsolute(below);
  });
  if (holding === undefined) return [];
  return [
    errorDiagnostic(
      "cli/place-in-input",
      `\`${folder}\` is inside \`${holding.source}\`, and would become part of it`,
      {
        location: locate(holding.pointer),
        hint: "choose a folder outside of it, such as `vendor`",
      },
    ),
  ];
}

async function fill(
  session: Session,
  opened: Package,
  folder: string,
  options: RunOptions & LockOptions,
): Promise<Result<number>> {
  // Whoever was waited for may have brought something.
  const ours = await openForVendoring(session, folder);
  if (!ours.ok) return ours;
  const assembly = await assembleLocked(session, opened, ours.value, options);
  if (!assembly.ok) return assembly;
  const unvendorable = findUnvendorable(opened, assembly.value);
  if (unvendorable.length > 0) return fail(...unvendorable);
  const graph = vendorGraph(opened.config, assembly.value.pins, opened.locate);
  const missing = await demandSecrets(session, opened, assembly.value, graph);
  if (missing.length > 0) return fail(...missing);
  const outcomes = await runGraph(session, opened, assembly.value, graph, options);
  reportDiagnostics(session, failuresOf(outcomes));
  if (session.signal.aborted) return succeed(EXIT.interrupted);
  if (exitCodeOfRun(outcomes) !== EXIT.done) return succeed(exitCodeOfRun(outcomes));
  return layOut(session, folder, ours.value, assembly.value, outcomes);
}

async function assembleLocked(
  session: Session,
  opened: Package,
  ours: Vendor,
  options: RunOptions & LockOptions,
): Promise<Result<Assembly>> {
  const again = () => assemble(session, opened, { force: false, vendor: ours });
  const assembly = await again();
  if (!assembly.ok) return assembly;
  reportDiagnostics(session, assembly.warnings);
  const updated = await updateLock(session, opened, assembly.value, assembly.value.graph, options);
  if (!updated.ok) return updated;
  return updated.value ? again() : assembly;
}

/** An image that was built here may have no digest that anybody finds it by again. */
function findUnvendorable({ locate }: Package, { pins }: Assembly): readonly Diagnostic[] {
  const { base } = pins;
  if (base.kind !== "image" || isLockable(base)) return [];
  return [
    errorDiagnostic(
      "cli/base-without-digest",
      `\`${base.reference}\` was built on this machine, and has no digest in a registry to lock`,
      {
        location: locate("/base_image"),
        hint: "type `docker push` and write the pushed name, or save it as an OCI layout: `base_image: {oci_layout: base}`",
      },
    ),
  ];
}

async function layOut(
  session: Session,
  folder: string,
  ours: Vendor,
  { pins, store, graph }: Assembly,
  outcomes: ReadonlyMap<string, Outcome>,
): Promise<Result<number>> {
  const outputs = [...outcomes].flatMap(([id, outcome]) =>
    "output" in outcome ? [[id, outcome.output] as const] : [],
  );
  const platforms = graph.steps.find(({ id }) => id === "build:environment")?.inputs
    .platforms as readonly string[];
  const list: VendorList = {
    ...(pins.base.kind === "image" && { base: { digest: pins.base.digest, platforms } }),
    files: outputs.flatMap(([id, output]) => filesOf(id, output)),
  };
  const placeOf = async ({ digest, path: name }: VendoredFile): Promise<string> => {
    const place = await store.find(digest);
    if (place === undefined) throw new Error(`nobody has ${name}`);
    return place;
  };
  const laidOut = await writeVendor(ours.folder, list, placeOf, session);
  if (!laidOut.ok) return laidOut;
  const written = laidOut.value;
  if (written === undefined) return succeed(EXIT.interrupted);
  const bytes = list.files.reduce((total, { size }) => total + size, 0);
  const told = { files: list.files.length, bytes, written };
  if (session.options.json) session.writeData(`${JSON.stringify(told, undefined, 2)}\n`);
  else tell(session, wordFolder(folder, told));
  return succeed(EXIT.done);
}

type Told = { readonly files: number; readonly bytes: number; readonly written: number };

function wordFolder(folder: string, { files, bytes, written }: Told): string {
  const done = written === 0 ? "all were there" : `${written} written`;
  return `${folder} has ${files} files, ${(bytes / 1e6).toFixed(1)} MB: ${done}`;
}

/** What each step brought, by its place in the folder. */
function filesOf(id: string, output: StepOutput): readonly VendoredFile[] {
  if (id.startsWith("vendor:")) return vendoredOf(output);
  if (!id.startsWith("fetch:")) return [];
  const name = id.slice("fetch:".length);
  return output.files.map(({ path: file, digest, size }) => ({
    part: "model" as const,
    ...{ name, path: `models/${name}/${file}`, digest, size },
  }));
}
