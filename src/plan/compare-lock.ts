import type { BaseImageConfig, Config, ModelConfig } from "../model/config.ts";
import { canonicalJson, type Digest, digestOfValue } from "../model/digest.ts";
import type {
  AskedPackages,
  LockedConda,
  LockedCondaPlatforms,
  LockedEnvironment,
  LockedModel,
  LockFile,
} from "../model/lock-file.ts";
import type { Serializable } from "../model/serializable.ts";
import type { Pin } from "../model/source.ts";
import type { BasePin, ImagePin, PinnedPackages, Pins } from "./pins.ts";

/** Where a configuration asks for something that its lock does not answer, and what. */
export type Unlocked = { readonly pointer: string; readonly message: string };

/** What a configuration asks for that has to be installed, and so to be resolved in the base image itself. */
export function askedOf(
  config: Config,
  pins: Pick<Pins, "base" | "requirements" | "findLinks">,
): AskedPackages {
  const { environment, inference, baseImage } = config;
  const systemPackages = digestOfValue(
    asData({
      baseImage,
      base: baseAsked(pins.base, config),
      systemPackages: environment.systemPackages.toSorted(),
    }),
  );
  const { requirements, findLinks } = pins;
  const isServed = inference.kind === "script";
  const python = digestOfValue(
    asData({
      systemPackages,
      python: environment.python,
      // What conda brings, pip finds installed.
      conda: environment.conda,
      requirements,
      findLinks,
      isServed,
    }),
  );
  return { systemPackages, python };
}

/** A context that holds the code changes with every line of it, and hardly ever what is installed: then the text has to do. */
function baseAsked(base: BasePin, { baseImage, inference }: Config): object {
  if (base.kind !== "dockerfile" || baseImage.kind !== "dockerfile") return base;
  const { sourceDirectory = "" } = inference;
  const holdsCode = baseImage.context === "." || `${sourceDirectory}/`.startsWith(`${baseImage.context}/`);
  return holdsCode ? { ...base, context: {} } : base;
}

/** The packages of a lock that still answer. */
export function packagesIn(
  locked: LockedEnvironment | undefined,
  asked: AskedPackages,
  platforms: readonly string[],
): PinnedPackages {
  if (locked === undefined) return {};
  const known = platforms.flatMap((platform) => {
    const packages = ownMember(locked.platforms, platform);
    return packages === undefined ? [] : [[platform, packages] as const];
  });
  if (known.length === 0) return {};
  const isWhole = known.length === platforms.length;
  if (locked.asked.python === asked.python)
    return isWhole ? { all: Object.fromEntries(known) } : { some: Object.fromEntries(known) };
  const isSystemKnown = isWhole && locked.asked.systemPackages === asked.systemPackages;
  return isSystemKnown ? { system: Object.fromEntries(known) } : {};
}

/** What a configuration asks of conda; undefined where that is nothing. */
export function askedOfConda({ environment }: Config): Digest | undefined {
  const { conda } = environment;
  return conda && digestOfValue(asData(conda));
}

/** The packages of conda that a lock has for these platforms, if it still answers. */
export function condaIn(
  locked: LockedConda | undefined,
  asked: Digest | undefined,
  platforms: readonly string[],
): LockedCondaPlatforms {
  if (locked === undefined || locked.asked !== asked) return {};
  return Object.fromEntries(
    platforms.flatMap((platform) => {
      const packages = ownMember(locked.platforms, platform);
      return packages === undefined ? [] : [[platform, packages] as const];
    }),
  );
}

/** The platforms that a package is built for. */
export function platformsOf({ build }: Config, { platform }: Pick<Pins, "platform">): readonly string[] {
  return build.platforms.length > 0 ? build.platforms : [platform];
}

/** Whether conda is asked for something that the lock does not say. */
export function isCondaUnlocked(config: Config, pins: Pick<Pins, "conda" | "platform">): boolean {
  if (config.environment.conda === undefined) return false;
  return platformsOf(config, pins).some((platform) => !Object.hasOwn(pins.conda, platform));
}

