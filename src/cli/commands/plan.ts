import type { Config, ModelFormat } from "../../model/config.ts";
import { hasWork } from "../../plan/plan.ts";
import { planToJson } from "../../report/plan-json.ts";
import { renderPlan } from "../../report/plan-text.ts";
import type { Assembly } from "../assemble.ts";
import { EXIT } from "../exit-code.ts";
import { isInCI } from "../in-ci.ts";
import { writePlanFile } from "../plan-file.ts";
import { planPackage } from "../plan-package.ts";
import type { SelectOptions } from "../prepare.ts";
import { refuse } from "../refuse.ts";
import { reportDiagnostics, type Session, tell } from "../session.ts";
import { tellOtherTool } from "../word-other-tool.ts";

export type PlanOptions = SelectOptions & {
  /** `--no-test`. */
  readonly noTest: boolean;
  readonly detailedExitcode: boolean;
  /** A file the plan is written to, for `apply` to do just that. */
  readonly out?: string | undefined;
};

export async function plan(session: Session, options: PlanOptions): Promise<number> {
  const made = await planPackage(session, options);
  if (!made.ok) return refuse(session, ...made.diagnostics);
  const { prepared, document, examined } = made.value;
  if (!session.options.json) reportDiagnostics(session, made.warnings);
  const { out } = options;
  if (out !== undefined) {
    const written = await writePlanFile(session, prepared.opened, document, out);
    if (!written.ok) return refuse(session, ...written.diagnostics);
  }
  const planned = examined.map((entry) => entry.planned);
  session.writeData(
    session.options.json ? planToJson(document) : renderPlan(planned, session.terminal.color),
  );
  tellFormat(session, prepared.opened.config);
  tellLock(session, prepared.assembly.lock);
  if (out !== undefined)
    tell(session, `the plan is in \`${out}\`: \`mlpackage apply ${out}\`${wordSet(session)} carries it out`);
  return options.detailedExitcode && hasWork(planned) ? EXIT.workFound : EXIT.done;
}

const FORMATS: Readonly<Record<ModelFormat, string>> = {
  sklearn: "a model of scikit-learn",
  mlflow: "a model of scikit-learn in MLflow's format",
  "mlflow-python-function": "a Python function in MLflow's format",
  onnx: "ONNX",
};

/** What the one model was taken for, where there is no script of the user's. */
function tellFormat(session: Session, { inference, models }: Config): void {
  if (inference.kind !== "script" || inference.modelFormat === undefined) return;
  const format = FORMATS[inference.modelFormat];
  tell(
    session,
    `\`${models[0]?.name}\` is taken for ${format}: \`${inference.entryScript}\` of mlpackage serves it`,
  );
}

function tellLock(session: Session, lock: Assembly["lock"]): void {
  const { name, unlocked, toolChanges } = lock;
  const [first] = unlocked;
  const isFrozen = isInCI(session.host.environment);
  if (first !== undefined) {
    const does = isFrozen ? "will refuse to go on" : `resolves that first, and writes \`${name}\``;
    tell(session, `${first.message}: \`apply\` ${does}`);
  }
  if (toolChanges.length > 0) {
    const isRefused = isFrozen && lock.lock?.mlpackage !== undefined;
    const does = isFrozen ? "goes on all the same" : `writes that it is for this one`;
    tell(session, `${tellOtherTool(lock)}: \`apply\` ${isRefused ? "will refuse to go on" : does}`);
  }
}

/** A plan does not hold values that were set for one call: they may be secrets. */
function wordSet({ options }: Session): string {
  const given = [
    ...(options.file.length > 1 ? ["`-f`"] : []),
    ...(options.profile.length > 0 ? ["`--profile`"] : []),
    ...(options.set.length > 0 ? ["`--set`"] : []),
  ];
  return given.length === 0 ? "" : ` with the same ${given.join(" and ")}`;
}
