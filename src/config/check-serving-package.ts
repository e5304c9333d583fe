import { locate } from "../document/locate.ts";
import type { Config, ModelFormat } from "../model/config.ts";
import { type Diagnostic, errorDiagnostic, warningDiagnostic } from "../model/diagnostic.ts";
import type { Document } from "../model/document.ts";
import type { Files } from "../model/host.ts";
import { fail, type Result, succeed } from "../model/result.ts";
import { normalName } from "../requirements/requirement.ts";

/** What a script of ours imports, by its names at PyPI and at Debian. */
const PACKAGES: Readonly<Record<ModelFormat, { readonly python: string; readonly system: string }>> = {
  sklearn: { python: "scikit-learn", system: "python3-sklearn" },
  onnx: { python: "onnxruntime", system: "python3-onnxruntime" },
};

/** Python's own images hold nothing of it; of any other only its owner knows. */
const BARE_IMAGE = /^(?:docker\.io\/)?(?:library\/)?python(?:[:@]|$)/;

/** Which packages are installed is the user's to say: told is where what serves the model is surely, or likely, not among them. */
export async function checkServingPackage(
  config: Config,
  format: ModelFormat,
  document: Document,
  files: Files,
): Promise<Result<Config>> {
  const { baseImage, environment } = config;
  const { python, system } = PACKAGES[format];
  const asked = await namesIn(config, files);
  const isNamed = asked.some((name) => name === python || name.startsWith(`${python}-`));
  if (isNamed || environment.systemPackages.includes(system)) return succeed(config);
  const isBare = baseImage.kind === "image" && BARE_IMAGE.test(baseImage.image);
  const isSure = isBare && environment.python.managed && asked.length === 0;
  const told = word(python, isSure, config, document);
  return isSure ? fail(told) : succeed(config, [told]);
}

function word(python: string, isSure: boolean, config: Config, document: Document): Diagnostic {
  const path = document.ranges.has("/environment/python/requirements")
    ? "/environment/python/requirements"
    : (config.models[0]?.pointer ?? "");
  const message = `\`${python}\`, which serves the model, is ${isSure ? "not installed" : "not among the packages that are asked for"}`;
  const make = isSure ? errorDiagnostic : warningDiagnostic;
  return make("config/missing-package", message, {
    location: locate(document, path),
    path,
    hint: `add it in the version that the model was made with: \`environment: {python: {requirements: ["${python}==..."]}}\``,
  });
}

/** Of what is asked for in so many words; what that depends on is not known here. */
async function namesIn({ directory, environment }: Config, files: Files): Promise<readonly string[]> {
  const { requirements } = environment.python;
  const lines =
    "list" in requirements ? requirements.list : await linesOf(`${directory}/${requirements.file}`, files);
  return lines.flatMap((line) => {
    const [, name = ""] = /^\s*([A-Za-z0-9][A-Za-z0-9._-]*)/.exec(line) ?? [];
    return normalName(name) ?? (/^\s*-/.test(line) ? [line.trim()] : []);
  });
}

async function linesOf(place: string, files: Files): Promise<readonly string[]> {
  return (await files.status(place))?.type === "file" ? (await files.readText(place)).split(/\r?\n/) : [];
}
