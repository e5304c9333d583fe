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
