import type { DeployedService } from "../../deployments/deployed-service.ts";
import type { DeploymentFormat } from "../../deployments/formats.ts";
import { DEPLOYMENTS } from "../../deployments/index.ts";
import { writeYaml } from "../../document/write.ts";
import type { InferenceConfig } from "../../model/config.ts";
import { type Diagnostic, errorDiagnostic, warningDiagnostic } from "../../model/diagnostic.ts";
import type { Serializable } from "../../model/serializable.ts";
import { findDeployedImage } from "../deployed-image.ts";
import { EXIT } from "../exit-code.ts";
import { openPackage, type Package } from "../open-package.ts";
import { refuse } from "../refuse.ts";
import { reportDiagnostics, type Session } from "../session.ts";

export type DeployOptions = {
  readonly format: DeploymentFormat;
  readonly replicas: number;
  readonly namespace: string | undefined;
  readonly name: string | undefined;
};

/** Prints what a cluster, or compose, runs the image by. Needs no engine. */
export async function deploy(session: Session, options: DeployOptions): Promise<number> {
  const opened = await openPackage(session);
  if (!opened.ok) return refuse(session, ...opened.diagnostics);
  const { config } = opened.value;
  const name = options.name ?? config.name.replace(/[._-]+/g, "-");
  const unfit = checkNames(name, options);
  if (unfit.length > 0) return refuse(session, ...unfit);
  const found = await findDeployedImage(opened.value, session, options.format === "compose");
  if (!found.ok) return refuse(session, ...found.diagnostics);
  reportDiagnostics(session, checkUser(opened.value, options.format));
  const { interpreter } = config.environment.python;
  const service: DeployedService = {
    name,
    packageName: config.name,
    ...found.value,
    port: config.inference.port,
    user: config.environment.user,
    ...(config.inference.kind === "script" && {
      server: { interpreter, patienceS: patienceOf(config.inference) },
    }),
    ...(config.resources !== undefined && { resources: config.resources }),
    replicas: options.replicas,
  };
  const documents = DEPLOYMENTS[options.format](service, options.namespace);
  const json = { format: options.format, image: service.image, documents };
  const comment = commentOf(service, options.format);
  session.writeData(
    session.options.json ? `${JSON.stringify(json)}\n` : `${comment}${await writeAll(documents)}`,
  );
  return EXIT.done;
}

/** As long as the server lets a worker be silent, in seconds; one that may be for ever, as long as `run` may take. */
function patienceOf({ workerTimeoutMs, scoringTimeoutMs }: Extract<InferenceConfig, { kind: "script" }>) {
  return Math.ceil((workerTimeoutMs || scoringTimeoutMs + 1000) / 1000);
}

function commentOf({ isLocal }: DeployedService, format: DeploymentFormat): string {
  const lines = [
    `# Written by \`mlpackage deploy --format ${format}\`: change mlpackage.yaml, and write it again.`,
    ...(isLocal ? ["# The image was not pushed: it is nowhere but in the engine that built it."] : []),
  ];
  return `${lines.join("\n")}\n`;
}

async function writeAll(documents: readonly Serializable[]): Promise<string> {
  return (await Promise.all(documents.map(writeYaml))).join("---\n");
}

function checkNames(name: string, { namespace, format }: DeployOptions): readonly Diagnostic[] {
  const isService = /^[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?$/.test(name);
  const isNamespace = namespace === undefined || /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/.test(namespace);
  return [
    ...(isService ? [] : [wordBadName(name, "a service", "--name", "beginning with a letter")]),
    ...(isNamespace ? [] : [wordBadName(namespace, "a namespace", "--namespace", "beginning with either")]),
    ...(namespace !== undefined && format === "compose"
      ? [
          errorDiagnostic("cli/no-namespaces", "compose has no namespaces", {
            hint: "leave `--namespace` out, or take `--format kubernetes`",
          }),
        ]
      : []),
  ];
}

function wordBadName(name: string, what: string, option: string, beginning: string): Diagnostic {
  return errorDiagnostic("cli/bad-name", `${what} cannot be called \`${name}\``, {
    hint: `say \`${option} NAME\`: lower-case letters, digits and \`-\`, ${beginning}, 63 at most`,
  });
}

/** The kubelet does not look into the image for what number a name stands for. */
function checkUser({ config, locate }: Package, format: DeploymentFormat): readonly Diagnostic[] {
  const { user } = config.environment;
  if (format !== "kubernetes" || /^\d+(?::|$)/.test(user) || /^root(?::|$)/.test(user)) return [];
  return [
    warningDiagnostic("cli/user-by-name", `Kubernetes cannot tell that \`${user}\` is not root`, {
      location: locate("/environment/user"),
      path: "/environment/user",
      hint: "write the user in numbers, such as `1000:1000`, and the manifest says `runAsNonRoot`",
    }),
  ];
}
