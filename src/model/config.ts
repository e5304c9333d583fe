import type { Serializable, SerializableRecord } from "./serializable.ts";

/**
 * The configuration as it runs: every default filled in, every shorthand written out, every duration in milliseconds.
 * Paths are relative to `directory` and use forward slashes. `pointer` is the JSON pointer of the thing in the file.
 */
export type Config = {
  /** The folder that holds the configuration file, absolute. */
  readonly directory: string;
  readonly name: string;
  readonly models: readonly ModelConfig[];
  readonly baseImage: BaseImageConfig;
  readonly environment: EnvironmentConfig;
  readonly inference: InferenceConfig;
  /** What a container of it is given where it runs. The image knows nothing of that, and no step does. */
  readonly resources?: ResourcesConfig;
  readonly build: BuildConfig;
  readonly tests: readonly TestConfig[];
  readonly outputs: readonly OutputConfig[];
};

export type ModelConfig = {
  readonly pointer: string;
  readonly name: string;
  readonly version: string;
  /** As written: a path, or a URI whose scheme names a source. */
  readonly source: string;
  readonly include: readonly string[];
  readonly exclude: readonly string[];
  /** 64 lower-case hexadecimal digits. */
  readonly sha256?: string;
  /** Whether its one file is an archive, and the model what is in that: `include` and `exclude` then choose in there. */
  readonly unpack: boolean;
};

export type BaseImageConfig =
  | { readonly kind: "image"; readonly image: string }
  | {
      readonly kind: "dockerfile";
      readonly dockerfile: string;
      readonly context: string;
      readonly target?: string;
      readonly buildArgs: Readonly<Record<string, string>>;
    }
  /** An OCI image layout: a folder, or a tar archive of one. */
  | { readonly kind: "oci-layout"; readonly path: string };

export type EnvironmentConfig = {
  readonly python: PythonConfig;
  /** What conda has to bring, where the file of the requirements asks for anything of it but Python and pip. */
  readonly conda?: CondaPackages;
  readonly systemPackages: readonly string[];
  readonly variables: Readonly<Record<string, string>>;
  /** `user` or `user:group`, names or numbers. */
  readonly user: string;
};

export type PythonConfig = {
  readonly requirements: RequirementsConfig;
  /** What the file of the requirements says of Python itself, as PEP 440 does. */
  readonly pythonVersions?: string;
  readonly indexUrl?: string;
  readonly extraIndexUrls: readonly string[];
  /** URLs, or folders of the package. */
  readonly findLinks: readonly string[];
  /** The Python of the base image: a name on its PATH, or an absolute path. */
  readonly interpreter: string;
  /** False where the base image already holds everything. */
  readonly managed: boolean;
};

/** Packages of conda that are asked for. */
export type CondaPackages = {
  /** Addresses without a slash at the end; what one has as it is asked for is not looked for in those after it. */
  readonly channels: readonly string[];
  /** As conda has them: `numpy=1.26`. */
  readonly specs: readonly string[];
  /** Of packages that may come from some of the channels alone: name → their addresses. */
  readonly from?: Readonly<Record<string, readonly string[]>>;
};

/** A path to a requirements file, or the requirement strings themselves. */
export type RequirementsConfig =
  | { readonly file: string }
  | {
      readonly list: readonly string[];
      /** Where they were written down in another format; before that is read the list is empty. */
      readonly from?: RequirementsSource;
    };

export type RequirementsSource = {
  readonly pointer: string;
  readonly path: string;
  readonly extras: readonly string[];
  readonly groups: readonly string[];
};

export type InferenceConfig = ScriptInference | CommandInference;

export type ScriptInference = {
  readonly kind: "script";
  /** Relative to `sourceDirectory`, or to our own scripts where that is none. */
  readonly entryScript: string;
  readonly sourceDirectory?: string;
  /** What the one model was taken for, where a script of ours serves it. */
  readonly modelFormat?: ModelFormat;
  /** Where that is a folder of MLflow's. */
  readonly mlflow?: MlflowModel;
  readonly port: number;
  readonly workers: number;
  readonly workerTimeoutMs: number;
  readonly scoringTimeoutMs: number;
};

/** What is served without a script of the user's. */
export type ModelFormat = "sklearn" | "mlflow" | "mlflow-python-function" | "onnx";

/** What an `MLmodel` says, as far as it matters to who serves the model. Paths begin with the model's folder in the image. */
export type MlflowModel = PickledModel | PythonFunction;

type MlflowFolder = {
  /** A folder of modules that the model needs. */
  readonly code?: string;
  /** The names in its signature, in their order; empty where that has none. */
  readonly columns: readonly string[];
};

/** A model of scikit-learn. */
export type PickledModel = MlflowFolder & {
  readonly pickle: string;
  /** What is called where a request does not say it. */
  readonly method: string;
};

