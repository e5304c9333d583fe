import path from "node:path";
import { usesGit } from "../config/interpolate.ts";
import { readCheckedConfig } from "../config/read-config.ts";
import { locate } from "../document/locate.ts";
import type { Config } from "../model/config.ts";
import { errorDiagnostic } from "../model/diagnostic.ts";
import { digestOf } from "../model/digest.ts";
import type { Document } from "../model/document.ts";
import { fail, type Result, succeed } from "../model/result.ts";
import type { Locate } from "../plan/locate.ts";
import { applyOverrides } from "./apply-overrides.ts";
import { readGitState } from "./read-git-state.ts";
import { parseOnce } from "./remember-document.ts";
import { createRequirementsMemory } from "./remember-requirements.ts";
import type { Session } from "./session.ts";

/** A configuration file that was read and checked. */
export type Package = {
  readonly config: Config;
  readonly document: Document;
  readonly locate: Locate;
  /** The file itself, absolute. */
  readonly configPath: string;
  /** Spares the next run the parsing. */
  readonly rememberDocument: () => Promise<void>;
};

/** Reads the configuration file, checks it and every path it names. */
export async function openPackage(session: Session): Promise<Result<Package>> {
  const { host, options, workingDirectory } = session;
  const configPath = configPathOf(session);
  const shown = path.relative(workingDirectory, configPath) || configPath;
  const found = await host.files.status(configPath);
  if (found?.type !== "file") return fail(wordMissingFile(shown));
  const file = { path: shown, text: await host.files.readText(configPath) };
  const parsed = await parseOnce(file, packagePlaceOf(session, "documents"), host.files);
  if (!parsed.ok) return parsed;
  const document = applyOverrides(parsed.value.document, options.set);
  if (!document.ok) return document;
  const directory = path.dirname(configPath);
  const git = usesGit(document.value) ? await readGitState(directory, host) : undefined;
  const memory = createRequirementsMemory(documentPlaceOf(session, `${configPath} requirements`), host.files);
  const config = await readCheckedConfig(document.value, {
    ...{ directory, memory },
    files: host.files,
    variables: host.environment,
    git,
  });
  if (!config.ok) return config;
  return succeed(
    {
      config: config.value,
      document: document.value,
      locate: (pointer) => locate(document.value, pointer),
      configPath,
      rememberDocument: async () => {
        await Promise.all([parsed.value.remember(), memory.remember()]);
      },
    },
    config.warnings,
  );
}

/** The configuration file, absolute. */
function configPathOf({ options, workingDirectory }: Session): string {
  return path.resolve(workingDirectory, options.directory, options.file);
}

/** Where a folder of the cache has its file of this package: each configuration file is one, by where it lies. */
export function packagePlaceOf(session: Session, folder: "packages" | "documents"): string {
  const name = digestOf(configPathOf(session)).slice("sha256:".length, 39);
  return path.join(session.cacheDirectory, folder, `${name}.json`);
}

/** Where the cache has what was parsed of another file of this package. */
export function documentPlaceOf({ cacheDirectory }: Session, file: string): string {
  return path.join(cacheDirectory, "documents", `${digestOf(file).slice("sha256:".length, 39)}.json`);
}

function wordMissingFile(shown: string) {
  return errorDiagnostic("cli/no-configuration", `there is no \`${shown}\``, {
    hint: "go to the package's folder, or name the file with `-f`; `mlpackage init` writes one for the model that lies in a folder",
  });
}
