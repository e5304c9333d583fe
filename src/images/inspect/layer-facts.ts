import type { Digest } from "../../model/digest.ts";

/** One thing that a layer says of the image, by the path that says it, relative to the root of the image. */
export type Fact = { readonly path: string } & (
  | { readonly kind: "python" | "conda"; readonly name: string; readonly version: string }
  /** A whole database of packages. */
  | {
      readonly kind: "system";
      readonly packages: readonly { readonly name: string; readonly version: string }[];
    }
  | FileFact
  | { readonly kind: "server"; readonly version: string }
  /** Takes away what layers below have there, or below there. */
  | { readonly kind: "removal"; readonly isOfContents: boolean }
);

export type FileFact = {
  readonly kind: "model-file" | "code";
  readonly size: number;
  readonly digest?: Digest;
  /** Of short files of code that are text. */
  readonly text?: string;
};

export type LayerFacts = {
  readonly facts: readonly Fact[];
  /** Of the tar; absent where the layer was not read to its end. */
  readonly diffId?: Digest;
  /** What could not be understood, a phrase each. */
  readonly unread: readonly string[];
};

const MODELS = "var/azureml-app/azureml-models/";
const CODE = "var/azureml-app/";

/** What a file of a layer is to us. */
export type Interest =
  | { readonly kind: "python" | "system" | "server" | "code" | "model-file" }
  | { readonly kind: "conda"; readonly name: string; readonly version: string }
  | { readonly kind: "removal"; readonly path: string; readonly isOfContents: boolean };

/** Undefined for what tells nothing: most of an image. */
export function interestIn(path: string): Interest | undefined {
  const name = path.slice(path.lastIndexOf("/") + 1);
  const folder = path.slice(0, Math.max(0, path.length - name.length - 1));
  if (name === ".wh..wh..opq") return { kind: "removal", path: folder, isOfContents: true };
  if (name.startsWith(".wh."))
    return {
      ...{ kind: "removal", isOfContents: false },
      path: `${folder}${folder === "" ? "" : "/"}${name.slice(".wh.".length)}`,
    };
  if (path.startsWith(MODELS)) return { kind: "model-file" };
  if (path.startsWith(CODE)) return { kind: "code" };
  if (path === "opt/mlpackage/runtime/mlpackage_runtime/version.py") return { kind: "server" };
  if (SYSTEM_DATABASES.has(path) || STATUS_FILE.test(path)) return { kind: "system" };
  if (PYTHON_METADATA.test(path) && !path.includes("/_vendor/")) return { kind: "python" };
  const [, conda, version] = CONDA_RECORD.exec(path) ?? [];
  return conda === undefined || version === undefined ? undefined : { kind: "conda", name: conda, version };
}

const SYSTEM_DATABASES: ReadonlySet<string> = new Set(["var/lib/dpkg/status", "lib/apk/db/installed"]);

/** Images without a shell have a file a package. */
const STATUS_FILE = /^var\/lib\/dpkg\/status\.d\/[^/]+(?<!\.md5sums)$/;

const PYTHON_METADATA = /(?:\.dist-info\/METADATA|\.egg-info\/PKG-INFO|\.egg-info)$/;

/** conda's own name for the record: name, version and build. */
const CONDA_RECORD = /(?:^|\/)conda-meta\/([^/]+)-([^/-]+)-[^/-]+\.json$/;

/** A model's file by the model, its version and the path in there. */
export function modelPathOf(
  path: string,
): { readonly name: string; readonly version: string; readonly path: string } | undefined {
  const [name, version, ...rest] = path.slice(MODELS.length).split("/");
  if (!path.startsWith(MODELS) || name === undefined || version === undefined) return undefined;
  return { name, version, path: rest.join("/") };
}

/** The path of a file of the code, below the folder of the service. */
export function codePathOf(path: string): string {
  return path.slice(CODE.length);
}
