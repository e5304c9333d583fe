import { type Host, NetworkError } from "../../model/host.ts";
import { SourceFault } from "../../model/place.ts";
import { createTransport } from "./transport.ts";

type Environment = Host["environment"];

type Identity = {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  readonly expiration?: Date;
};

/** Who we are; asked again when that has expired. */
export type Credentials = () => Promise<Identity>;

/** Somewhere that credentials may come from. */
type Origin = {
  /** As a message names it. */
  readonly name: string;
  readonly provide: Credentials;
  /** Whether nobody asked for this one: where it has none, the next one is tried. */
  readonly isGuess?: boolean;
};

/** What was set in a profile besides its credentials. */
export type Profile = { readonly region?: string | undefined; readonly endpoint?: string | undefined };

/**
 * Who we are to S3, by AWS's own rules and in the order of its command line: variables, the profile in `AWS_PROFILE`, a web
 * identity, the default profile, the container, the machine. A machine is asked only if it says that it is one of EC2:
 * on any other, nobody would answer. Undefined where there is nothing, or `AWS_NO_SIGN_REQUEST` is set.
 *
 * Errors: `source/no-credentials`.
 */
export async function findCredentials(host: Host, region: string): Promise<Credentials | undefined> {
  if (isSet(host.environment.AWS_NO_SIGN_REQUEST)) return undefined;
  for (const { name, provide, isGuess } of await originsOf(host, region)) {
    try {
      let first: Identity | undefined = await provide();
      return async () => {
        const identity = first ?? (await provide());
        first = undefined;
        return identity;
      };
    } catch (error) {
      if (error instanceof NetworkError) throw error;
      if (isGuess !== true || !isNothing(error)) throw wordFault(name, error as Error);
    }
  }
  return undefined;
}

async function originsOf({ environment, files, network }: Host, region: string): Promise<readonly Origin[]> {
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = environment;
  if (accessKeyId && secretAccessKey) {
    const { AWS_SESSION_TOKEN: sessionToken } = environment;
    const identity = { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) };
    return [{ name: "`AWS_ACCESS_KEY_ID`", provide: async () => identity }];
  }
  const library = await import("@aws-sdk/credential-providers");
  const clientConfig = { region, requestHandler: createTransport(network), maxAttempts: 1 };
  const { AWS_PROFILE: profile = "default" } = environment;
  const ofProfile = {
    name: `the profile \`${profile}\``,
    provide: library.fromIni({ profile, ...profileFiles(environment), clientConfig, ignoreCache: true }),
  };
  if (environment.AWS_PROFILE) return [ofProfile];
  const { AWS_WEB_IDENTITY_TOKEN_FILE: webIdentityTokenFile, AWS_ROLE_ARN: roleArn } = environment;
  if (webIdentityTokenFile && roleArn) {
    const { AWS_ROLE_SESSION_NAME: roleSessionName = "mlpackage" } = environment;
    const token = { webIdentityTokenFile, roleArn, roleSessionName, clientConfig };
    return [{ name: "`AWS_WEB_IDENTITY_TOKEN_FILE`", provide: library.fromTokenFile(token) }];
  }
  const origins: Origin[] = hasHome(environment) ? [{ ...ofProfile, isGuess: true }] : [];
  const container = containerOf(environment);
  if (container !== undefined)
    return [
      ...origins,
      { name: "the container", provide: library.fromHttp({ ...container, timeout: 5_000 }) },
    ];
  if (await isOnEc2(environment, files))
    origins.push({
      name: "the machine",
      provide: library.fromInstanceMetadata({ timeout: 2_000, maxRetries: 1 }),
      isGuess: true,
    });
  return origins;
}

/** Region and endpoint of the profile that is in use. */
export async function readProfile({ environment }: Host): Promise<Profile> {
  if (!hasHome(environment)) return {};
  const { loadSharedConfigFiles } = await import("@smithy/core/config");
  const { configFile, credentialsFile } = await loadSharedConfigFiles({
    ...profileFiles(environment),
    ignoreCache: true,
  });
  const name = environment.AWS_PROFILE || "default";
  const { region, endpoint_url: endpoint } = { ...credentialsFile[name], ...configFile[name] };
  return { region, endpoint };
}

function profileFiles(environment: Environment) {
  const home = environment.HOME ?? environment.USERPROFILE ?? "";
  return {
    filepath: environment.AWS_SHARED_CREDENTIALS_FILE ?? `${home}/.aws/credentials`,
    configFilepath: environment.AWS_CONFIG_FILE ?? `${home}/.aws/config`,
  };
}

function hasHome({ HOME, USERPROFILE, AWS_CONFIG_FILE, AWS_SHARED_CREDENTIALS_FILE }: Environment): boolean {
  return [HOME, USERPROFILE, AWS_CONFIG_FILE, AWS_SHARED_CREDENTIALS_FILE].some(Boolean);
}

/** Of ECS and EKS; undefined outside of them. */
function containerOf(environment: Environment) {
  const {
    AWS_CONTAINER_CREDENTIALS_FULL_URI: awsContainerCredentialsFullUri,
    AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: awsContainerCredentialsRelativeUri,
    AWS_CONTAINER_AUTHORIZATION_TOKEN: awsContainerAuthorizationToken,
    AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: awsContainerAuthorizationTokenFile,
  } = environment;
  if (!awsContainerCredentialsFullUri && !awsContainerCredentialsRelativeUri) return undefined;
  return {
    ...(awsContainerCredentialsFullUri && { awsContainerCredentialsFullUri }),
    ...(awsContainerCredentialsRelativeUri && { awsContainerCredentialsRelativeUri }),
    ...(awsContainerAuthorizationToken && { awsContainerAuthorizationToken }),
    ...(awsContainerAuthorizationTokenFile && { awsContainerAuthorizationTokenFile }),
  };
}

/** What the firmware says, which needs no network (EC2 user guide, "Detect whether a host is an EC2 instance"). */
async function isOnEc2(environment: Environment, files: Host["files"]): Promise<boolean> {
  if (isSet(environment.AWS_EC2_METADATA_DISABLED)) return false;
  if (environment.AWS_EC2_METADATA_SERVICE_ENDPOINT) return true;
  const said = await Promise.all(
    ["sys_vendor", "product_version"].map((name) =>
      files.readText(`/sys/class/dmi/id/${name}`).catch(() => ""),
    ),
  );
  return said.some((text) => /amazon/i.test(text));
}

function isSet(variable: string | undefined): boolean {
  return !["", "0", "false", "no", "off"].includes((variable ?? "").toLowerCase());
}

/** The library's word for: there are none here, and somewhere else may be some. */
function isNothing(error: unknown): boolean {
  return error instanceof Error && (error as { readonly tryNextLink?: boolean }).tryNextLink === true;
}

function wordFault(name: string, { message }: Error): SourceFault {
  return new SourceFault(
    "source/no-credentials",
    `${name} gave no credentials for S3: ${message.split("\n", 1)[0]?.slice(0, 200)}`,
    "type `aws sso login`, or set `AWS_NO_SIGN_REQUEST=1` if the bucket is public; `aws sts get-caller-identity` checks the login",
  );
}
