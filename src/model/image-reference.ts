/** The parts of an image reference, with what the reference leaves out filled in as Docker does. */
export type ImageReference = {
  /** `docker.io` where the reference names none. */
  readonly registry: string;
  /** `library/debian`, `team/diabetes`. */
  readonly repository: string;
  readonly tag?: string;
  readonly digest?: string;
};

const DOCKER_HUB = "docker.io";

/** Splits a reference that is known to be well formed (distribution's reference grammar). */
export function parseImageReference(reference: string): ImageReference {
  const [named = "", digest] = reference.split("@");
  const colon = named.lastIndexOf(":");
  const hasTag = colon > named.lastIndexOf("/");
  const name = hasTag ? named.slice(0, colon) : named;
  const tag = hasTag ? named.slice(colon + 1) : undefined;
  const [first = "", ...rest] = name.split("/");
  const isRegistry = rest.length > 0 && (/[.:]/.test(first) || first === "localhost");
  const registry = isRegistry ? first : DOCKER_HUB;
  const path = isRegistry ? rest.join("/") : name;
  return {
    registry,
    repository: registry === DOCKER_HUB && !path.includes("/") ? `library/${path}` : path,
    ...(tag !== undefined && { tag }),
    ...(digest !== undefined && { digest }),
  };
}

/** A reference without its tag and digest, as it was written. */
export function nameOf(reference: string): string {
  const named = reference.split("@")[0] ?? "";
  const colon = named.lastIndexOf(":");
  return colon > named.lastIndexOf("/") ? named.slice(0, colon) : named;
}
