import { fileName } from "../config/paths.ts";
import type { Serializable } from "../model/serializable.ts";
import type { FoundModel, FoundModels } from "./find-models.ts";
import { frameworkOf } from "./frameworks.ts";
import type { Survey } from "./survey-folder.ts";

/** A script that is to be written. */
export type WrittenScript = {
  readonly path: string;
  readonly text: string;
  /** Of its own, whatever the models need. */
  readonly requirements: readonly string[];
  readonly sample?: Serializable;
  readonly toDo: readonly string[];
};

/** What may lie beside a script and does no harm in an image. */
const USUAL =
  /^(?:readme|licen[sc]e|changelog|makefile|dockerfile|mlpackage|sample-request|requirements|pyproject|uv\.lock|poetry\.lock|conda|environment)/i;

type Folder = { readonly survey: Survey; readonly found: FoundModels };

/** Beside the models, unless there is more in the folder than a package needs: all that lies beside it is taken for code. */
export function placeForScript({ survey, found }: Folder): string {
  const models = new Set(found.models.map(({ source }) => source.split("/")[0]));
  const others = survey.names.filter((name) => !models.has(name) && !USUAL.test(name));
  return others.length === 0 ? "score.py" : "serving/score.py";
}

/** The text of a template, by its file's name. */
export type ReadTemplate = (name: string) => Promise<string>;

/** The script for models that need one; none where one of mlpackage's serves them. */
export async function writeScript(
  models: readonly FoundModel[],
  path: string,
  readTemplate: ReadTemplate,
): Promise<WrittenScript | undefined> {
  const [model, ...others] = models;
  if (others.length === 0 && model?.served !== undefined) return undefined;
  if (others.length === 0 && model?.kind !== undefined) {
    const { toWrite, template, sample } = frameworkOf(model.kind, model.facts);
    const text = await fill(
      template,
      { MODEL: fileName(model.source), TASK: model.facts.task },
      readTemplate,
    );
    const toDo = toWrite === undefined ? [] : [`in ${path}: ${toWrite}`];
    return { path, text, requirements: [], ...(sample !== undefined && { sample }), toDo };
  }
  const places = Object.fromEntries(
    models.map(({ name, source }) => [name, `${name}/0/${fileName(source)}`]),
  );
  const isPickled = models.length > 0 && models.every(isPickle);
  const text = await fill(isPickled ? "pickles.py" : "blank.py", { MODELS: places }, readTemplate);
  const [first] = models.filter(({ facts }) => facts.features !== undefined);
  return {
    path,
    text,
    requirements: isPickled ? ["joblib", "numpy"] : [],
    ...(isPickled && first !== undefined && { sample: sampleOf(first) }),
    toDo: isPickled ? [] : [`in ${path}: write what \`init\` and \`run\` do`],
  };
}

/** A dict or a list that is pickled predicts nothing itself. */
function isPickle({ served, kind, facts }: FoundModel): boolean {
  return served?.format === "sklearn" || (kind === "pickle" && facts.isHeld !== true);
}

function sampleOf({ name, facts }: FoundModel): Serializable {
  return { model: name, data: [Array.from({ length: facts.features ?? 1 }, () => 0)] };
}

/** Gives the constants of a template their values: they stand at the beginning of a line each, and JSON is Python there. */
async function fill(
  template: string,
  constants: Readonly<Record<string, Serializable | undefined>>,
  readTemplate: ReadTemplate,
): Promise<string> {
  const text = await readTemplate(template);
  return Object.entries(constants).reduce(
    (filled, [name, value]) =>
      value === undefined
        ? filled
        : filled.replace(new RegExp(`^${name} = .*$`, "m"), () => `${name} = ${asPython(value)}`),
    text,
  );
}

function asPython(value: Serializable): string {
  return JSON.stringify(value, undefined, 1)
    .replace(/\n\s*/g, " ")
    .replace(/^\{ (.*) \}$/s, "{$1}");
}
