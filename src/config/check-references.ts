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
        hint: "give the model a `name`",
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
          message: "the other one",
          location: locate(document, "/environment/python", "key"),
        },
      ],
      hint: "what pip is to know besides, a requirements file can say",
    };
    return [errorDiagnostic("config/conflicting-keys", "`conda` does not go with `python`", more)];
  }
  if (environment.conda === undefined || baseImage.kind !== "dockerfile") return [];
  const hint =
    "build and push that image by itself, and name it: `base_image: registry.example.com/team/base:1`";
  const message = "packages of conda are not put on a base that is built from a Dockerfile here";
  return [errorDiagnostic("config/conda-on-dockerfile", message, { ...keyAt(document, path), hint })];
}

function checkChoice({ environment }: Config, document: Document): readonly Diagnostic[] {
  const { requirements } = environment.python;
  if ("list" in requirements && requirements.from !== undefined) return [];
  return ["extras", "groups"].flatMap((key) => {
    const path = pointerTo("/environment/python", key);
    if (!document.ranges.has(path)) return [];
    const message = `\`${key}\` are those of a \`pyproject.toml\` or a lock, and \`requirements\` names none`;
    return [errorDiagnostic("config/conflicting-keys", message, keyAt(document, path))];
  });
}

function checkRequirements({ environment }: Config, document: Document): readonly Diagnostic[] {
  const path = "/environment/python/requirements";
  if (environment.python.managed || !document.ranges.has(path)) return [];
  const message = "`requirements` are not installed where `managed` is false";
  return [warningDiagnostic("config/no-effect", message, { location: locate(document, path, "key"), path })];
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
    const message = `the variable \`${name}\` is set from \`${key}\``;
    const location = locate(document, path, "key");
    return errorDiagnostic("config/reserved-variable", message, {
      location,
      path,
      hint: `say it with \`${key}\` alone`,
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
