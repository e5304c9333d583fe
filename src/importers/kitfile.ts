import { fileName, isUri, joinPath, parentFolder } from "../config/paths.ts";
import { findRequirements } from "../drafts/find-requirements.ts";
import type { ConfigFile } from "../model/config.generated.ts";
import { findScript } from "./find-script.ts";
import { finishDraft, nameOf } from "./finish-draft.ts";
import { fittingLabels, whyUnfit } from "./fitting.ts";
import type { Importer, Opened } from "./importer.ts";
import { type Field, type Item, isRecord, openReading, type Reading } from "./reading.ts";

/** KitOps's `Kitfile`: it says what belongs together, and nothing of how it is served. */
export const kitfile: Importer = {
  format: "KitOps",
  isNamed: (name) => /^\.?kitfile$/i.test(name),
  isLike: ({ manifestVersion, package: about, model }) =>
    manifestVersion !== undefined && (isRecord(about) || isRecord(model)),
  convert,
};

async function convert(opened: Opened) {
  const reading = openReading(opened);
  const { root } = reading;
  reading.take(reading.member(root, "manifestVersion"));
  const about = reading.member(root, "package");
  const name = reading.text(reading.member(about, "name"));
  const models = await readModels(reading);
  const code = await readCode(reading);
  const folders = [code.folder ?? opened.folder, opened.folder];
  const [requirements] = await findRequirements(opened.directory, folders, opened.files);
  for (const item of reading.items(reading.member(root, "datasets")))
    reading.leave(item, "data that a model was trained with has no place in the image of its service");
  for (const key of ["docs", "prompts"])
    for (const item of reading.items(reading.member(root, key)))
      reading.leave(item, "it is no part of the service; what lies beside the script goes along with it");
  return finishDraft(reading, kitfile.format, {
    names: [name],
    config: {
      models,
      environment: requirements?.environment,
      inference: code.inference,
      build: { labels: readLabels(reading, about) },
      outputs: readVersion(reading, about, name),
    },
    comments: wordWhatIsMissing(requirements !== undefined, code.inference),
  });
}

/** Each is one of its own, and so a layer of its own. */
async function readModels(reading: Reading): Promise<NonNullable<ConfigFile["models"]>> {
  const model = reading.member(reading.root, "model");
  const whole = await readModel(reading, model);
  const parts = await Promise.all(
    reading.items(reading.member(model, "parts")).map(async (part) => {
      const read = await readModel(reading, part);
      leaveFacts(reading, part, ["license", "type"]);
      return read;
    }),
  );
  leaveFacts(reading, model, ["framework", "format", "description", "license", "parameters"]);
  return [...whole, ...parts.flat()];
}

async function readModel(reading: Reading, field: Field): Promise<NonNullable<ConfigFile["models"]>> {
  const place = reading.member(field, "path");
  const [name, version] = ["name", "version"].map((key) =>
    readFact(reading, reading.member(field, key), key),
  );
  const { directory, folder, files } = reading.opened;
  if (typeof place.value === "string" && isReference(place.value)) {
    const isHere = (await files.status(`${directory}/${joinPath(folder, place.value)}`)) !== undefined;
    if (!isHere) {
      reading.leave(
        place,
        "it names another ModelKit: `kit unpack` it here, and name its files below `models`",
      );
      return [];
    }
  }
  const source = reading.path(place);
  return source === undefined ? [] : [{ ...name, ...version, source }];
}

function isReference(path: string): boolean {
  return isUri(path) || /^[^/]+\/.*[:@]|^[^/]+:[^/]+$/.test(path);
}

function readFact(reading: Reading, field: Field, key: string): Readonly<Record<string, string>> {
  const text = reading.text(field);
  if (text === undefined) return {};
  const why = whyUnfit({ models: [{ source: "model", [key]: text }] });
  if (why === undefined) return { [key]: text };
  reading.leave(field, why);
  return {};
}

function leaveFacts(reading: Reading, field: Field, keys: readonly string[]): void {
  for (const key of keys)
    reading.leave(
      reading.member(field, key),
      "an entry of `models` has a name, a version and its files alone",
    );
}

/** The first script of it that can answer. */
async function readCode(
  reading: Reading,
): Promise<{ readonly inference?: ConfigFile["inference"]; readonly folder?: string }> {
  const found: { readonly inference: ConfigFile["inference"]; readonly folder: string }[] = [];
  for (const item of reading.items(reading.member(reading.root, "code"))) {
    const path = reading.path(reading.member(item, "path"));
    for (const key of ["description", "license"])
      reading.leave(reading.member(item, key), "code has no such facts here");
    const script = path === undefined ? undefined : await findScript(reading.opened, path);
    if (script === undefined || found.length > 0) {
      reading.leave(
        item,
        found.length > 0
          ? "a service has one folder of code"
          : "no script with `init()` and `run()` is in it: write one, and name it as `inference`",
      );
      continue;
    }
    const folder = parentFolder(script);
    const inference = folder === "." ? script : { entry_script: fileName(script), source_directory: folder };
    found.push({ inference, folder });
  }
  return found[0] ?? {};
}

function readLabels(reading: Reading, about: Field): Readonly<Record<string, string>> {
  const one = (key: string, label: string): readonly (readonly [string, Item])[] => {
    const field = reading.member(about, key);
    const items =
      key === "authors"
        ? reading.texts(field)
        : [reading.text(field)].flatMap((text) =>
            text === undefined ? [] : [{ text, pointer: field.pointer }],
          );
    const text = items.map((item) => item.text.trim()).join(", ");
    return text === "" ? [] : [[label, { text, pointer: field.pointer }]];
  };
  const pairs = [
    ...one("description", "org.opencontainers.image.description"),
    ...one("license", "org.opencontainers.image.licenses"),
    ...one("authors", "org.opencontainers.image.authors"),
  ];
  return fittingLabels(reading, pairs);
}

function readVersion(
  reading: Reading,
  about: Field,
  name: string | undefined,
): NonNullable<ConfigFile["outputs"]> {
  const field = reading.member(about, "version");
  const version = reading.text(field);
  if (version === undefined) return [];
  const outputs: ConfigFile["outputs"] = [
    { type: "image", tags: [`${nameOf(reading.opened, [name])}:${version}`] },
  ];
  const why = whyUnfit({ outputs });
  if (why === undefined) return outputs;
  reading.leave(field, why);
  return [];
}

function wordWhatIsMissing(hasRequirements: boolean, inference: ConfigFile["inference"]) {
  return {
    ...(!hasRequirements && {
      "/name": [
        "A Kitfile names no packages: say under `environment.python.requirements` what the model needs.",
      ],
    }),
    ...(inference === undefined && {
      "/models": [
        "Served without a script, if it is one of scikit-learn or ONNX; else name one as `inference`.",
      ],
    }),
  };
}
