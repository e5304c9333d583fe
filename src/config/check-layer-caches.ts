import { locate } from "../document/locate.ts";
import type { Config, LayerCacheConfig } from "../model/config.ts";
import { type Diagnostic, errorDiagnostic } from "../model/diagnostic.ts";
import type { Document } from "../model/document.ts";
import { nearest } from "./nearest.ts";
import { listed, pathName, quoted, type Wording } from "./words.ts";

/** What BuildKit lets one say of a kind of cache; what nobody knows it would pass over in silence. */
type Kind = {
  readonly required: { readonly from: readonly string[]; readonly to: readonly string[] };
  readonly known: { readonly from: readonly string[]; readonly to: readonly string[] };
  /** What lets somebody in, and where it is taken from instead. */
  readonly credentials: readonly string[];
  readonly instead?: string;
};

const WRITTEN = ["mode", "ignore-error"];
const OCI = ["oci-mediatypes", "image-manifest"];
const S3 = ["region", "bucket", "name", "prefix", "blobs_prefix", "manifests_prefix", "endpoint_url"];
const GHA = ["scope", "url", "url_v2", "version", "timeout", "repository"];
const AZBLOB = ["account_url", "account_name", "container", "name", "prefix", "blobs_prefix"];

const KINDS: Readonly<Record<string, Kind>> = {
  registry: {
    required: { from: ["ref"], to: ["ref"] },
    known: { from: ["ref"], to: ["ref", ...WRITTEN, ...OCI] },
    credentials: [],
  },
  local: {
    required: { from: ["src"], to: ["dest"] },
    known: { from: ["src", "digest", "tag"], to: ["dest", "tag", ...WRITTEN, ...OCI] },
    credentials: [],
  },
  gha: {
    required: { from: [], to: [] },
    known: { from: GHA, to: [...GHA, ...WRITTEN] },
    credentials: ["token", "ghtoken"],
    instead: "remove it: it is read from `ACTIONS_RUNTIME_TOKEN`, which a step of the workflow has to export",
  },
  s3: {
    required: { from: ["region", "bucket"], to: ["region", "bucket"] },
    known: { from: [...S3, "use_path_style"], to: [...S3, "use_path_style", ...WRITTEN] },
    credentials: ["access_key_id", "secret_access_key", "session_token"],
    instead: "remove them, and set `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` and `AWS_SESSION_TOKEN`",
  },
  azblob: {
    required: { from: [], to: [] },
    known: { from: AZBLOB, to: [...AZBLOB, ...WRITTEN] },
    credentials: ["secret_access_key"],
    instead: "remove it, and give it to the builder as an environment variable",
  },
};

