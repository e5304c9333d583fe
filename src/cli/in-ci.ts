import type { Host } from "../model/host.ts";

/** Whether this is continuous integration, as it says so everywhere. */
export function isInCI({ CI = "" }: Host["environment"]): boolean {
  return !["", "0", "false"].includes(CI.toLowerCase());
}
