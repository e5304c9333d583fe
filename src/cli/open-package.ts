import path from "node:path";
import { combineDocuments } from "../config/combine-documents.ts";
import { usesGit } from "../config/interpolate.ts";
import type { KnownNames } from "../config/known-names.ts";
import { readCheckedConfig } from "../config/read-config.ts";
import { locate } from "../document/locate.ts";
import type { Config } from "../model/config.ts";
import type { Document } from "../model/document.ts";
import { combine, type Result, succeed } from "../model/result.ts";
import type { Locate } from "../plan/locate.ts";
import { applyOverrides } from "./apply-overrides.ts";
import { checkSources } from "./check-sources.ts";
import { documentPlaceOf, placeInCache } from "./document-place.ts";
import { readConfigFile } from "./read-config-file.ts";
import { readGitState } from "./read-git-state.ts";
import type { ParsedOnce } from "./remember-document.ts";
import { createRequirementsMemory } from "./remember-requirements.ts";
import type { Session } from "./session.ts";

/** A configuration that was read from its files and checked. */
export type Package = {
  readonly config: Config;
  readonly document: Document;
  readonly locate: Locate;
  /** The first file, absolute: the package is its folder, and its lock lies beside it. */
  readonly configPath: string;
  /** All of them, absolute. */
  readonly configPaths: readonly string[];
  /** Those that were merged over the files, in their order. */
  readonly profiles: readonly string[];
  /** What the texts of the file can name. */
  readonly names: KnownNames;
  /** Spares the next run the parsing. */
  readonly rememberDocument: () => Promise<void>;
};

/** Reads the configuration files, merges them with the profiles, checks that and every path it names. */
export async function openPackage(session: Session): Promise<Result<Package>> {
  const { host, options } = session;
  const profiles = profilesOf(session);
  const configPaths = configPathsOf(session);
  const [configPath = ""] = configPaths;
  const parsed = combine(await Promise.all(configPaths.map((one) => readConfigFile(one, session))));
  if (!parsed.ok) return parsed;
  const combined = combineDocuments(
    parsed.value.map(({ document }) => document) as unknown as readonly [Document, ...Document[]],
    profiles,
  );
  if (!combined.ok) return combined;
  const { unchosen } = combined.value;
  const document = await applyOverrides(combined.value.document, options.set);
  if (!document.ok) return document;
  const directory = path.dirname(configPath);
  const git = usesGit(document.value) ? await readGitState(directory, host) : undefined;
  const memory = createRequirementsMemory(
    documentPlaceOf(session, `${keyOf(session)} requirements`),
    host.files,
  );
  const names = { variables: host.environment, git };
  const config = await readCheckedConfig(document.value, {
    ...{ directory, memory, unchosen },
    files: host.files,
    check: checkSources,
    ...names,
  });
  if (!config.ok) return config;
  return succeed(
    {
      config: config.value,
      document: document.value,
      locate: (pointer) => locate(document.value, pointer),
      ...{ configPath, configPaths, profiles, names },
      rememberDocument: async () => {
        await Promise.all([...parsed.value.map((one: ParsedOnce) => one.remember()), memory.remember()]);
      },
    },
    config.warnings,
  );
}

/** The configuration files, absolute. */
function configPathsOf({ options, workingDirectory }: Session): readonly string[] {
  return options.file.map((file) => path.resolve(workingDirectory, options.directory, file));
}

/** Those that were chosen, each once: over itself a profile would add to its own lists. */
function profilesOf({ options }: Session): readonly string[] {
  return [...new Set(options.profile)];
}

/** What tells a package from another: where its files lie, and which profiles are merged over them. */
function keyOf(session: Session): string {
  const profile = profilesOf(session);
  const [first = "", ...rest] = configPathsOf(session);
  return rest.length + profile.length === 0 ? first : JSON.stringify([first, rest, profile]);
}

/** Where the cache has what became of the package's steps. */
export function packagePlaceOf(session: Session): string {
  return placeInCache(session, "packages", keyOf(session));
}
