export type Login = { readonly username: string; readonly password: string };

const MANIFESTS = [
  "application/vnd.oci.image.manifest.v1+json",
  "application/vnd.oci.image.index.v1+json",
  "application/vnd.docker.distribution.manifest.v2+json",
  "application/vnd.docker.distribution.manifest.list.v2+json",
].join(", ");

/** The digest a registry has under a tag; undefined where it has none. */
export async function findTag(
  registry: string,
  repository: string,
  tag: string,
  login?: Login,
): Promise<string | undefined> {
  const authorization =
    login && `Basic ${Buffer.from(`${login.username}:${login.password}`).toString("base64")}`;
  const response = await fetch(`http://${registry}/v2/${repository}/manifests/${tag}`, {
    method: "HEAD",
    headers: { accept: MANIFESTS, ...(authorization && { authorization }) },
  });
  if (response.status === 404) return undefined;
  if (!response.ok) throw new Error(`${registry} answers ${response.status} for ${repository}:${tag}`);
  return response.headers.get("docker-content-digest") ?? undefined;
}

export type RegistryDescriptor = {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
  readonly platform?: { readonly os: string; readonly architecture: string };
};

/** A manifest or an index, as a registry has it under a tag or a digest. */
export type RegistryManifest = {
  readonly config?: RegistryDescriptor;
  readonly layers: readonly RegistryDescriptor[];
  readonly manifests?: readonly RegistryDescriptor[];
};

export async function fetchManifest(
  registry: string,
  repository: string,
  reference: string,
): Promise<RegistryManifest> {
  const url = `http://${registry}/v2/${repository}/manifests/${reference}`;
  const response = await fetch(url, { headers: { accept: MANIFESTS } });
  if (!response.ok) throw new Error(`${registry} answers ${response.status} for ${repository}:${reference}`);
  return (await response.json()) as RegistryManifest;
}
