import type { Config } from "../model/config.ts";

/** The files of the package that its tests read, by path relative to it. */
export function testFilesOf({ tests }: Config): readonly string[] {
  const files = tests
    .flatMap(({ exchanges }) => exchanges)
    .flatMap(({ request, expect: { schema } }) => [
      request.bodyFile ?? [],
      schema !== undefined && "file" in schema ? schema.file : [],
    ]);
  return [...new Set(files.flat())];
}
