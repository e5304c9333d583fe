import path from "node:path";
import { type Diagnostic, errorDiagnostic } from "../model/diagnostic.ts";
import type { Files } from "../model/host.ts";
import { fail, type Result, succeed } from "../model/result.ts";
import { codeIgnore, contextIgnore } from "../plan/code-ignore.ts";
import type { Package } from "./open-package.ts";
import { ownFilesOf } from "./own-files.ts";
import type { Session } from "./session.ts";

/**
 * Where a file is written that the call names, absolute. It may replace only what begins as one of its kind does, and
 * may not lie where it would be an input of the package: the plan that is written would be stale by its own file.
 */
export async function checkWrittenFile(
  session: Session,
  opened: Package,
  file: string,
  beginning: string,
): Promise<Result<string>> {
  const place = resolveForSession(session, file);
  const found = await session.host.files.status(place);
  if (found?.type === "directory") return fail(wordTaken(file, "is a folder"));
  if (found?.type === "other") return fail(wordTaken(file, "is not a file"));
  if (isInput(place, opened)) return fail(wordInput(file));
  if (found === undefined) return succeed(place);
  const text = await readBeginning(place, session.host.files);
  const isReplaceable = text === "" || text.startsWith(beginning);
  return isReplaceable ? succeed(place) : fail(wordTaken(file, "exists, and is something else"));
}

/** The place of a file that the call names: beside the configuration file, as `-f` is. */
export function resolveForSession({ workingDirectory, options }: Session, file: string): string {
  return path.resolve(workingDirectory, options.directory, file);
}

function isInput(place: string, opened: Package): boolean {
  const { config } = opened;
  return ignoredFolders(opened).some(({ folder, ignore }) => {
    const below = path.relative(path.resolve(config.directory, folder), place);
    if (below.startsWith("..") || path.isAbsolute(below)) return false;
    const parts = below.split(path.sep);
    return !parts.some((_, index) => ignore(parts.slice(0, index + 1).join("/")));
  });
}

type ReadFolder = { readonly folder: string; readonly ignore: (path: string) => boolean };

function ignoredFolders(opened: Package): readonly ReadFolder[] {
  const { config } = opened;
  const own = ownFilesOf(opened);
  const { inference, baseImage } = config;
  const code = inference.sourceDirectory;
  const read = [...config.models.map(({ source }) => source), ...config.environment.python.findLinks];
  return [
    ...(code === undefined ? [] : [{ folder: code, ignore: codeIgnore(config, code, own) }]),
    ...read.map((folder) => ({ folder, ignore: () => false })),
    ...(baseImage.kind === "dockerfile"
      ? [{ folder: baseImage.context, ignore: contextIgnore(config, baseImage.context, own) }]
      : []),
    ...(baseImage.kind === "oci-layout" ? [{ folder: baseImage.path, ignore: () => false }] : []),
  ];
}

async function readBeginning(place: string, files: Files): Promise<string> {
  for await (const chunk of files.readStream(place)) return new TextDecoder().decode(chunk);
  return "";
}

function wordTaken(file: string, what: string): Diagnostic {
  return errorDiagnostic("cli/place-taken", `\`${file}\` ${what}`, {
    hint: "choose a new file name",
  });
}

function wordInput(file: string): Diagnostic {
  const name = file.endsWith(".html") ? "mlpackage-report.html" : `.mlpackage-${path.basename(file)}`;
  return errorDiagnostic(
    "cli/place-in-code",
    `\`${file}\` is in the folder of the code, and would go into the image`,
    {
      hint: `write it to another folder, or choose a name that is left out of the image: \`${name}\``,
    },
  );
}
