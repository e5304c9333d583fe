/** The variables that this process was given. */
export function ownEnvironment(): Readonly<Record<string, string | undefined>> {
  return process.env;
}
