import { createHash } from "node:crypto";
import { execa } from "execa";
import { extract } from "tar-stream";
import { docker } from "./engine.ts";

/** What docker puts into every container. */
const DOCKERS_OWN = /^(\.dockerenv|etc\/(hostname|hosts|resolv\.conf|mtab)|(dev|proc|sys)(\/.*)?)$/;

/** Path → type, mode, owner, what a link leads to, and the digest of a file's bytes; of a folder's file system as a container has it. */
export async function readImageTree(image: string): Promise<ReadonlyMap<string, string>> {
  const container = await docker(["create", image, "nothing-that-is-run"]);
  try {
    const exported = execa("docker", ["export", container], { stdout: "pipe", buffer: false });
    const tree = await readTarTree(exported.stdout);
    await exported;
    return tree;
  } finally {
    await docker(["rm", container]);
  }
}

/** As `readImageTree`, of a tar. */
export async function readTarTree(archive: NodeJS.ReadableStream): Promise<ReadonlyMap<string, string>> {
  const reader = extract();
  archive.pipe(reader);
  const tree = new Map<string, string>();
  for await (const entry of reader) {
    const { name, type, mode = 0, uid, gid, linkname } = entry.header;
    const hash = createHash("sha256");
    let size = 0;
    for await (const chunk of entry as AsyncIterable<Uint8Array>) {
      hash.update(chunk);
      size += chunk.length;
    }
    const path = name.replace(/^\.?\/+|\/$/g, "");
    if (path === "" || DOCKERS_OWN.test(path)) continue;
    const content = type === "file" ? ` ${size} ${hash.digest("hex")}` : "";
    const link = linkname ? ` → ${linkname}` : "";
    tree.set(path, `${type} ${mode.toString(8)} ${uid}:${gid}${link}${content}`);
  }
  return tree;
}

/** What two trees do not have in common, a line each. */
export function differencesOf(
  one: ReadonlyMap<string, string>,
  other: ReadonlyMap<string, string>,
): readonly string[] {
  const paths = [...new Set([...one.keys(), ...other.keys()])].sort();
  return paths.flatMap((path) => {
    const [here, there] = [one.get(path) ?? "nothing", other.get(path) ?? "nothing"];
    return here === there ? [] : [`${path}: ${here} | ${there}`];
  });
}
