import type { ResourcesConfig } from "../model/config.ts";

/** The package as it is to run somewhere for good: all that manifests are made from. */
export type DeployedService = {
  /** A DNS label (RFC 1035): of the service, and of what belongs to it. */
  readonly name: string;
  readonly packageName: string;
  /** By its digest; or what the engine here calls it. */
  readonly image: string;
  /** Whether the image is nowhere but in the engine here. */
  readonly isLocal: boolean;
  readonly port: number;
  /** `user` or `user:group`, names or numbers. */
  readonly user: string;
  /** Absent for a server of the user's own, of which no more is known than its port. */
  readonly server?: OwnServer;
  readonly resources?: ResourcesConfig;
  readonly replicas: number;
};

/** What our own server promises. */
type OwnServer = {
  /** The Python in the image: a name on its PATH, or an absolute path. */
  readonly interpreter: string;
  /** How long one request may keep a worker, and so a probe waiting behind it, in seconds. */
  readonly patienceS: number;
};

/** 200 once `init` has returned in every worker. */
export const READINESS = "/readyz";

/** 200 while the process lives. */
export const LIVENESS = "/livez";

/** How long a service may take to load its models, in seconds: as long as the tests wait for it. */
export const START_WITHIN_S = 600;

/** How long a service is still asked after it was told to end, in seconds: nobody hears of that at once. */
export const FAREWELL_S = 5;

/** How long a service may go on once it is told to end, in seconds: for the request in flight, and then for itself. */
export function stopWithinS({ server }: DeployedService): number {
  return server === undefined ? 30 : FAREWELL_S + server.patienceS + 10;
}
