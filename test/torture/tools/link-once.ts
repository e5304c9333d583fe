import { symlink } from "node:fs/promises";

/** A link, which may be there already. */
export async function linkOnce(target: string, place: string): Promise<void> {
  await symlink(target, place).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "EEXIST") throw error;
  });
}