/** All that a lock does not answer. */
export function findUnlocked(
  config: Config,
  pins: Pins,
  lock: LockFile | undefined,
  lockName: string,
): readonly Unlocked[] {
  if (lock === undefined) return [{ pointer: "", message: `there is no \`${lockName}\`` }];
  return [
    ...findUnlockedBase(config.baseImage, pins.base, lock),
    ...config.models.flatMap((model, index) => findUnlockedModel(model, pins.models[index], lock)),
    ...findForgottenModels(config.models, lock),
    ...findUnlockedConda(config, pins, lock),
    ...findUnlockedPackages(config, pins, lock),
  ];
}

function findUnlockedBase(
  baseImage: BaseImageConfig,
  base: BasePin,
  { baseImage: locked }: LockFile,
): readonly Unlocked[] {
  const pointer = "/base_image";
  if (baseImage.kind !== "image" || base.kind !== "image") {
    return locked === undefined
      ? []
      : [{ pointer, message: "the base is an image in the lock, and none in the file" }];
  }
  if (locked === undefined)
    return isLockable(base) ? [{ pointer, message: `\`${baseImage.image}\` is not in the lock` }] : [];
  if (locked.image !== baseImage.image)
    return [
      { pointer, message: `the base image is \`${baseImage.image}\`, and \`${locked.image}\` in the lock` },
    ];
  return locked.digest === base.digest
    ? []
    : [{ pointer, message: `\`${baseImage.image}\` has another digest than in the lock` }];
}

/** An image that was built here may have no digest that anybody, the engine included, finds it by. */
export function isLockable({ reference }: ImagePin): boolean {
  return reference.includes("@");
}

function findUnlockedModel(model: ModelConfig, pin: Pin | undefined, lock: LockFile): readonly Unlocked[] {
  const { name, source, pointer } = model;
  const locked = ownMember(lock.models, name);
  if (locked === undefined) return [{ pointer, message: `the model \`${name}\` is not in the lock` }];
  if (locked.source !== publicSource(source))
    return [
      { pointer: `${pointer}/source`, message: `\`${name}\` comes from \`${locked.source}\` in the lock` },
    ];
  const { include = [], exclude = [] } = locked;
  if (canonicalJson([include, exclude]) !== canonicalJson(choiceOf(model)))
    return [{ pointer, message: `\`include\` or \`exclude\` of \`${name}\` are others in the lock` }];
  if (lockedModelFor(model, lock) === undefined)
    return [{ pointer: `${pointer}/sha256`, message: `\`${name}\` has another digest in the lock` }];
  const files = filesOfPin(pin);
  if (files === undefined || digestOfValue(asData(files)) === digestOfValue(asData(locked.files))) return [];
  return [{ pointer, message: `the files of \`${name}\` are not those in the lock` }];
}

/** What the lock has of a model, if it is the one that the file asks for. */
export function lockedModelFor(model: ModelConfig, lock: LockFile | undefined): LockedModel | undefined {
  const { name, source, sha256 } = model;
  const locked = lock && ownMember(lock.models, name);
  if (locked?.source !== publicSource(source)) return undefined;
  const isChosenOtherwise =
    canonicalJson([locked.include ?? [], locked.exclude ?? []]) !== canonicalJson(choiceOf(model));
  if (isChosenOtherwise) return undefined;
  const digests = Object.values(locked.files).map(({ digest }) => digest);
  return sha256 === undefined || digests.includes(`sha256:${sha256}`) ? locked : undefined;
}

/** What is chosen of the source's files: what is chosen inside an archive is nothing to its source. */
export function choiceOf({
  include,
  exclude,
  unpack,
}: ModelConfig): readonly [include: readonly string[], exclude: readonly string[]] {
  return unpack ? [[], []] : [include, exclude];
}

