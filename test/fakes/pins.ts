import type { Config } from "../../src/model/config.ts";
import { digestOf } from "../../src/model/digest.ts";
import { IMAGE_FORMAT } from "../../src/model/image.ts";
import type { LockedTool, LockFile } from "../../src/model/lock-file.ts";
import type { Pin } from "../../src/model/source.ts";
import { askedOf, packagesIn } from "../../src/plan/compare-lock.ts";
import { type BasePin, type Pins, UNPINNED } from "../../src/plan/pins.ts";
import { readText } from "../config/read-fixture.ts";

/** What a lock has of this mlpackage. */
export const TOOL: LockedTool = {
  imageFormat: IMAGE_FORMAT,
  server: { version: "0.0.0", digest: digestOf("the server") },
};

/** A configuration that is right, less its name. */
export function configOf(yaml: string): Config {
  const read = readText(`name: demo\n${yaml}`);
  if (!read.ok) throw new Error(read.diagnostics.map(({ message }) => message).join("; "));
  return read.value;
}

/** What the world says of a configuration; a lock may have its packages. */
export function pinsOf(config: Config, world: Partial<Pins> = {}, lock?: LockFile): Pins {
  const pinned = {
    ...UNPINNED,
    models: config.models.map(({ name, source }) => modelPin(name, source)),
    base: basePinOf(config),
    platform: "linux/amd64",
    ...world,
  };
  const { platforms } = config.build;
  const asked = askedOf(config, pinned);
  const wanted = platforms.length > 0 ? platforms : [pinned.platform];
  return { ...pinned, packages: packagesIn(lock?.environment, asked, wanted) };
}

/** One file of the package, or of a server that nobody has asked yet. */
export function modelPin(name: string, source: string, content = name): Pin {
  if (/^https?:/.test(source)) return { scheme: "http", identity: { url: source }, paths: [name] };
  const file = { digest: digestOf(content), size: content.length, mode: 0o644, origin: source };
  return { scheme: "file", identity: { files: { [name]: file } }, paths: [name] };
}

function basePinOf({ baseImage }: Config): BasePin {
  switch (baseImage.kind) {
    case "image": {
      const digest = digestOf("the base");
      return { kind: "image", reference: `${baseImage.image}@${digest}`, digest };
    }
    case "oci-layout":
      return { kind: "oci-layout", path: baseImage.path, digest: digestOf("the base") };
    case "dockerfile":
      return { kind: "dockerfile", dockerfile: {}, context: {} };
  }
}
