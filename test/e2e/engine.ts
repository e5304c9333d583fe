import { execa, execaSync } from "execa";

/** The docker client's answer, from the engine of the rig. */
export async function docker(args: readonly string[], input = ""): Promise<string> {
  return (await execa("docker", args, { input, timeout: 120_000 })).stdout;
}

export type ImageDetails = {
  readonly Id: string;
  readonly RootFS: { readonly Layers: readonly string[] };
  readonly Config: {
    readonly Env: readonly string[];
    readonly Labels: Readonly<Record<string, string>>;
    readonly User: string;
    readonly Cmd: readonly string[];
  };
};

/** What the engine has under a reference; undefined where it has nothing. */
export async function inspectImage(reference: string): Promise<ImageDetails | undefined> {
  const asked = await execa("docker", ["image", "inspect", reference], { reject: false, timeout: 60_000 });
  return asked.exitCode === 0 ? (JSON.parse(asked.stdout) as ImageDetails[])[0] : undefined;
}

/** The engine's image of a reference, which must be there. */
export async function demandImage(reference: string): Promise<ImageDetails> {
  const image = await inspectImage(reference);
  if (image === undefined) throw new Error(`the engine has no ${reference}`);
  return image;
}

/** Ids of containers of a role, of packages whose name begins so: a container has its image's labels. */
export async function findContainers(prefix: string, role: "test" | "service"): Promise<readonly string[]> {
  const format = '{{.ID}} {{.Label "org.opencontainers.image.title"}}';
  const filter = `label=org.mlpackage.role=${role}`;
  const found = lines(await docker(["ps", "--all", "--filter", filter, "--format", format]));
  return found.filter((line) => line.split(" ")[1]?.startsWith(prefix));
}

/** What a command prints in a container of an image that is gone afterwards. */
export async function runIn(image: string, command: readonly string[]): Promise<string> {
  return docker(["run", "--rm", image, ...command]);
}

/** Removes every container and image of packages whose name begins so. Synchronous, for the end of a process. */
export function removeAllOf(prefix: string): void {
  const ask = (...args: string[]) => execaSync("docker", args, { reject: false, timeout: 60_000 }).stdout;
  const named = (line: string) => line.includes(prefix);
  const containers = lines(ask("ps", "--all", "--no-trunc", "--format", "{{.ID}} {{.Image}} {{.Labels}}"));
  for (const line of containers.filter(named)) ask("rm", "--force", "--volumes", line.split(" ")[0] ?? "");
  const tags = lines(ask("images", "--format", "{{.Repository}}:{{.Tag}}"));
  for (const tag of tags.filter(named)) ask("rmi", "--force", tag);
  // What a build left under no name is known by the title in its labels.
  const ids = lines(
    ask("images", "--all", "--quiet", "--no-trunc", "--filter", "label=org.opencontainers.image.title"),
  );
  for (const id of new Set(ids)) {
    const title = ask(
      "image",
      "inspect",
      "--format",
      '{{index .Config.Labels "org.opencontainers.image.title"}}',
      id,
    );
    if (named(title)) ask("rmi", "--force", id);
  }
}

function lines(text: string): readonly string[] {
  return text.split("\n").filter((line) => line !== "");
}
