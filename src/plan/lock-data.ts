import { isCondaAddress } from "../model/conda-archive.ts";
import { isDigest } from "../model/digest.ts";
import type {
  LockedConda,
  LockedCondaPackage,
  LockedContent,
  LockedImage,
  LockedModel,
  LockedPackages,
  LockedPythonPackage,
  LockedServer,
  LockedTool,
  LockFile,
} from "../model/lock-file.ts";
import type { Serializable, SerializableRecord } from "../model/serializable.ts";

/** Raised when the same lock would mean something else. */
const LOCK_VERSION = 1;

/** A lock as the plain data that its file holds: sorted, and a line for each thing that is pinned. */
export function lockToData({
  mlpackage,
  baseImage,
  models,
  environment,
  conda,
}: LockFile): SerializableRecord {
  return {
    version: LOCK_VERSION,
    ...(mlpackage && { mlpackage: toolToData(mlpackage) }),
    ...(baseImage && { base_image: { image: baseImage.image, digest: baseImage.digest } }),
    ...(Object.keys(models).length > 0 && { models: mapSorted(models, modelToData) }),
    ...(environment && {
      environment: {
        asked: {
          system_packages: environment.asked.systemPackages,
          python: environment.asked.python,
        },
        platforms: mapSorted(environment.platforms, packagesToData),
      },
    }),
    ...(conda && {
      conda: { asked: conda.asked, platforms: mapSorted(conda.platforms, condaToData) },
    }),
  };
}

/** The server's version and digest are one pin. */
export function toolToData({ imageFormat, server }: LockedTool): SerializableRecord {
  return {
    image_format: imageFormat,
    ...(server && { server: `${server.version} ${server.digest}` }),
  };
}

function modelToData({ source, include, exclude, revision, files }: LockedModel): SerializableRecord {
  return {
    source,
    ...(include && { include: [...include] }),
    ...(exclude && { exclude: [...exclude] }),
    ...(revision && { revision: mapSorted(revision, (text) => text) }),
    files: mapSorted(files, ({ digest, size }) => `${digest} ${size}`),
  };
}

function packagesToData({ systemPackages, python }: LockedPackages): SerializableRecord {
  return {
    ...(Object.keys(systemPackages).length > 0 && {
      system_packages: mapSorted(systemPackages, (version) => version),
    }),
    ...(python.length > 0 && {
      python: mapSorted(
        Object.fromEntries(python.map((one) => [one.name, one])),
        ({ version, digest, url }) => [version, digest, ...(url === undefined ? [] : [url])].join(" "),
      ),
    }),
  };
}

function condaToData(packages: readonly LockedCondaPackage[]): SerializableRecord {
  return mapSorted(
    Object.fromEntries(packages.map((one) => [one.name, one])),
    ({ url, digest, size }) => `${url} ${digest} ${size}`,
  );
}

function mapSorted<T>(
  values: Readonly<Record<string, T>>,
  write: (value: T) => Serializable,
): SerializableRecord {
  const sorted = Object.entries(values).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(sorted.map(([key, value]) => [key, write(value)]));
}

/** Something in a lock that no lock of ours has: where, and what should stand there. */
export class BadLock extends Error {
  readonly pointer: string;
  constructor(pointer: string, message: string) {
    super(message);
    this.pointer = pointer;
  }
}

/** The lock that plain data stand for; it may have been written by anybody. Throws a `BadLock`. */
export function lockFromData(data: Serializable): LockFile {
  const root = recordAt(data, "");
  if (root.version !== LOCK_VERSION)
    throw new BadLock("/version", `it must be ${LOCK_VERSION}: another mlpackage wrote this lock`);
  const { mlpackage, models = {}, base_image: baseImage, environment, conda } = root;
  refuseOthers(root, "", ["version", "mlpackage", "base_image", "models", "environment", "conda"]);
  return {
    ...(mlpackage !== undefined && { mlpackage: toolFrom(mlpackage) }),
    ...(baseImage !== undefined && { baseImage: imageFrom(baseImage) }),
    models: mapRecord(models, "/models", modelFrom),
    ...(environment !== undefined && { environment: environmentFrom(environment) }),
    ...(conda !== undefined && { conda: condaFrom(conda) }),
  };
}

