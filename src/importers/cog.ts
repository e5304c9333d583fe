import { fileName, joinPath } from "../config/paths.ts";
import { locate } from "../document/locate.ts";
import { pythonImage } from "./base-image.ts";
import { finishDraft } from "./finish-draft.ts";
import { fittingRequirements, fittingSystemPackages, fittingVariables } from "./fitting.ts";
import { freeName } from "./free-name.ts";
import { namedTag } from "./image-tag.ts";
import type { Importer, Opened } from "./importer.ts";
import { itemsWithoutLogin } from "./logins.ts";
import { predictorScript } from "./predictor-script.ts";
import { type Field, type Item, openReading, type Reading, resolvePath } from "./reading.ts";

/** Replicate's `cog.yaml`. */
export const cog: Importer = {
  format: "Cog",
  isNamed: (name) => /^cog\.ya?ml$/i.test(name),
  isLike: ({ build, predict, run }) =>
    build !== undefined && [predict, run].some((one) => typeof one === "string" && one.includes(".py:")),
  convert,
};

async function convert(opened: Opened) {
  const reading = openReading(opened);
  const { root } = reading;
  const build = reading.member(root, "build");
  const requirements = readRequirements(reading, build);
  const base = await readBase(reading, build, requirements);
  const served = await readPredictor(reading);
  const image = reading.member(root, "image");
  const variables = fittingVariables(
    reading,
    reading.texts(reading.member(root, "environment")).flatMap((item) => pairOf(reading, item)),
  );
  leaveRest(reading, build);
  return finishDraft(reading, cog.format, {
    names: [fileName(reading.text(image) ?? "").replace(/[:@].*$/, "")],
    config: {
      base_image: base.image,
      environment: {
        python: { requirements },
        system_packages: base.systemPackages,
        variables,
      },
      inference: served.inference,
      outputs: namedTag(reading, image),
    },
    comments: served.comments,
    files: { ...base.files, ...served.files },
  });
}

function readRequirements(reading: Reading, build: Field): string | readonly string[] {
  const file = reading.member(build, "python_requirements");
  const packages = reading.member(build, "python_packages");
  const path = reading.path(file);
  if (path === undefined) return fittingRequirements(reading, reading.texts(packages));
  reading.leave(packages, "`python_requirements` has the packages: add these to that file");
  return path;
}

/** What pip installs comes after a base of the user's own, as in Cog; `run` comes after that there, and cannot here. */
async function readBase(reading: Reading, build: Field, requirements: string | readonly string[]) {
  const image = pythonImage(reading, reading.member(build, "python_version"));
  const packages = fittingSystemPackages(reading, reading.texts(reading.member(build, "system_packages")));
  const run = reading.member(build, "run");
  const isLast = requirements.length > 0 || !hasTextsOnly(run);
  if (isLast)
    reading.leave(
      run,
      "it runs after the packages are installed, and nothing does here: put what it makes into a Dockerfile, and name that as `base_image: {dockerfile}`",
    );
  const before = reading.texts(reading.member(build, "pre_install"));
  const commands = itemsWithoutLogin(
    reading,
    isLast ? before : [...before, ...reading.texts(run)],
    "it holds a login, and none is copied: mount one of `build.secrets` in the Dockerfile, `RUN --mount=type=secret,id=...`",
  );
  if (commands.length === 0) return { image, systemPackages: packages, files: {} };
  const text = writeDockerfile(image ?? "python:3.12-slim", packages, commands);
  const names = ["docker/Dockerfile", "docker/Dockerfile.cog"];
  const dockerfile = await freeName({ ...reading.opened, folder: "." }, names, text);
  return { image: { dockerfile }, systemPackages: [], files: { [dockerfile]: text } };
}

function hasTextsOnly({ value }: Field): boolean {
  return value === undefined || value === null || (Array.isArray(value) && value.every(isText));
}

function isText(value: unknown): boolean {
  return typeof value === "string";
}

