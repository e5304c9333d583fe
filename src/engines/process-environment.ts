/** The variables docker, buildx and credential helpers are given; what is not named here is not there. */
const ALLOWED = [
  /^(PATH|HOME|USER|TMPDIR|XDG_RUNTIME_DIR|XDG_CONFIG_HOME|SSH_AUTH_SOCK|SystemRoot|USERPROFILE|APPDATA|LOCALAPPDATA)$/,
  /^(DOCKER|BUILDX|BUILDKIT)_/,
  /^(https?|no|all)_proxy$/i,
  /^SSL_CERT_(FILE|DIR)$/,
  /^(AWS|GOOGLE|AZURE)_/,
  // What buildx speaks to the cache of GitHub's runners with.
  /^ACTIONS_(CACHE_URL|CACHE_SERVICE_V2|RESULTS_URL|RUNTIME_TOKEN)$/,
];

export function processEnvironment(
  environment: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(environment).flatMap(([name, value]) =>
      value !== undefined && ALLOWED.some((pattern) => pattern.test(name)) ? [[name, value]] : [],
    ),
  );
}
