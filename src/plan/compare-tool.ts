import type { Config } from "../model/config.ts";
import { digestOfValue } from "../model/digest.ts";
import { IMAGE_FORMAT } from "../model/image.ts";
import type { LockedTool } from "../model/lock-file.ts";
import { toolToData } from "./lock-data.ts";
import type { Pins } from "./pins.ts";

/** What of this mlpackage decides the bytes of a package's image. */
export function toolFor(
  { inference }: Config,
  { runtime }: Pick<Pins, "runtime">,
  version: string,
): LockedTool {
  const server = { version, digest: digestOfValue(runtime) };
  return { imageFormat: IMAGE_FORMAT, ...(inference.kind === "script" && { server }) };
}

/** A key of a lock that says something else than this mlpackage; what there is none of is undefined. */
export type ToolChange = {
  readonly key: "image_format" | "server";
  readonly before: string | undefined;
  readonly after: string | undefined;
};

/** Where the image that is locked was made by another mlpackage; all is new where the lock does not record it. */
export function compareTool(locked: LockedTool | undefined, tool: LockedTool): readonly ToolChange[] {
  const [old, now] = [locked === undefined ? {} : toolToData(locked), toolToData(tool)];
  return (["image_format", "server"] as const).flatMap((key) => {
    if (key === "server" && locked?.server?.digest === tool.server?.digest) return [];
    const [before, after] = [old[key]?.toString(), now[key]?.toString()];
    return before === after ? [] : [{ key, before, after }];
  });
}