const REFERENCE =
  /^(?:(?:[A-Za-z0-9.-]+|\[[0-9a-fA-F:]+\])(?::[0-9]+)?\/)?[a-z0-9]+(?:[._/-]+[a-z0-9]+)*(?::[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?(?:@sha256:[0-9a-f]{64})?$/;

type Direction = "from" | "to";

/** Caches that buildx would refuse in words of its own, or pass over without a word. */
export function checkLayerCaches({ build }: Config, document: Document): readonly Diagnostic[] {
  const check = (direction: Direction) => (cache: LayerCacheConfig) => {
    const { pointer } = cache;
    const subject = `\`${pathName(pointer)}\``;
    return problemsOf(cache, direction).map(({ code, message, hint }) =>
      errorDiagnostic(code, `${subject} ${message}`, {
        location: locate(document, pointer),
        path: pointer,
        ...(hint !== undefined && { hint }),
      }),
    );
  };
  return [...build.cacheFrom.flatMap(check("from")), ...build.cacheTo.flatMap(check("to"))];
}

function problemsOf(cache: LayerCacheConfig, direction: Direction): readonly Wording[] {
  const kind = Object.hasOwn(KINDS, cache.type) ? KINDS[cache.type] : undefined;
  if (kind === undefined) return [wordType(cache, direction)];
  return [
    ...kind.required[direction].filter((name) => !cache.attributes[name]).map(wordMissing),
    ...Object.entries(cache.attributes).flatMap(([name, value]) => {
      if (kind.credentials.includes(name)) return [wordCredential(name, kind)];
      if (/^(force-)?compression(-level)?$/.test(name)) return [wordCompression(name)];
      const known = kind.known[direction];
      if (!known.includes(name)) return [wordUnknown(name, known)];
      // What is required has been told.
      if (value === "" && kind.required[direction].includes(name)) return [];
      return checkValue(name, value) ?? [];
    }),
  ];
}

function wordType({ type }: LayerCacheConfig, direction: Direction): Wording {
  const kinds = Object.keys(KINDS);
  if (type === "inline") {
    const message =
      direction === "to"
        ? "cannot be `inline`: mlpackage assembles the image itself, and an inline cache would be lost"
        : "cannot be `inline`: that type can only be written";
    return { code: "config/unknown-value", message, hint: "write `type=registry,ref=...`" };
  }
  if (type === "")
    return {
      code: "config/missing-key",
      message: `needs a \`type\`: ${listed(kinds, "or")}`,
      hint: `write \`type=${kinds[0]},...\``,
    };
  const near = nearest(type, kinds);
  const message = `must have the type ${listed(kinds, "or")}, not ${quoted(type)}`;
  return {
    code: "config/unknown-value",
    message,
    hint: near === undefined ? `write \`type=${kinds[0]}\`` : `did you mean \`${near}\`?`,
  };
}

function wordMissing(name: string): Wording {
  return { code: "config/missing-key", message: `needs \`${name}\``, hint: `add \`,${name}=...\`` };
}

function wordCredential(name: string, { instead }: Kind): Wording {
  return {
    code: "config/bad-value",
    message: `must not hold credentials, such as \`${name}\``,
    hint: instead,
  };
}

/** And estargz ends the daemon of Docker 28. */
function wordCompression(name: string): Wording {
  const message = `cannot have \`${name}\`: layers that come back with different bytes would make a different image`;
  return {
    code: "config/bad-value",
    message,
    hint: "remove it: layers are cached exactly as they are in the image",
  };
}

function wordUnknown(name: string, known: readonly string[]): Wording {
  const near = nearest(name, known);
  const hint = near === undefined ? `there are ${listed(known, "and")}` : `did you mean \`${near}\`?`;
  return { code: "config/unknown-key", message: `has an unknown attribute ${quoted(name)}`, hint };
}

type WordBad = (message: string, hint: string) => readonly Wording[];

function checkValue(name: string, value: string): readonly Wording[] | undefined {
  const bad: WordBad = (message, hint) => [{ code: "config/bad-value", message, hint }];
  if (value === "") return bad(`has \`${name}\` without a value`, `write \`${name}=...\`, or remove it`);
  switch (name) {
    case "ref":
      return REFERENCE.test(value)
        ? undefined
        : bad("must have an image reference as `ref`", "write `ref=registry.example.com/team/cache:1`");
    case "src":
    case "dest":
      return checkPlace(name, value, bad);
    case "mode":
      return /^(min|max)$/.test(value)
        ? undefined
        : bad("must have the `mode` `min` or `max`", "write `mode=max`");
    default:
      return undefined;
  }
}

function checkPlace(name: string, value: string, bad: WordBad): readonly Wording[] | undefined {
  const isInside = !/^(?:[/~]|[A-Za-z]:)|(?:^|\/)\.\.(?:\/|$)|\\/.test(value);
  if (!isInside)
    return bad(`must have a folder inside the package as \`${name}\``, `write \`${name}=.cache\``);
  return value === "."
    ? bad(`must have a folder of its own as \`${name}\``, `write \`${name}=.cache\``)
    : undefined;
}
