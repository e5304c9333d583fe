import type { Serializable } from "../model/serializable.ts";
import { composeFile } from "./compose.ts";
import type { DeployedService } from "./deployed-service.ts";
import type { DeploymentFormat } from "./formats.ts";
import { kubernetesObjects } from "./kubernetes.ts";

type Describe = (service: DeployedService, namespace: string | undefined) => readonly Serializable[];

/** How each runs a service: the documents of its manifest. */
export const DEPLOYMENTS: Readonly<Record<DeploymentFormat, Describe>> = {
  kubernetes: (service, namespace) => kubernetesObjects(service, namespace) as unknown as Serializable[],
  compose: (service) => [composeFile(service)],
};
