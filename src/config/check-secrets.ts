import { locate, pointerTo } from "../document/locate.ts";
import type { Config, SecretConfig } from "../model/config.ts";
import { type Diagnostic, errorDiagnostic, warningDiagnostic } from "../model/diagnostic.ts";
import type { Document } from "../model/document.ts";
import { findRepeated } from "./find-repeated.ts";
import { holds, isUri, pathInPackage } from "./paths.ts";

/** Secrets that get in each other's way, that nothing asks for, or that would lie open in the image. */
export function checkSecrets(config: Config, document: Document): readonly Diagnostic[] {
  const { secrets } = config.build;
  return [
    ...findRepeated(
      document,
      "config/duplicate-secret",
      secrets.map(({ id, pointer }) => ({
        identity: id,
        pointer: pointerTo(pointer, "id"),
        message: `two secrets are called \`${id}\``,
      })),
    ),
    ...findRepeated(
      document,
      "config/duplicate-secret",
      secrets.flatMap(({ login, pointer }) =>
        login === undefined
          ? []
          : {
              identity: login.host,
              pointer: pointerTo(pointer, "host"),
              message: `two secrets are for \`${login.host}\``,
            },
      ),
    ),
    ...secrets.flatMap((secret) => [
      ...checkUse(secret, config, document),
      ...("file" in secret.source
        ? checkFile(secret.source.file, pointerTo(secret.pointer, "file"), config, document)
        : []),
    ]),
    ...config.outputs.flatMap((output) =>
      output.type !== "image" || output.sign === undefined || output.sign.key.includes("://")
        ? []
        : checkFile(output.sign.key, pointerTo(output.pointer, "sign", "key"), config, document),
    ),
  ];
}

function checkUse(
  { id, login, pointer }: SecretConfig,
  { baseImage, environment }: Config,
  document: Document,
): readonly Diagnostic[] {
  const username = pointerTo(pointer, "username");
  if (login === undefined && document.ranges.has(username))
    return [
      noEffect(document, username, "`username` has no effect without `host`", {
        hint: "add the `host` that pip logs in to, as in `host: pypi.example.com`",
      }),
    ];
  if (baseImage.kind === "dockerfile") return [];
  const path = pointerTo(pointer, "id");
  // One that makes no sense has been told of.
  if (login === undefined && document.ranges.has(pointerTo(pointer, "host"))) return [];
  if (login === undefined) {
    const hint = "add the `host` that pip logs in to with it, as in `host: pypi.example.com`";
    return [noEffect(document, path, `nothing uses the secret \`${id}\``, { hint })];
  }
  if (environment.python.managed) return [];
  const message = `nothing uses the secret \`${id}\`: pip does not run where \`managed\` is false`;
  return [noEffect(document, path, message, { hint: "remove the secret, or remove `managed: false`" })];
}

function noEffect(
  document: Document,
  path: string,
  message: string,
  { hint }: { readonly hint: string },
): Diagnostic {
  return warningDiagnostic("config/no-effect", message, { location: locate(document, path), path, hint });
}

/** Where the package's code or its Docker context is taken whole, a secret in it would go along. */
function checkFile(
  file: string,
  path: string,
  { baseImage, models, directory }: Config,
  document: Document,
): readonly Diagnostic[] {
  // What leads out of the package, or home, has been left as it is written.
  if (/^(\/|~\/|\.\.\/)/.test(file)) return [];
  const isInContext = baseImage.kind === "dockerfile" && holds(baseImage.context, file);
  const isInModel = models.some(
    ({ source }) => !isUri(source) && holds(pathInPackage(source, directory), file),
  );
  if (!isInContext && !isInModel) return [];
  const where = isInContext ? "the Docker context" : "a model";
  return [
    errorDiagnostic("config/secret-in-image", `\`${file}\` is in ${where}, and would end up in the image`, {
      location: locate(document, path),
      path,
      hint: "move it to another folder, such as `~/.secrets/`, and change the path here",
    }),
  ];
}