/** A lock is for everybody to read, and whoever has a signed address may download. */
export function publicSource(source: string): string {
  const mark = source.indexOf("?");
  if (!source.includes("://") || mark < 0) return source;
  const [address, query] = [source.slice(0, mark), source.slice(mark + 1)];
  const kept = query.split("&").filter((pair) => !SIGNATURE.test(pair));
  return kept.length === 0 ? address : `${address}?${kept.join("&")}`;
}

/** Parts of a query that let somebody in, or say for how long: of Amazon, Google, Azure and what others call theirs. */
const SIGNATURE =
  /^(x-(amz|goog|ms)-.*|s[erptv]|spr|srt|sk(oid|tid|t|e|s|v)|[^=]*(sig|token|key|secret|password|credential|expires|policy|auth)[^=]*)=/i;

/** Not what every object has: a model may be called `constructor`. */
export function ownMember<T>(record: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}

/** What is known of a model's files before they are fetched; undefined where nothing is. */
export function filesOfPin(pin: Pin | undefined): LockedModel["files"] | undefined {
  const { files = {} } = (pin?.identity ?? {}) as { readonly files?: Partial<LockedModel["files"]> };
  const known = Object.entries(files).flatMap(([path, { digest, size } = {} as never]) =>
    digest === undefined || size === undefined ? [] : [[path, { digest, size }] as const],
  );
  return known.length === 0 || known.length < Object.keys(files).length
    ? undefined
    : Object.fromEntries(known);
}

function findForgottenModels(models: readonly ModelConfig[], lock: LockFile): readonly Unlocked[] {
  const names = new Set(models.map(({ name }) => name));
  return Object.keys(lock.models).flatMap((name) =>
    names.has(name)
      ? []
      : [{ pointer: "/models", message: `the lock has a model \`${name}\`, the file none` }],
  );
}

function findUnlockedConda(config: Config, pins: Pins, { conda }: LockFile): readonly Unlocked[] {
  const pointer = "/environment/conda";
  if (config.environment.conda === undefined)
    return conda === undefined
      ? []
      : [{ pointer: "/environment", message: "the lock has packages of conda, the file none" }];
  if (!isCondaUnlocked(config, pins)) return [];
  if (conda === undefined) return [{ pointer, message: "the packages of conda are not in the lock" }];
  if (conda.asked !== askedOfConda(config))
    return [{ pointer, message: "the packages that conda is asked for have changed" }];
  return [{ pointer, message: "the lock has no packages of conda for one of the platforms" }];
}

function findUnlockedPackages(config: Config, pins: Pins, { environment }: LockFile): readonly Unlocked[] {
  if (!isInstalling(config)) {
    const message = "the lock has packages to install, the file none";
    return environment === undefined ? [] : [{ pointer: "/environment", message }];
  }
  if (pins.packages.all !== undefined) return [];
  if (environment === undefined)
    return [{ pointer: "/environment", message: "the packages to install are not in the lock" }];
  const asked = askedOf(config, pins);
  if (environment.asked.systemPackages !== asked.systemPackages)
    return [
      {
        pointer: "/environment/system_packages",
        message: "the base image or the system packages have changed",
      },
    ];
  const { requirements } = config.environment.python;
  const pointer = ("list" in requirements && requirements.from?.pointer) || "/environment/python";
  if (environment.asked.python !== asked.python)
    return [{ pointer, message: "the Python packages that are asked for have changed" }];
  return [{ pointer: "/build/platforms", message: "the lock has no packages for one of the platforms" }];
}

/** Whether anything is asked for that may have to be installed. */
export function isInstalling(config: Config): boolean {
  return isPipAsked(config) || config.environment.systemPackages.length > 0;
}

/** Whether any of it is pip's to install. */
export function isPipAsked({ environment, inference }: Config): boolean {
  const { managed, requirements } = environment.python;
  const isAsked = inference.kind === "script" || !("list" in requirements) || requirements.list.length > 0;
  return managed && isAsked;
}

function asData(value: object): Serializable {
  return JSON.parse(JSON.stringify(value)) as Serializable;
}
