import { execa } from "execa";

/** Another tool, if this machine has it; that it was not run is told. */
export async function findTool(
  name: "skopeo" | "crane" | "cosign" | "oras" | "docker-compose" | "pre-commit",
) {
  const known = await execa(name, ["--help"], { reject: false });
  if (known.failed) {
    process.stdout.write(`not run, for want of ${name}\n`);
    return undefined;
  }
  return async (...args: readonly string[]): Promise<string> => {
    const { stdout } = await execa(name, args, { timeout: 60_000, maxBuffer: 1e9 });
    return stdout;
  };
}
