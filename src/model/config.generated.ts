/** Written by schemas/generate.ts from schemas/config.schema.json: change those, not this. */
import type {Serializable} from "./serializable.ts";

/**
 * A trained model: where its files come from, and under which name and version they stand in the image. A string is short for `source`.
 */
export type Model =
  | string
  | {
      /**
       * The name the scoring script asks for it by. Without one, the stem of the source's file name.
       */
      name?: string;
      /**
       * Part of the model's path in the image. Always a string: quote it.
       */
      version?: string;
      /**
       * A file, a folder or a glob inside the folder of this file, or an address: `https://` of a web server, `hf://ORG/REPO@REVISION` of the Hugging Face Hub, `oci://REGISTRY/REPOSITORY:TAG`, `s3://BUCKET/KEY`, `gs://BUCKET/OBJECT`, `az://ACCOUNT/CONTAINER/BLOB`, `azureml:NAME:VERSION`, `mlflow:models:/NAME/VERSION`, `mlflow:runs:/RUN/PATH`. A slash at the end of a key stands for all that is below.
       */
      source: string;
      /**
       * Which files to take of a source that holds several, or of an archive that is unpacked. Without it, all of them.
       */
      include?: Glob[];
      /**
       * Which files to leave out of those.
       */
      exclude?: Glob[];
      /**
       * The SHA-256 that the model's one file must have: of an archive, the archive itself.
       */
      sha256?: string;
      /**
       * Whether the source is an archive, and the model what is in it: a tar, a tar.gz, a tar.zst or a zip, told by its first bytes. Paths are kept as they are in there; a link becomes the file that it leads to. A scoring script has to be named.
       */
      unpack?: boolean;
    };
export type Glob = string;
export type Text = string;
export type Requirement = string;
export type Extra = string;
export type IndexUrl = string;
export type FindLinks = string;
export type SystemPackage = string;
export type Platform = string;
export type CacheAttribute = string | boolean | number;
export type Path = string;
export type Duration = string;
/**
 * Where the package goes.
 */
export type Output =
  | {
      /**
       * An image.
       */
      type: "image";
      /**
       * The tags of the image.
       *
       * @minItems 1
       */
      tags: ImageTag[];
      /**
       * Whether the image is put into the engine's own store.
       */
      load?: boolean;
      /**
       * Whether the image is pushed to the registry that each tag names.
       */
      push?: boolean;
      /**
       * Whether a list of what is in the image (SBOM) and how it was made (provenance) are put beside it in the registry. Needs `push`.
       */
      attest?: boolean;
      /**
       * Signs the image, its SBOM and its provenance with cosign. Needs `attest`.
       */
      sign?: {
        /**
         * The private key: a path, relative to the folder of the file or absolute, or what cosign takes for one, such as `env://NAME` or `awskms:///alias/NAME`. Its password is taken from COSIGN_PASSWORD.
         */
        key: string;
      };
    }
  | {
      /**
       * A folder that `docker build` builds without mlpackage.
       */
      type: "dockerfile";
      /**
       * The folder to write.
       */
      path: string;
    }
  | {
      /**
       * The image as an OCI layout in a tar file.
       */
      type: "oci-archive";
      /**
       * The file to write.
       */
      path: string;
    }
  | {
      /**
       * The image as `docker load` reads it.
       */
      type: "docker-archive";
      /**
       * The file to write.
       */
      path: string;
    }
  | {
      /**
       * The models without the image, as a ModelPack in a registry: what any tool that speaks OCI can pull.
       */
      type: "modelpack";
      /**
       * The repository, and the tag in it. The models go there after the tests, as every push.
       */
      reference: string;
      /**
       * Which of the models, by their names. Without it, all of them.
       */
      models?: ModelName[];
    };
export type ImageTag = string;
export type ModelName = string;

/**
 * A model and its scoring script as a container image.
 */
