import { locate, pointerTo } from "../document/locate.ts";
import type { Config, OutputConfig } from "../model/config.ts";
import { type Diagnostic, errorDiagnostic, warningDiagnostic } from "../model/diagnostic.ts";
import type { Document } from "../model/document.ts";
import { parseImageReference } from "../model/image-reference.ts";
import { findRepeated } from "./find-repeated.ts";
import { inputPaths } from "./input-paths.ts";
import { nearest } from "./nearest.ts";
import { holds } from "./paths.ts";
import { refuseSavedLayout } from "./refuse-saved-layout.ts";

type ImageOutput = Extract<OutputConfig, { type: "image" }>;
type ModelOutput = Extract<OutputConfig, { type: "modelpack" }>;
type PathOutput = Exclude<OutputConfig, ImageOutput | ModelOutput>;

/** Outputs that would get in each other's way, or in the way of what they are made from. */
export function checkOutputs(config: Config, document: Document): readonly Diagnostic[] {
  const images = config.outputs.filter((output) => output.type === "image");
  const models = config.outputs.filter((output) => output.type === "modelpack");
  const written = config.outputs.filter((output) => "path" in output);
  return [
    ...findRepeated(document, "config/duplicate-tag", [...images.flatMap(tagsOf), ...models.map(tagOf)]),
    ...images.flatMap((image) => checkImage(image, document)),
    ...models.flatMap((output) => checkModels(output, config, document)),
    ...written.flatMap((output, index) => checkOverlap(output, written.slice(0, index), document)),
    ...written.flatMap((output) => checkInputs(output, config, document)),
    ...written.flatMap((output) => checkSaveable(output, config, document)),
  ];
}

function tagsOf({ pointer, tags }: ImageOutput) {
  return tags.map((tag, index) => ({
    identity: canonicalTag(tag),
    pointer: pointerTo(pointer, "tags", index),
    message: `the tag \`${tag}\` is given twice`,
  }));
}

function tagOf({ pointer, reference }: ModelOutput) {
  const message = `the tag \`${reference}\` is given twice`;
  return { identity: canonicalTag(reference), pointer: pointerTo(pointer, "reference"), message };
}

function checkModels(
  { pointer, reference, models: wanted }: ModelOutput,
  { models }: Config,
  document: Document,
): readonly Diagnostic[] {
  const names = models.map(({ name }) => name);
  const unknown = wanted.flatMap((name, index) => {
    if (names.includes(name)) return [];
    const path = pointerTo(pointer, "models", index);
    const message = `there is no model \`${name}\``;
    const hint = wordNames(names, name);
    return [
      errorDiagnostic("config/unknown-model", message, { location: locate(document, path), path, hint }),
    ];
  });
  const path = pointerTo(pointer, "reference");
  const registry = checkRegistry(reference, path, document);
  if (names.length > 0) return [...unknown, ...registry];
  const message = "there are no models to push";
  const [location, hint] = [
    locate(document, pointer),
    "list some, as in `models: [ridge.pkl]`, or remove the output",
  ];
  return [errorDiagnostic("config/no-models", message, { location, path: pointer, hint }), ...registry];
}

