import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import type { BuildRequest, Engine } from "../../src/model/engine.ts";
import { succeed } from "../../src/model/result.ts";
import { type BaseImage, layoutFiles, makeBase } from "./base-image.ts";
import { AN_ENGINE } from "./package.ts";
import { writeInto } from "./temporary-folder.ts";

/** A build that was asked for, and what lay in the folders it was given. */
export type SeenBuild = {
  readonly request: BuildRequest;
  readonly dockerfile: string;
  readonly contexts: Readonly<Record<string, readonly string[]>>;
};

export type BuilderOptions = {
  /** What comes of a build. */
  readonly image?: BaseImage;
  /** And of one whose files were asked for. */
  readonly answers?: Readonly<Record<string, string>>;
  readonly replaced?: Partial<Engine>;
};

/** An engine whose builder writes a layout, or the files it was asked for. */
export function createBuilder({ image = makeBase(), answers = {}, replaced = {} }: BuilderOptions = {}) {
  const seen: SeenBuild[] = [];
  const build: Engine["build"] = async (request) => {
    const { namedContexts, filesFolder, layoutFolder } = request;
    seen.push({
      request,
      dockerfile: readFileSync(request.dockerfile, "utf8"),
      contexts: Object.fromEntries(
        Object.entries(namedContexts).map(([name, folder]) => [name, filesBelow(folder)]),
      ),
    });
    const written = filesFolder === undefined ? layoutFiles([image]) : answers;
    for (const [name, text] of Object.entries(written)) writeInto(filesFolder ?? layoutFolder, name, text);
    return succeed(undefined);
  };
  return { engine: { ...AN_ENGINE, build, ...replaced }, seen: seen as readonly SeenBuild[] };
}

/** The paths of all files in a folder, and in those in it. */
export function filesBelow(folder: string): readonly string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, encoding: "utf8", withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)))
    .sort();
}
