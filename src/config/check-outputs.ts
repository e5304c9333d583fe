import { locate, pointerTo } from "../document/locate.ts";
import type { Config, OutputConfig } from "../model/config.ts";
import { type Diagnostic, errorDiagnostic, warningDiagnostic } from "../model/diagnostic.ts";
import type { Document } from "../model/document.ts";
import { parseImageReference } from "../model/image-reference.ts";
import { findRepeated } from "./find-repeated.ts";
import { inputPaths } from "./input-paths.ts";
import { holds } from "./paths.ts";
import { refuseSavedLayout } from "./refuse-saved-layout.ts";

type ImageOutput = Extract<OutputConfig, { type: "image" }>;
type PathOutput = Exclude<OutputConfig, ImageOutput>;

/** Outputs that would get in each other's way, or in the way of what they are made from. */
export function checkOutputs(config: Config, document: Document): readonly Diagnostic[] {
  const images = config.outputs.filter((output) => output.type === "image");
  const written = config.outputs.filter((output) => output.type !== "image");
  return [
    ...findRepeated(document, "config/duplicate-tag", images.flatMap(tagsOf)),
    ...images.flatMap((image) => checkImage(image, document)),
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
      warningDiagnostic("config/no-effect", message, { location: locate(document, pointer), path: pointer }),
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
    const message = "what is not pushed has no registry to put an SBOM and provenance into";
    return [wrong("config/attest-without-push", "attest", message, "add `push: true`")];
  }
  if (sign === undefined || attest) return [];
  const message = "an image is signed together with its SBOM and its provenance";
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
      : `\`${output.path}\` and \`${other.path}\` lie within each other`;
  const related = [
    { message: "the other one", location: locate(document, pointerTo(other.pointer, "path")) },
  ];
  return [
    errorDiagnostic("config/overlapping-outputs", message, {
      location: locate(document, path),
      path,
      related,
    }),
  ];
}

function checkInputs(output: PathOutput, config: Config, document: Document): readonly Diagnostic[] {
  const path = pointerTo(output.pointer, "path");
  const location = locate(document, path);
  if (output.path === ".") {
    return [
      errorDiagnostic("config/output-over-input", "the output would take the place of the whole package", {
        location,
        path,
      }),
    ];
  }
  const input = inputPaths(config).find((candidate) => holds(output.path, candidate.path));
  if (input === undefined) return [];
  const message = `the output \`${output.path}\` would take the place of what it is made from`;
  const related = [{ message: `\`${input.path}\` is read here`, location: locate(document, input.pointer) }];
  return [errorDiagnostic("config/output-over-input", message, { location, path, related })];
}

function checkSaveable(output: PathOutput, config: Config, document: Document): readonly Diagnostic[] {
  if (output.type !== "dockerfile") return [];
  const path = pointerTo(output.pointer, "type");
  const base = locate(document, "/base_image/oci_layout");
  const related = [{ message: "the base image is given here", location: base }];
  return refuseSavedLayout(config, { location: locate(document, path), path, related });
}