function wordNames(names: readonly string[], name: string): string {
  const near = nearest(name, names);
  const question = near === undefined ? "" : `did you mean \`${near}\`? `;
  return `${question}the models are ${names.map((one) => `\`${one}\``).join(", ")}`;
}

function canonicalTag(written: string): string {
  const { registry, repository, tag = "latest" } = parseImageReference(written);
  return `${registry}/${repository}:${tag}`;
}

function checkImage(output: ImageOutput, document: Document): readonly Diagnostic[] {
  return [...checkUse(output, document), ...checkAttested(output, document)];
}

function checkUse({ pointer, tags, load, push }: ImageOutput, document: Document): readonly Diagnostic[] {
  if (!load && !push) {
    const message = "the image is neither loaded nor pushed";
    return [
      warningDiagnostic("config/no-effect", message, {
        location: locate(document, pointer),
        path: pointer,
        hint: "set `load: true` or `push: true`, or remove the output",
      }),
    ];
  }
  return push
    ? tags.flatMap((tag, index) => checkRegistry(tag, pointerTo(pointer, "tags", index), document))
    : [];
}

/** Beside an image that lies in no registry there is no place, and a signature says nothing where nothing is attested. */
function checkAttested(
  { pointer, push, attest, sign }: ImageOutput,
  document: Document,
): readonly Diagnostic[] {
  const wrong = (code: string, key: string, message: string, hint: string): Diagnostic => {
    const path = pointerTo(pointer, key);
    return errorDiagnostic(code, message, { location: locate(document, path), path, hint });
  };
  if (attest && !push) {
    const message =
      "`attest` needs a pushed image: the SBOM and the provenance are stored beside it in the registry";
    return [wrong("config/attest-without-push", "attest", message, "add `push: true`")];
  }
  if (sign === undefined || attest) return [];
  const message = "`sign` needs `attest`: an image is signed together with its SBOM and its provenance";
  return [wrong("config/sign-without-attest", "sign", message, "add `attest: true`")];
}

/** Docker Hub is meant only where it is named: nothing is published by accident. */
function checkRegistry(tag: string, path: string, document: Document): readonly Diagnostic[] {
  const { registry } = parseImageReference(tag);
  if (tag.startsWith(`${registry}/`)) return [];
  const message = `the tag \`${tag}\` names no registry to push to`;
  const hint = `begin it with a host, such as \`registry.example.com/${tag}\`, or \`docker.io/\` for Docker Hub`;
  return [
    errorDiagnostic("config/push-without-registry", message, {
      location: locate(document, path),
      path,
      hint,
    }),
  ];
}

function checkOverlap(
  output: PathOutput,
  earlier: readonly PathOutput[],
  document: Document,
): readonly Diagnostic[] {
  const other = earlier.find(({ path }) => holds(path, output.path) || holds(output.path, path));
  if (other === undefined || output.path === ".") return [];
  const path = pointerTo(output.pointer, "path");
  const message =
    other.path === output.path
      ? `two outputs are written to \`${output.path}\``
      : `\`${output.path}\` and \`${other.path}\` are inside each other`;
  const related = [
    { message: "the other output", location: locate(document, pointerTo(other.pointer, "path")) },
  ];
  return [
    errorDiagnostic("config/overlapping-outputs", message, {
      location: locate(document, path),
      path,
      related,
      hint: "change one of the paths",
    }),
  ];
}

function checkInputs(output: PathOutput, config: Config, document: Document): readonly Diagnostic[] {
  const path = pointerTo(output.pointer, "path");
  const location = locate(document, path);
  if (output.path === ".") {
    return [
      errorDiagnostic("config/output-over-input", "the output would overwrite the whole package", {
        location,
        path,
        hint: "name a folder of its own, such as `path: dist`",
      }),
    ];
  }
  const input = inputPaths(config).find((candidate) => holds(output.path, candidate.path));
  if (input === undefined) return [];
  const message = `the output \`${output.path}\` would overwrite what it is made from`;
  const related = [{ message: `\`${input.path}\` is read here`, location: locate(document, input.pointer) }];
  return [
    errorDiagnostic("config/output-over-input", message, {
      location,
      path,
      related,
      hint: "change the path, such as to `dist`",
    }),
  ];
}

function checkSaveable(output: PathOutput, config: Config, document: Document): readonly Diagnostic[] {
  if (output.type !== "dockerfile") return [];
  const path = pointerTo(output.pointer, "type");
  const base = locate(document, "/base_image/oci_layout");
  const related = [{ message: "the base image is given here", location: base }];
  return refuseSavedLayout(config, { location: locate(document, path), path, related });
}