export interface ConfigFile {
  /**
   * The version of this file's format.
   */
  version?: 1;
  /**
   * The name of the package.
   */
  name: string;
  /**
   * The models of the package.
   */
  models?: Model[];
  /**
   * What the package is built on: an image, or a Dockerfile that is built first. A string is short for `image`.
   */
  base_image?:
    | string
    | {
        /**
         * The reference of an image.
         */
        image: string;
      }
    | {
        /**
         * A Dockerfile that makes the base image.
         */
        dockerfile: string;
        /**
         * The folder its COPY instructions read from. Without it, the folder of the Dockerfile.
         */
        context?: string;
        /**
         * The stage of the Dockerfile to stop at. Without it, the last one.
         */
        target?: string;
        build_args?: Variables;
      }
    | {
        /**
         * An OCI image layout: its folder, or a tar archive of it.
         */
        oci_layout: string;
      };
  environment?: Environment;
  /**
   * What answers requests: a scoring script, or a server of your own. A string is short for `entry_script`. Left out, a script of ours serves one model of scikit-learn, of MLflow or in ONNX.
   */
  inference?:
    | string
    | {
        /**
         * A Python file that defines `init()` and `run()`, relative to `source_directory` where there is one.
         */
        entry_script: string;
        /**
         * The folder that is copied into the image whole. Without it, the folder of the entry script.
         */
        source_directory?: string;
        /**
         * The port the service listens on.
         */
        port?: number;
        /**
         * How many processes answer requests.
         */
        workers?: number;
        /**
         * How long a worker may be silent before it is replaced.
         */
        worker_timeout?: string;
        /**
         * How long one call of `run` may take.
         */
        scoring_timeout?: string;
        resources?: Resources;
      }
    | {
        /**
         * A server that is started as it is, one argument each.
         *
         * @minItems 1
         */
        command: Text[];
        /**
         * The folder that is copied into the image whole.
         */
        source_directory?: string;
        /**
         * The port the command listens on.
         */
        port?: number;
        resources?: Resources;
      };
  build?: Build;
  /**
   * Requests to the built image. Nothing is pushed before every one has passed.
   */
  tests?: Test[];
  /**
   * Where the package goes. Left out, the image is loaded into the engine, as `NAME:latest`.
   */
  outputs?: Output[];
  /**
   * Parts that are merged over the rest of the file where `--profile NAME` chooses them. Each holds the keys of the file, as many as it changes.
   */
  profiles?: {
    [k: string]: {};
  };
}
export interface Variables {
  [k: string]: Text;
}
/**
 * What the scoring script needs around it.
 */
export interface Environment {
  /**
   * The Python packages of the image.
   */
  python?: {
    /**
     * The path of a requirements file, a `pyproject.toml`, a `uv.lock` or a `poetry.lock`; or the requirements themselves.
     */
    requirements?: string | Requirement[];
    /**
     * Extras of the project in a `pyproject.toml` or a lock to install as well.
     */
    extras?: Extra[];
    /**
     * Dependency groups of it to install as well; none is installed unless it is named.
     */
    groups?: Extra[];
    /**
     * The package index to use instead of PyPI. Never with credentials: this file is for everyone to read.
     */
    index_url?: string;
    /**
     * Package indexes to look in besides.
     */
    extra_index_urls?: IndexUrl[];
    /**
     * Pages or folders of the package that hold wheels.
     */
    find_links?: FindLinks[];
    /**
     * The Python of the base image.
     */
    interpreter?: string;
    /**
     * Whether mlpackage installs the requirements and its server. False where the base image already holds everything.
     */
    managed?: boolean;
  };
  /**
   * Instead of `python`: the path of a conda environment file. Where it asks conda for more than Python and pip, Python and all of that come from its channels.
   */
  conda?: string;
  /**
   * Debian packages to install, with a version after `=` where it matters.
   */
  system_packages?: SystemPackage[];
  variables?: Variables;
  /**
   * Who the service runs as: `user` or `user:group`, names or numbers.
   */
  user?: string;
}
/**
 * What a container of the service is given where it runs, as `mlpackage deploy` writes it into manifests. It changes nothing in the image.
 */
export interface Resources {
  /**
   * How many CPUs are kept free for it: `2`, `0.5`, or `500m` for half of one.
   */
  cpu?: number | string;
  /**
   * How much memory is kept free for it, with its unit: `Ki`, `Mi`, `Gi` and `Ti` are powers of 1024, `k`, `M`, `G` and `T` of 1000.
   */
  memory?: string;
  /**
   * What it may take at most. Without a limit, as much as the machine has.
   */
  limits?: {
    /**
     * How many CPUs it may take; it is slowed down beyond that.
     */
    cpu?: number | string;
    /**
     * How much memory it may take; it is killed beyond that.
     */
    memory?: string;
  };
  /**
   * How many GPUs of NVIDIA's it is given, whole ones: `nvidia.com/gpu` of Kubernetes, devices of the driver `nvidia` of compose.
   */
  gpu?: number;
}
/**
 * How the image is built.
 */
