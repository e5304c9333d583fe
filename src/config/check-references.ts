import { locate, pointerTo } from "../document/locate.ts";
import type { Config } from "../model/config.ts";
import { type Diagnostic, errorDiagnostic, warningDiagnostic } from "../model/diagnostic.ts";
import type { Document } from "../model/document.ts";
import { checkLayerCaches } from "./check-layer-caches.ts";
import { checkOutputs } from "./check-outputs.ts";
import { checkResources } from "./check-resources.ts";
import { checkSecrets } from "./check-secrets.ts";
import { checkTestNames, checkTests } from "./check-tests.ts";
import { findRepeated } from "./find-repeated.ts";
import { quoted } from "./words.ts";

type Check = (config: Config, document: Document) => readonly Diagnostic[];

/** What is wrong between the parts of a configuration that are right by themselves. */
export function checkReferences(config: Config, document: Document): readonly Diagnostic[] {
  return checks.flatMap((check) => check(config, document));
}

const checks: readonly Check[] = [
  checkModelNames,
  checkConda,
  checkChoice,
  checkRequirements,
  checkVariables,
  checkUser,
  checkResources,
  checkPlatforms,
  checkSecrets,
  checkLayerCaches,
  checkTestNames,
  checkTests,
  checkOutputs,
];

function checkModelNames({ models }: Config, document: Document): readonly Diagnostic[] {
  const isName = /^[A-Za-z0-9][A-Za-z0-9._-]{0,254}$/;
  const unfit = models
    .filter(({ name }) => !isName.test(name))
    .map(({ name, pointer }) => {
      const path = pointerTo(pointer, "source");
      const message = `a model cannot be called ${quoted(name)}, as its file is`;
      return errorDiagnostic("config/bad-value", message, {
        location: locate(document, path),
        path,
        hint: "add a name, as in `{name: ridge, source: ...}`",
      });
    });
  const names = models.map(({ name, pointer }) => {
    return {
      identity: name,
      pointer: pointerTo(pointer, "name"),
      message: `two models are called \`${name}\``,
    };
  });
  return [...unfit, ...findRepeated(document, "config/duplicate-model", names)];
}

function checkConda({ baseImage, environment }: Config, document: Document): readonly Diagnostic[] {
  const path = "/environment/conda";
  if (!document.ranges.has(path)) return [];
  if (document.ranges.has("/environment/python")) {
    const more = {
      ...keyAt(document, path),
      related: [
        {
          message: "given here",
          location: locate(document, "/environment/python", "key"),
        },
      ],
      hint: "remove one of them; packages for pip go below `pip:` in the conda file",
    };
    return [errorDiagnostic("config/conflicting-keys", "`conda` cannot be used with `python`", more)];
  }
  if (environment.conda === undefined || baseImage.kind !== "dockerfile") return [];
  const hint = "build and push that image first, then write `base_image: registry.example.com/team/base:1`";
  const message = "conda packages cannot be installed on a base image that is built from a Dockerfile";
  return [errorDiagnostic("config/conda-on-dockerfile", message, { ...keyAt(document, path), hint })];
}

function checkChoice({ environment }: Config, document: Document): readonly Diagnostic[] {
  const { requirements } = environment.python;
  if ("list" in requirements && requirements.from !== undefined) return [];
  return ["extras", "groups"].flatMap((key) => {
    const path = pointerTo("/environment/python", key);
    if (!document.ranges.has(path)) return [];
    const message = `\`${key}\` needs a \`pyproject.toml\` or a lock file, and \`requirements\` names neither`;
    const hint = "write `requirements: pyproject.toml`, or remove this key";
    return [errorDiagnostic("config/conflicting-keys", message, { ...keyAt(document, path), hint })];
  });
}

function checkRequirements({ environment }: Config, document: Document): readonly Diagnostic[] {
  const path = "/environment/python/requirements";
  if (environment.python.managed || !document.ranges.has(path)) return [];
  const message = "`requirements` are not installed where `managed` is false";
  const hint = "remove `requirements`, or remove `managed: false`";
  return [warningDiagnostic("config/no-effect", message, { ...keyAt(document, path), hint })];
}

/** What the server is told through its environment, and the key that says it. */
const ownVariables: Readonly<Record<string, string>> = {
  WORKER_COUNT: "inference.workers",
  WORKER_TIMEOUT: "inference.worker_timeout",
  SCORING_TIMEOUT_MS: "inference.scoring_timeout",
  AZUREML_ENTRY_SCRIPT: "inference.entry_script",
  AZUREML_MODEL_DIR: "models",
};

function checkVariables({ environment, inference }: Config, document: Document): readonly Diagnostic[] {
  if (inference.kind !== "script") return [];
  return Object.keys(environment.variables).flatMap((name) => {
    const key = Object.hasOwn(ownVariables, name) ? ownVariables[name] : undefined;
    if (key === undefined) return [];
    const path = pointerTo("/environment/variables", name);
    const message = `the variable \`${name}\` is already set from \`${key}\``;
    const location = locate(document, path, "key");
    return errorDiagnostic("config/reserved-variable", message, {
      location,
      path,
      hint: `remove it here, and set \`${key}\` instead`,
    });
  });
}

function checkUser({ environment }: Config, document: Document): readonly Diagnostic[] {
  const path = "/environment/user";
  if (!/^(?:root|0)(?::|$)/.test(environment.user)) return [];
  return [
    warningDiagnostic("config/root-user", "the service runs as root", {
      location: locate(document, path),
      path,
      hint: 'remove `user`, or name another one: `user: "1000:1000"`',
    }),
  ];
}

function checkPlatforms({ build }: Config, document: Document): readonly Diagnostic[] {
  const platforms = build.platforms.map((platform, index) => ({
    identity: platform,
    pointer: pointerTo("/build/platforms", index),
    message: `the platform \`${platform}\` is given twice`,
  }));
  return findRepeated(document, "config/duplicate-platform", platforms);
}

function keyAt(document: Document, path: string) {
  return { location: locate(document, path, "key"), path };
}
