import { holds } from "../config/paths.ts";
import { findModels } from "../drafts/find-models.ts";
import { surveyFolder } from "../drafts/survey-folder.ts";
import type { Draft } from "../model/draft.ts";
import type { Opened } from "./importer.ts";

type Guessed = { readonly models: readonly string[]; readonly comments: Draft["comments"] };

const WHY = "Which model it is, was said when it was packaged, and in no file";

/** Where the model is named in a call and in no file: the one that lies beside it, and what is to be said of that. */
export async function guessModels({ directory, folder, files }: Opened): Promise<Guessed> {
  const { models } = await findModels(directory, await surveyFolder(directory, files), files);
  const [model, ...others] = models.map(({ source }) => source).filter((source) => holds(folder, source));
  if (model === undefined)
    return { models: [], comments: { "/name": [`${WHY}: name it below \`models\`.`] } };
  if (others.length === 0)
    return { models: [model], comments: { "/models": [`${WHY}: this is the one that lies here.`] } };
  const found = `${others.length + 1} lie here, ${model} among them`;
  return { models: [], comments: { "/name": [`${WHY}, and ${found}: name it below \`models\`.`] } };
}