/** A model that a module of its own loads, by its function `_load_pyfunc`. */
export type PythonFunction = MlflowFolder & {
  readonly loader: string;
  /** What the loader is given: a file or a folder. */
  readonly data: string;
  /** What else it is given, where the folder says so. */
  readonly config?: SerializableRecord;
  /** Those of `columns` that a request may leave out. */
  readonly optional: readonly string[];
  /** What is called of what it has loaded. */
  readonly method: string;
  /** For each of `columns`, a type of NumPy's. */
  readonly types: readonly string[];
  /** What it is given where that is tensors, and no columns. */
  readonly tensors: readonly Tensor[];
};

/** A tensor of a signature; its type is one of NumPy's, of numbers or truth values. */
export type Tensor = { readonly name?: string; readonly type?: string };

export type CommandInference = {
  readonly kind: "command";
  readonly command: readonly string[];
  readonly sourceDirectory?: string;
  readonly port: number;
};

/** Bytes, and thousandths of a CPU; what is kept free for a container, and in `limits` what it may take at most. */
export type ResourcesConfig = Amounts & {
  readonly limits?: Amounts;
  /** NVIDIA's, whole ones. */
  readonly gpu?: number;
};

type Amounts = { readonly cpuMillis?: number; readonly memoryBytes?: number };

export type BuildConfig = {
  /** Empty: the engine's own. */
  readonly platforms: readonly string[];
  readonly builder?: string;
  readonly secrets: readonly SecretConfig[];
  readonly cacheFrom: readonly LayerCacheConfig[];
  readonly cacheTo: readonly LayerCacheConfig[];
  readonly labels: Readonly<Record<string, string>>;
  readonly compression: CompressionConfig;
  /** The image's date, in seconds since 1970. */
  readonly sourceDateEpoch: number;
};

/** A password that is needed while the environment is built: where it comes from, and never what it is. */
export type SecretConfig = {
  readonly pointer: string;
  /** What commands of the build know it by. */
  readonly id: string;
  /** A variable of the environment, or a path: relative to `directory`, absolute, or below `~/`. */
  readonly source: { readonly env: string } | { readonly file: string };
  /** Where pip gives it as a password, and for whom; absent where it is for a Dockerfile of the user's. */
  readonly login?: LoginConfig;
};

export type LoginConfig = { readonly host: string; readonly username: string };

/** A cache of BuildKit's, shared or not, as the attributes that buildx is given. Paths are relative to `directory`. */
export type LayerCacheConfig = {
  readonly pointer: string;
  /** `registry`, `local`, `gha`, `s3` or `azblob`; empty where none is said. */
  readonly type: string;
  /** All but the type, in the order of the file. */
  readonly attributes: Readonly<Record<string, string>>;
};

/** How the layers that mlpackage writes itself are compressed; `auto` decides for each by what it holds. */
export type CompressionConfig =
  | { readonly kind: "auto" | "none" }
  | { readonly kind: "gzip" | "zstd"; readonly level: number };

export type TestConfig = {
  readonly pointer: string;
  readonly name: string;
  /** In their order; at least one. */
  readonly exchanges: readonly ExchangeConfig[];
};

/** A request, and what its answer must be. */
export type ExchangeConfig = {
  readonly request: RequestConfig;
  /** How often it is sent, one after the other. */
  readonly repeat: number;
  readonly expect: ExpectationConfig;
};

export type RequestConfig = {
  readonly pointer: string;
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** A string is sent as it is, anything else as JSON. */
  readonly body?: Serializable;
  readonly bodyFile?: string;
};

export type ExpectationConfig = {
  readonly pointer: string;
  readonly status: number;
  readonly json?: Serializable;
  /** Relative; for every number in `json`, or by JSONPath expressions for those that they pick. Without one, 1e-9, and 0 between integers. */
  readonly tolerance?: number | Readonly<Record<string, number>>;
  readonly schema?: { readonly file: string } | { readonly inline: SerializableRecord };
  /** A JSONPath: what `json` and `schema` are compared with. */
  readonly select?: string;
  /** Whether the service's own `/swagger.json` must be right, and say of the request and the answer what they are. */
  readonly swagger?: true;
  readonly contains?: string;
  readonly headers: Readonly<Record<string, string>>;
  /** By percentile, such as `p95`; and `max`. */
  readonly maxLatencyMs?: Readonly<Record<string, number>>;
};

export type OutputConfig =
  | {
      readonly pointer: string;
      readonly type: "image";
      readonly tags: readonly string[];
      readonly load: boolean;
      readonly push: boolean;
      /** Whether an SBOM and the provenance are put beside what is pushed. */
      readonly attest: boolean;
      /** What signs both, and the image. */
      readonly sign?: { readonly key: string };
    }
  | { readonly pointer: string; readonly type: "dockerfile"; readonly path: string }
  | { readonly pointer: string; readonly type: "oci-archive" | "docker-archive"; readonly path: string }
  | {
      readonly pointer: string;
      readonly type: "modelpack";
      readonly reference: string;
      /** By their names; empty for all of them. */
      readonly models: readonly string[];
    };