function toolFrom(data: Serializable): LockedTool {
  const { image_format: imageFormat, server } = recordOf(data, "/mlpackage", ["image_format", "server"]);
  if (typeof imageFormat !== "number" || !Number.isSafeInteger(imageFormat) || imageFormat < 1)
    throw new BadLock("/mlpackage/image_format", "must be a whole number above 0");
  return { imageFormat, ...(server !== undefined && { server: serverFrom(server) }) };
}

/** A version as npm has it, and nothing that could be more than a word where somebody types it. */
const TOOL_VERSION = /^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$/;

function serverFrom(data: Serializable): LockedServer {
  const pointer = "/mlpackage/server";
  const [version = "", digest, ...rest] = textAt(data, pointer).split(" ");
  if (!TOOL_VERSION.test(version) || rest.length > 0)
    throw new BadLock(pointer, "must be a version and a digest");
  return { version, digest: digestAt(digest, pointer) };
}

/** Which mlpackage wrote a lock, if that can be read of it whatever else it has. */
export function writerOfLock(data: Serializable): string | undefined {
  try {
    const { mlpackage } = recordAt(data, "");
    return serverFrom(recordAt(mlpackage, "/mlpackage").server ?? "").version;
  } catch (error) {
    if (error instanceof BadLock) return undefined;
    throw error;
  }
}

function imageFrom(data: Serializable): LockedImage {
  const { image, digest } = recordOf(data, "/base_image", ["image", "digest"]);
  return {
    image: textAt(image, "/base_image/image"),
    digest: digestAt(digest, "/base_image/digest"),
  };
}

function modelFrom(data: Serializable, pointer: string): LockedModel {
  const keys = ["source", "include", "exclude", "revision", "files"];
  const { source, include, exclude, revision, files } = recordOf(data, pointer, keys);
  return {
    source: textAt(source, `${pointer}/source`),
    ...(include !== undefined && { include: textsAt(include, `${pointer}/include`) }),
    ...(exclude !== undefined && { exclude: textsAt(exclude, `${pointer}/exclude`) }),
    ...(revision !== undefined && { revision: mapRecord(revision, `${pointer}/revision`, textAt) }),
    files: safeFiles(mapRecord(files, `${pointer}/files`, contentFrom), `${pointer}/files`),
  };
}

function contentFrom(data: Serializable, pointer: string): LockedContent {
  const [digest = "", size = "", ...rest] = textAt(data, pointer).split(" ");
  if (!/^\d{1,15}$/.test(size) || rest.length > 0)
    throw new BadLock(pointer, "must be a digest and a size in bytes");
  return { digest: digestAt(digest, pointer), size: Number(size) };
}

function environmentFrom(data: Serializable): NonNullable<LockFile["environment"]> {
  const { asked: written, platforms } = recordOf(data, "/environment", ["asked", "platforms"]);
  const asked = recordOf(written, "/environment/asked", ["system_packages", "python"]);
  return {
    asked: {
      systemPackages: digestAt(asked.system_packages, "/environment/asked/system_packages"),
      python: digestAt(asked.python, "/environment/asked/python"),
    },
    platforms: mapRecord(platforms, "/environment/platforms", packagesFrom),
  };
}

function packagesFrom(data: Serializable, pointer: string): LockedPackages {
  const known = ["system_packages", "python"];
  const { system_packages: systemPackages = {}, python = {} } = recordOf(data, pointer, known);
  return {
    systemPackages: mapRecord(systemPackages, `${pointer}/system_packages`, versionFrom),
    python: Object.values(mapRecord(python, `${pointer}/python`, pythonFrom)),
  };
}

function condaFrom(data: Serializable): LockedConda {
  const { asked, platforms } = recordOf(data, "/conda", ["asked", "platforms"]);
  return {
    asked: digestAt(asked, "/conda/asked"),
    platforms: mapRecord(platforms, "/conda/platforms", (packages, pointer) =>
      Object.values(mapRecord(packages, pointer, condaPackageFrom)),
    ),
  };
}

/** The name of an archive ends with a version and a build, which have no hyphen. */
function condaPackageFrom(data: Serializable, pointer: string, name: string): LockedCondaPackage {
  const [url = "", digest = "", size = "", ...rest] = textAt(data, pointer).split(" ");
  const isRight = /^\d{1,15}$/.test(size) && isCondaAddress(url, name) && rest.length === 0;
  if (!isRight) throw new BadLock(pointer, "must be a package's address, its digest and its size in bytes");
  return { name, url, digest: digestAt(digest, pointer), size: Number(size) };
}

