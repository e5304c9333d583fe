import { pointerTo } from "../document/locate.ts";
import type { Config } from "../model/config.ts";
import type { FileStatus } from "../model/host.ts";
import { isUri, joinPath, normalizePath } from "./paths.ts";

/** A path of the package that a configuration reads, and where it is named. */
export type InputPath = {
  readonly path: string;
  readonly pointer: string;
  readonly type: "file" | "directory" | "any";
  /** `other` is also what stands for a key that is not written. */
  readonly role: "model" | "base" | "script" | "other";
};

/** A path of the package that is there. */
export type FoundPath = InputPath & { readonly absolute: string; readonly status: FileStatus };

/** What is wrong with a path; where it is named is known to who asks. */
export type PathWording = readonly [code: string, message: string, hint?: string];

/** Every file and folder that a configuration reads, in the order of the file. */
export function inputPaths(config: Config): readonly InputPath[] {
  return [
    ...modelPaths(config),
    ...basePaths(config),
    ...pythonPaths(config),
    ...inferencePaths(config),
    ...testPaths(config),
  ];
}

function modelPaths({ models }: Config): readonly InputPath[] {
  return models
    .filter(({ source }) => !isUri(source))
    .map(({ source, pointer, sha256, unpack }) => ({
      path: normalizePath(source),
      pointer: pointerTo(pointer, "source"),
      type: sha256 === undefined && !unpack ? "any" : "file",
      role: "model",
    }));
}

function basePaths({ baseImage }: Config): readonly InputPath[] {
  if (baseImage.kind === "image") return [];
  if (baseImage.kind === "oci-layout")
    return [{ path: baseImage.path, pointer: "/base_image/oci_layout", type: "any", role: "base" }];
  return [
    { path: baseImage.dockerfile, pointer: "/base_image/dockerfile", type: "file", role: "base" },
    { path: baseImage.context, pointer: "/base_image/context", type: "directory", role: "other" },
  ];
}

function pythonPaths({ environment: { python } }: Config): readonly InputPath[] {
  const pointer = "/environment/python";
  const { requirements } = python;
  const links = python.findLinks.flatMap((link, index): InputPath[] =>
    isUri(link)
      ? []
      : [
          {
            path: normalizePath(link),
            pointer: pointerTo(pointer, "find_links", index),
            type: "directory",
            role: "other",
          },
        ],
  );
  const file =
    "file" in requirements
      ? { path: requirements.file, pointer: pointerTo(pointer, "requirements") }
      : requirements.from;
  if (file === undefined) return links;
  return [{ path: file.path, pointer: file.pointer, type: "file", role: "other" }, ...links];
}

function inferencePaths({ inference }: Config): readonly InputPath[] {
  const { sourceDirectory } = inference;
  const folder: readonly InputPath[] =
    sourceDirectory === undefined
      ? []
      : [{ path: sourceDirectory, pointer: "/inference/source_directory", type: "directory", role: "other" }];
  if (inference.kind === "command" || inference.sourceDirectory === undefined) return folder;
  const path = joinPath(inference.sourceDirectory, inference.entryScript);
  return [{ path, pointer: "/inference/entry_script", type: "file", role: "script" }, ...folder];
}

function testPaths({ tests }: Config): readonly InputPath[] {
  return tests
    .flatMap(({ exchanges }) => exchanges)
    .flatMap(({ request: { bodyFile, ...request }, expect: { schema, ...expect } }): InputPath[] => [
      ...(bodyFile === undefined ? [] : [fileOf(bodyFile, pointerTo(request.pointer, "body_file"))]),
      ...(schema === undefined || "inline" in schema
        ? []
        : [fileOf(schema.file, pointerTo(expect.pointer, "schema"))]),
    ]);
}

function fileOf(path: string, pointer: string): InputPath {
  return { path, pointer, type: "file", role: "other" };
}