/** In the form that no command can get out of. */
function writeDockerfile(image: string, packages: readonly string[], commands: readonly Item[]): string {
  const install = `apt-get update && apt-get install -y --no-install-recommends ${packages.join(" ")} && rm -rf /var/lib/apt/lists/*`;
  const texts = [...(packages.length === 0 ? [] : [install]), ...commands.map(({ text }) => text)];
  return `FROM ${image}\n${texts.map((text) => `RUN ${JSON.stringify(["/bin/sh", "-c", text])}\n`).join("")}`;
}

/** `predict.py:Predictor`, in a folder that is copied whole. */
async function readPredictor(reading: Reading) {
  const { root, opened } = reading;
  const [field = reading.member(root, "predict")] = ["predict", "run"]
    .map((key) => reading.member(root, key))
    .filter(({ value }) => value !== undefined);
  const reference = reading.text(field);
  const [, path, name] = /^(.+\.py):([A-Za-z_]\w*)$/.exec(reference ?? "") ?? [];
  const file = path === undefined ? undefined : resolvePath(".", path);
  if (file === undefined || name === undefined) {
    const shown = reference === undefined ? "`predict` is missing" : "`predict` names no class";
    reading.refuse(
      field,
      "import/no-predictor",
      `${shown}: nothing would answer`,
      'it is written as `predict: "predict.py:Predictor"`',
    );
    return { inference: undefined, comments: {}, files: {} };
  }
  const place = joinPath(opened.folder, file);
  if ((await opened.files.status(`${opened.directory}/${place}`))?.type !== "file") {
    reading.refuse(
      field,
      "import/no-predictor",
      `there is no \`${place}\`: nothing would answer`,
      "name the file of the predictor as it lies beside this one, or copy it there",
    );
    return { inference: undefined, comments: {}, files: {} };
  }
  const text = predictorScript(file, name);
  const script = await freeName(opened, ["score.py", "cog_score.py"], text);
  const entry = joinPath(opened.folder, script);
  reading.leftOut.push({
    what: "the routes of Cog",
    why: `${entry} answers POST /score as POST /predictions does, {"input": {...}} with {"output": ...}; files come as \`data:\` addresses, and there are no asynchronous predictions, streams or webhooks`,
    location: locate(opened.document, field.pointer, "key"),
  });
  return {
    inference: opened.folder === "." ? entry : { entry_script: script, source_directory: opened.folder },
    comments: {
      "/inference": [
        `It calls \`${name}\` in ${place}. What that loads lies in the same folder; an entry of`,
        "`models` would make it a layer of its own, and the script find it below AZUREML_MODEL_DIR.",
      ],
    },
    files: { [entry]: text },
  };
}

function pairOf(reading: Reading, item: Item): readonly (readonly [string, Item])[] {
  const [, name, text] = /^([^=]+)=(.*)$/s.exec(item.text) ?? [];
  if (name !== undefined && text !== undefined) return [[name, { ...item, text }]];
  reading.leave({ value: item.text, pointer: item.pointer }, "it is no `NAME=value`");
  return [];
}

function leaveRest(reading: Reading, build: Field): void {
  const { root } = reading;
  const gpu =
    "no CUDA is chosen: name a `base_image` that has it, and start the image with `docker run --gpus all`";
  for (const key of ["gpu", "cuda", "cudnn"]) reading.leave(reading.member(build, key), gpu);
  const ours = "it is about how Cog builds, and mlpackage builds otherwise";
  for (const key of ["fast", "sdk_version", "cog_runtime"]) reading.leave(reading.member(build, key), ours);
  reading.leave(
    reading.member(build, "environment"),
    "variables of the build alone have no place: those of the service are `environment.variables`",
  );
  reading.leave(
    reading.member(build, "python_overrides"),
    "pip knows no overrides: write the versions into the requirements",
  );
  reading.leave(reading.member(root, "train"), "mlpackage trains nothing");
  reading.leave(
    reading.member(root, "concurrency"),
    "a worker answers one request at a time: `inference.workers` says how many there are",
  );
  reading.leave(
    reading.member(root, "tests"),
    "they are calls of Cog: write requests and their answers below `tests`",
  );
  for (const key of ["weights", "model"])
    reading.leave(reading.member(root, key), "name the files below `models`");
}
