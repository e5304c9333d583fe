import path from "node:path";
import { type Diagnostic, errorDiagnostic } from "../model/diagnostic.ts";
import { canonicalJson, isDigest } from "../model/digest.ts";
import type { Files } from "../model/host.ts";
import { fail, type Result, succeed } from "../model/result.ts";
import type { Serializable } from "../model/serializable.ts";
import { type Examined, examine } from "../plan/plan.ts";
import {
  describePlan,
  PLAN_FORMAT,
  type PlanDocument,
  type PlanDocumentStep,
  planToJson,
} from "../report/plan-json.ts";
import { wordReasons } from "../report/wording.ts";
import type { AssembleOptions } from "./assemble.ts";
import { checkWrittenFile, resolveForSession } from "./check-written-file.ts";
import { openPackage, type Package } from "./open-package.ts";
import { type Prepared, prepareOpened, type SelectOptions } from "./prepare.ts";
import type { Session } from "./session.ts";

/** A plan of thousands of steps has a few million bytes. */
const MOST_BYTES = 16 * 1024 * 1024;

/** As every plan that we wrote begins. */
const BEGINNING = '{\n  "format": ';

/** What a run would do, as a document. */
export async function makePlan(
  session: Session,
  { graph, opened, assembly }: Prepared,
  { only, force, noTest = false, denyUnsafePickle = false }: SelectOptions,
): Promise<{ readonly document: PlanDocument; readonly examined: readonly Examined[] }> {
  const examined = await examine(graph, assembly.evaluation);
  const keys = new Map(examined.map(({ planned, key }) => [planned.step.id, key]));
  const document = describePlan(
    examined.map(({ planned }) => planned),
    {
      package: opened.config.name,
      file: wordFiles(opened),
      options: {
        ...{ only, force },
        ...(noTest && { noTest }),
        ...(denyUnsafePickle && { denyUnsafePickle }),
        set: keysSet(session),
      },
    },
    (id) => {
      const [key, durationMs] = [keys.get(id), assembly.manifest.steps[id]?.durationMs];
      return {
        ...(key !== undefined && { key }),
        ...(durationMs !== undefined && { lastDurationMs: durationMs }),
      };
    },
  );
  return { document, examined };
}

function keysSet({ options }: Session): readonly string[] {
  return options.set.map((assignment) => assignment.replace(/=.*$/s, ""));
}

/** Writes a plan for `apply` to do, whole or not at all. */
export async function writePlanFile(
  session: Session,
  opened: Package,
  document: PlanDocument,
  file: string,
): Promise<Result<string>> {
  const place = await checkWrittenFile(session, opened, file, BEGINNING);
  if (place.ok) await session.host.files.writeAtomically(place.value, planToJson(document));
  return place;
}

/** As `prepare`, with the choice of steps that a plan was made for; fails where the plan is not what would be done now. */
export async function prepareFromPlan(
  session: Session,
  file: string,
  supply: Pick<AssembleOptions, "offline" | "vendor" | "alsoDenyUnsafePickle">,
): Promise<Result<Prepared>> {
  const saved = await readPlanFile(resolveForSession(session, file), file, session.host.files);
  if (!saved.ok) return saved;
  const opened = await openPackage(session);
  if (!opened.ok) return opened;
  const stranger = wordStranger(saved.value, opened.value, file);
  if (stranger !== undefined) return fail(stranger);
  const { options } = saved.value;
  const prepared = await prepareOpened(session, opened.value, opened.warnings, { ...options, ...supply });
  if (!prepared.ok) return prepared;
  const { document } = await makePlan(session, prepared.value, options);
  const differences = findDifferences(saved.value, document);
  return differences.length === 0 ? prepared : fail(wordStale(file, differences, saved.value, document));
}

