import { fileName, parentFolder, pathInPackage } from "../config/paths.ts";
import { parseDocument } from "../document/parse.ts";
import { type Diagnostic, errorDiagnostic } from "../model/diagnostic.ts";
import type { Draft } from "../model/draft.ts";
import type { Files } from "../model/host.ts";
import { fail, type Result } from "../model/result.ts";
import type { SerializableRecord } from "../model/serializable.ts";
import { azureV1 } from "./azure-v1.ts";
import { azureV2 } from "./azure-v2.ts";
import { bentoml } from "./bentoml.ts";
import { cog } from "./cog.ts";
import type { Importer } from "./importer.ts";
import { kitfile } from "./kitfile.ts";
import { mlflow } from "./mlflow.ts";
import { readBeside } from "./read-beside.ts";
import { isRecord } from "./reading.ts";

/** In the order in which a file is looked at by its content. */
const IMPORTERS: readonly Importer[] = [cog, bentoml, kitfile, mlflow, azureV2, azureV1];

const KNOWN =
  "`cog.yaml`, `bentofile.yaml`, `Kitfile`, an `MLmodel` or its folder, `inferenceconfig.json`, `azureml_environment.json` or a conda file of Azure ML v1, and the YAML of `az ml model package`";

/** Far more than anybody writes. */
const LARGEST = 1_000_000;

export type ImportRequest = {
  /** The file, or a folder that has one; absolute. */
  readonly path: string;
  /** As messages name it. */
  readonly shown: string;
  /** The folder of the package that is to be, absolute. */
  readonly directory: string;
  readonly files: Files;
};

/** Converts another tool's file. */
export function importFile(request: ImportRequest): Promise<Result<Draft>> {
  return importPath({ ...request, files: withoutRefusals(request.files) });
}

async function importPath(request: ImportRequest): Promise<Result<Draft>> {
  const { path, shown, directory, files } = request;
  const status = await files.status(path);
  if (status === undefined)
    return fail(
      errorDiagnostic("import/missing-file", `there is no \`${shown}\``, {
        hint: "correct the path after `--from`",
      }),
    );
  if (pathInPackage(path, directory).startsWith("/")) return fail(wordOutside(shown));
  if (status.type === "directory") return importFolder(request);
  if (status.type === "file") return convertFile(request, status.size);
  return fail(
    errorDiagnostic("import/not-a-file", `\`${shown}\` is neither a file nor a folder`, {
      hint: "write a file or a folder after `--from`",
    }),
  );
}

/** The one file of it that is known by its name, or else by what stands in it. */
async function importFolder(request: ImportRequest): Promise<Result<Draft>> {
  const { path, shown, files } = request;
  const names = await files.list(path);
  const named = names.filter((name) => IMPORTERS.some(({ isNamed }) => isNamed(name)));
  const found = named.length > 0 ? named : await findByContent(path, names, files);
  const at = (name: string): ImportRequest => ({
    ...request,
    path: `${path.replace(/\/$/, "")}/${name}`,
    shown: shown === "." ? name : `${shown.replace(/\/$/, "")}/${name}`,
  });
  const [name, ...others] = found;
  if (name === undefined) return fail(wordUnknown(`\`${shown}\` has no file that can be converted`));
  if (others.length === 0) return importPath(at(name));
  const message = `\`${shown}\` has several files to convert: ${found.map((one) => `\`${one}\``).join(", ")}`;
  return fail(
    errorDiagnostic("import/several-files", message, {
      hint: `write one of them, such as \`--from ${at(name).shown}\``,
    }),
  );
}

/** The files of the first importer that knows any: a conda file lies beside many others. */
async function findByContent(
  folder: string,
  names: readonly string[],
  files: Files,
): Promise<readonly string[]> {
  const read = await Promise.all(
    names
      .filter((name) => /\.(?:ya?ml|json)$/i.test(name))
      .map(async (name) => {
        const file = await readBeside({ directory: folder, files }, name);
        const parsed = file === undefined ? undefined : parseDocument(file);
        if (parsed?.ok !== true || !isRecord(parsed.value.value)) return [];
        return [{ name, importer: importerOf(name, parsed.value.value) }];
      }),
  );
  const known = read.flat();
  const importer = IMPORTERS.find((one) => known.some((file) => file.importer === one));
  return importer === undefined
    ? []
    : known.filter((file) => file.importer === importer).map(({ name }) => name);
}

function importerOf(name: string, content: SerializableRecord): Importer | undefined {
  return IMPORTERS.find(({ isNamed }) => isNamed(name)) ?? IMPORTERS.find(({ isLike }) => isLike(content));
}

async function convertFile(
  { path, shown, directory, files }: ImportRequest,
  size: number,
): Promise<Result<Draft>> {
  if (size > LARGEST)
    return fail(
      errorDiagnostic(
        "import/too-large",
        `\`${shown}\` is larger than ${LARGEST / 1e6} MB, and cannot be converted`,
        { hint: `write one of ${KNOWN}` },
      ),
    );
  const parsed = parseDocument({ path: shown, text: await files.readText(path) });
  if (!parsed.ok) return fail(...parsed.diagnostics.map(withoutOurHint));
  const document = parsed.value;
  const content = document.value;
  const importer = isRecord(content) ? importerOf(fileName(path), content) : undefined;
  if (importer === undefined) return fail(wordUnknown(`\`${shown}\` is not a file that can be converted`));
  const folder = parentFolder(pathInPackage(path, directory));
  return importer.convert({ document, directory, folder, files });
}

/** Whatever stands in a file may be taken for a path: what cannot be one is not there. */
function withoutRefusals(files: Files): Files {
  const isNone = (error: unknown) =>
    ["ENAMETOOLONG", "ELOOP"].includes((error as { readonly code?: string }).code ?? "");
  return {
    ...files,
    status: (path) =>
      files.status(path).catch((error: unknown) => {
        if (isNone(error)) return undefined;
        throw error;
      }),
  };
}

/** What is said of an empty file of ours is no help here. */
function withoutOurHint(diagnostic: Diagnostic): Diagnostic {
  if (diagnostic.code !== "document/empty") return diagnostic;
  return { ...diagnostic, hint: "name a file that is not empty" };
}

function wordUnknown(message: string): Diagnostic {
  return errorDiagnostic("import/unknown-format", message, { hint: `write one of ${KNOWN}` });
}

function wordOutside(shown: string): Diagnostic {
  return errorDiagnostic("import/outside-package", `\`${shown}\` is outside the package's folder`, {
    hint: "go to its folder, or write that with `-C`: the files it names must be in the package",
  });
}