export interface Build {
  /**
   * The platforms to build for. Without any, the engine's own.
   */
  platforms?: Platform[];
  labels?: Labels;
  /**
   * The buildx builder to use. Without one, the engine's current one.
   */
  builder?: string;
  /**
   * Passwords that are needed while the environment is built. Their values reach the commands that need them, and nothing else: no layer, log, key or lock.
   *
   * Items: A secret, and where it comes from: a variable of the environment, or a file.
   */
  secrets?: (
    | {
        /**
         * What the secret is called in the build: `RUN --mount=type=secret,id=...` in a Dockerfile of yours, and `docker build --secret id=...` for a saved folder.
         */
        id: string;
        /**
         * The variable of your environment that holds it.
         */
        env: string;
        /**
         * The host that pip gives it to as a password, and no other. Without one it is for a Dockerfile of yours.
         */
        host?: string;
        /**
         * The user that pip names to the host.
         */
        username?: string;
      }
    | {
        /**
         * What the secret is called in the build: `RUN --mount=type=secret,id=...` in a Dockerfile of yours, and `docker build --secret id=...` for a saved folder.
         */
        id: string;
        /**
         * The file that holds it: a path relative to this file, or one that begins with `/` or `~/`.
         */
        file: string;
        /**
         * The host that pip gives it to as a password, and no other. Without one it is for a Dockerfile of yours.
         */
        host?: string;
        /**
         * The user that pip names to the host.
         */
        username?: string;
      }
  )[];
  /**
   * Caches of BuildKit that the environment's layers are looked for in, as buildx's `--cache-from`. What cannot be read is told, and the build goes on.
   */
  cache_from?: (
    | string
    | {
        /**
         * The kind of place: `registry`, `local`, `gha`, `s3` or `azblob`. Further keys are what buildx knows for it.
         */
        type: string;
        [k: string]: CacheAttribute | string;
      }
  )[];
  /**
   * Caches of BuildKit that the environment's layers are written to, as buildx's `--cache-to`.
   */
  cache_to?: (
    | string
    | {
        /**
         * The kind of place: `registry`, `local`, `gha`, `s3` or `azblob`. Further keys are what buildx knows for it.
         */
        type: string;
        [k: string]: CacheAttribute | string;
      }
  )[];
  /**
   * How the layers that mlpackage writes itself are compressed. `auto` leaves what does not shrink (safetensors, gguf, onnx and what a sample shows) as it is and compresses the rest with zstd.
   */
  compression?: string;
  /**
   * The image's date, in seconds since 1970, and the latest time that a file installed into it may have. `${git.timestamp}` stands for the time of the commit. Another date makes another digest.
   */
  source_date_epoch?: number;
}
export interface Labels {
  [k: string]: Text;
}
/**
 * Requests to the built image, and what the answers must be. Nothing is pushed before every test has passed.
 */
export interface Test {
  /**
   * What the test is called in the output. Without a name, its number.
   */
  name?: string;
  request?: TestRequest;
  /**
   * How often the request is sent, one after the other. Every answer must be as expected.
   */
  repeat?: number;
  expect?: TestExpectation;
  /**
   * Several requests, sent in this order, each with an `expect` of its own; instead of `request`, `repeat` and `expect`.
   *
   * @minItems 1
   */
  requests?: TestExchange[];
}
export interface TestRequest {
  /**
   * The HTTP method. Without one, `POST` where there is a body or the path is `/score`, else `GET`.
   */
  method?: "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE" | "OPTIONS";
  /**
   * The path of the URL.
   */
  path?: string;
  headers?: Headers;
  /**
   * What to send. A string is sent as it is, anything else as JSON.
   */
  body?: Serializable;
  /**
   * A file whose content is sent, instead of `body`.
   */
  body_file?: string;
}
export interface Headers {
  [k: string]: Text;
}
export interface TestExpectation {
  /**
   * The status of the answer.
   */
  status?: number;
  /**
   * The value the answer's JSON must equal, or what `select` picks of it. Numbers may differ by `tolerance`.
   */
  json?: Serializable;
  /**
   * By how much each number in `json` may differ, relative to the greater of both. A mapping says it for places: JSONPath expressions of `json`, each for the numbers that it picks; the smallest counts where several do, and all others keep the default: 1e-9, and none between two integers, such as ids and labels.
   */
  tolerance?:
    | number
    | {
        [k: string]: number;
      };
  /**
   * A JSON Schema (draft 2020-12) that the answer's JSON must fit, or what `select` picks of it: a file, or the schema itself. Nothing in it is interpolated, a `$ref` stays within it, and `format` is not checked.
   */
  schema?:
    | Path
    | {
        [k: string]: unknown;
      };
  /**
   * A JSONPath (RFC 9535) that picks what `json` and `schema` are compared with: one value where it can only be one, such as `$.rows[0].score`, else the list of all that it picks. To pick nothing is right only with `json: []`. It is not interpolated.
   */
  select?: string;
  /**
   * Whether the service's `/swagger.json` must be a valid OpenAPI 3.1 document, and the request and the answer must fit what it says of their path, method and status. `select` does not matter to it.
   */
  swagger?: boolean;
  /**
   * A text that the answer must contain.
   */
  contains?: string;
  headers?: Headers;
  /**
   * How long the answer may take. With `repeat`, that is what 95 of 100 answers must keep; a mapping says it for other percentiles, and for `max`.
   */
  max_latency?:
    | Duration
    | {
        [k: string]: Duration;
      };
}
export interface TestExchange {
  /**
   * The HTTP method. Without one, `POST` where there is a body or the path is `/score`, else `GET`.
   */
  method?: "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE" | "OPTIONS";
  /**
   * The path of the URL.
   */
  path?: string;
  headers?: Headers;
  /**
   * What to send. A string is sent as it is, anything else as JSON.
   */
  body?: Serializable;
  /**
   * A file whose content is sent, instead of `body`.
   */
  body_file?: string;
  /**
   * How often the request is sent, one after the other. Every answer must be as expected.
   */
  repeat?: number;
  expect?: TestExpectation;
}