/** Reads what may be anything: only what has a plan's shape is taken for one. */
export async function readPlanFile(
  place: string,
  shown: string,
  files: Files,
): Promise<Result<PlanDocument>> {
  const found = await files.status(place);
  if (found === undefined) return fail(wordNoPlan(`there is no \`${shown}\``));
  if (found.type !== "file") return fail(wordNoPlan(`\`${shown}\` is not a file`));
  if (found.size > MOST_BYTES) return fail(wordNoPlan(`\`${shown}\` is too large for a plan`));
  const value = parseJson(await files.readText(place));
  if (isRecord(value) && typeof value.format === "number" && value.format > PLAN_FORMAT)
    return fail(wordNoPlan(`\`${shown}\` is from a newer mlpackage`));
  return isPlanDocument(value) ? succeed(value) : fail(wordNoPlan(`\`${shown}\` is not a plan`));
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function wordNoPlan(message: string): Diagnostic {
  return errorDiagnostic("cli/not-a-plan", message, { hint: "type `mlpackage plan --out FILE` to make one" });
}

type Unchecked = Readonly<Record<string, unknown>>;

function isRecord(value: unknown): value is Unchecked {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isPlanDocument(value: unknown): value is PlanDocument {
  if (!isRecord(value) || value.format !== PLAN_FORMAT) return false;
  const { options, steps } = value;
  const isOfAPackage = typeof value.package === "string" && typeof value.file === "string";
  const hasOptions =
    isRecord(options) &&
    isWords(options.only) &&
    isWords(options.set) &&
    typeof options.force === "boolean" &&
    ["boolean", "undefined"].includes(typeof options.noTest) &&
    ["boolean", "undefined"].includes(typeof options.denyUnsafePickle);
  return isOfAPackage && hasOptions && Array.isArray(steps) && steps.every(isPlanStep);
}

function isPlanStep(value: unknown): value is PlanDocumentStep {
  if (!isRecord(value)) return false;
  const { id, verdict, needs, after, key, inputs } = value;
  const isWhole = typeof id === "string" && isWords(needs) && isWords(after) && isDigest(inputs);
  return isWhole && typeof verdict === "string" && Object.hasOwn(VERDICTS, verdict) && isDigestOrNone(key);
}

function isWords(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((word) => typeof word === "string");
}

function isDigestOrNone(value: unknown): boolean {
  return value === undefined || isDigest(value);
}

/** What a plan says of a step, in the middle of a sentence. */
const VERDICTS: Readonly<Record<PlanDocumentStep["verdict"], string>> = {
  run: "runs",
  pending: "may run",
  restore: "is restored",
  fresh: "is fresh",
};

/** `mlpackage.yaml, prod.yaml with profile gpu` */
function wordFiles({ configPaths, profiles }: Package): string {
  const files = configPaths.map((one) => path.basename(one)).join(", ");
  return [files, ...profiles.map((name) => `profile ${name}`)].join(" with ");
}

function wordStranger(saved: PlanDocument, opened: Package, file: string) {
  const [is, was] = [`${opened.config.name} in ${wordFiles(opened)}`, `${saved.package} in ${saved.file}`];
  if (is === was) return undefined;
  return errorDiagnostic(
    "cli/plan-of-another-package",
    `\`${file}\` is a plan for \`${was}\`, not for \`${is}\``,
    {
      hint: "go to that package's folder, or type `mlpackage plan --out FILE` to plan this one",
    },
  );
}

/** What a run would do otherwise than a plan says, a line for each such step. */
export function findDifferences(saved: PlanDocument, now: PlanDocument): readonly string[] {
  const savedSteps = new Map(saved.steps.map((step) => [step.id, step]));
  const steps = new Map(now.steps.map((step) => [step.id, step]));
  return [
    ...saved.steps.flatMap(({ id }) =>
      steps.has(id) ? [] : [`${id} is in the plan, but is no longer a step`],
    ),
    ...now.steps.flatMap((step) => {
      const before = savedSteps.get(step.id);
      return before === undefined
        ? [`${step.id} is a step now, but is not in the plan`]
        : compareSteps(before, step);
    }),
  ];
}

function compareSteps(before: PlanDocumentStep, now: PlanDocumentStep): readonly string[] {
  const [first] = now.because === undefined ? [] : [wordReasons(now.because, 1)];
  const reason = first === undefined ? "" : `: ${first}`;
  if (before.verdict !== now.verdict)
    return [`${now.id} ${VERDICTS[before.verdict]} in the plan, and ${VERDICTS[now.verdict]} now${reason}`];
  // The reasons compare with the last run, not with the plan: here they would mislead.
  if (before.inputs !== now.inputs) return [`${now.id} has different inputs now`];
  if (before.key !== now.key) return [`${now.id} would be made from different steps`];
  const placeOf = ({ needs, after }: PlanDocumentStep): Serializable => ({ needs, after });
  if (canonicalJson(placeOf(before)) === canonicalJson(placeOf(now))) return [];
  return [`${now.id} has a different place in the order of the steps`];
}

const MOST_LINES = 10;

function wordStale(
  file: string,
  differences: readonly string[],
  saved: PlanDocument,
  now: PlanDocument,
): Diagnostic {
  const more = differences.length - MOST_LINES;
  const set = saved.options.set.filter((key) => !now.options.set.includes(key));
  const again =
    set.length === 0 ? "" : `; this plan was made with ${set.map((key) => `\`--set ${key}=…\``).join(", ")}`;
  return errorDiagnostic("cli/stale-plan", `\`${file}\` is out of date`, {
    excerpt: [...differences.slice(0, MOST_LINES), ...(more > 0 ? [`and ${more} more`] : [])],
    hint: `type \`mlpackage plan --out FILE\` to make a new one${again}`,
  });
}
