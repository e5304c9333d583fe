import { isDigest } from "../../model/digest.ts";

/** `oci://registry.example.com:5000/team/ridge:3`, in parts. */
export type OciReference = {
  /** With the registry: `registry.example.com:5000/team/ridge`. */
  readonly name: string;
  /** The tag, or the digest where there is one. */
  readonly version: string;
};

/** A registry is always named: a host with a dot or a port, or `localhost`. */
const REGISTRY =
  /^(?:localhost|(?=[^/]*[.:])(?:[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:]+\]))(?::\d{1,5})?$/i;
const REPOSITORY = /^[a-z0-9]+(?:(?:\.|__?|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|__?|-+)[a-z0-9]+)*)*$/;
const TAG = /^\w[\w.-]{0,127}$/;

/** Reads a reference with `oci://` before it, or without; undefined where it is none. Without a tag it is `latest`. */
export function parseOciReference(source: string): OciReference | undefined {
  const [named = "", digest, ...more] = source.replace(/^oci:\/\//i, "").split("@");
  const slash = named.indexOf("/");
  if (slash < 0 || more.length > 0 || (digest !== undefined && !isDigest(digest))) return undefined;
  const registry = named.slice(0, slash);
  const [repository = "", tag = "latest", ...rest] = named.slice(slash + 1).split(":");
  const isSound = REGISTRY.test(registry) && REPOSITORY.test(repository) && TAG.test(tag);
  if (!isSound || rest.length > 0) return undefined;
  return { name: `${registry}/${repository}`, version: digest ?? tag };
}