/** What apt and pip are handed must look like a name or a version: a lock may not add an option to their call. */
const DEBIAN_NAME = /^[a-z0-9][a-z0-9+.-]*(:[a-z0-9]+)?$/;
/** No version ends with a hyphen, and with one apt would remove the package. */
const DEBIAN_VERSION = /^[A-Za-z0-9][A-Za-z0-9.+~:-]*(?<!-)$/;
const PYTHON_NAME = /^[a-z0-9]+(-[a-z0-9]+)*$/;
const PYTHON_VERSION = /^[A-Za-z0-9][A-Za-z0-9.!+_-]*$/;
/** Without a user or a query, and without a `$`: of `${NAME}` pip makes what the base image has under that name. */
const URL_TEXT = /^https?:\/\/(?![^/]*@)[!#%&(->@-[\]-~]+$/;

function versionFrom(data: Serializable, pointer: string, name: string): string {
  const version = textAt(data, pointer);
  if (DEBIAN_NAME.test(name) && DEBIAN_VERSION.test(version)) return version;
  throw new BadLock(pointer, "must be a package's name and version");
}

function pythonFrom(data: Serializable, pointer: string, name: string): LockedPythonPackage {
  const [version = "", digest = "", url, ...rest] = textAt(data, pointer).split(" ");
  const isRight = PYTHON_NAME.test(name) && PYTHON_VERSION.test(version) && rest.length === 0;
  if (!isRight || (url !== undefined && !(URL_TEXT.test(url) && URL.canParse(url))))
    throw new BadLock(pointer, "must be a version and a digest");
  return { name, version, digest: digestAt(digest, pointer), ...(url !== undefined && { url }) };
}

function mapRecord<T>(
  data: Serializable | undefined,
  pointer: string,
  read: (value: Serializable, pointer: string, key: string) => T,
): Readonly<Record<string, T>> {
  return Object.fromEntries(
    Object.entries(recordAt(data, pointer)).map(([key, value]) => [
      key,
      read(value ?? null, memberOf(pointer, key), key),
    ]),
  );
}

/** A record that has these keys and no others. */
function recordOf(
  data: Serializable | undefined,
  pointer: string,
  known: readonly string[],
): SerializableRecord {
  const record = recordAt(data, pointer);
  refuseOthers(record, pointer, known);
  return record;
}

function recordAt(data: Serializable | undefined, pointer: string): SerializableRecord {
  if (typeof data === "object" && data !== null && !Array.isArray(data)) return data as SerializableRecord;
  throw new BadLock(pointer, "must be a mapping");
}

function textAt(data: Serializable | undefined, pointer: string): string {
  if (typeof data === "string") return data;
  throw new BadLock(pointer, "must be a text");
}

/** They become paths in the image and in saved folders, whoever wrote the lock. */
function safeFiles(files: LockedModel["files"], pointer: string): LockedModel["files"] {
  const plain = Object.keys(files).find((path) => /^\/|(?:^|\/)\.{0,2}(?:\/|$)|[\0\\]/.test(path));
  if (plain !== undefined) throw new BadLock(memberOf(pointer, plain), "is no path inside of a model");
  return files;
}

function textsAt(data: Serializable, pointer: string): readonly string[] {
  if (!Array.isArray(data)) throw new BadLock(pointer, "must be a list");
  return data.map((text, index) => textAt(text, `${pointer}/${index}`));
}

function digestAt(data: Serializable | undefined, pointer: string) {
  if (isDigest(data)) return data;
  throw new BadLock(pointer, "must be `sha256:` and 64 hexadecimal digits");
}

function memberOf(pointer: string, key: string): string {
  return `${pointer}/${key.replaceAll("~", "~0").replaceAll("/", "~1")}`;
}

function refuseOthers(record: SerializableRecord, pointer: string, known: readonly string[]): void {
  const other = Object.keys(record).find((key) => !known.includes(key));
  if (other !== undefined) throw new BadLock(memberOf(pointer, other), "is nothing that a lock has");
}
