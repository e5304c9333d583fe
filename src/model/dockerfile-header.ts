/** A line of every Dockerfile we write, by which we know one again. */
export const DOCKERFILE_HEADER = "# Made by mlpackage from mlpackage.yaml: edit that, not this.";

/** Whether we wrote a Dockerfile; parser directives of a user's own may stand before our header. */
export function isOurDockerfile(text: string): boolean {
  return text.split("\n", 10).some((line) => line.trimEnd() === DOCKERFILE_HEADER);
}
