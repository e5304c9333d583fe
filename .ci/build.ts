// Builds `dist/`, which is what is published: `npm run build`.
import { cp, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { type BuildOptions, build } from "esbuild";

process.chdir(path.join(import.meta.dirname, ".."));

/** A package, and the file in `dist/packages/` that it becomes: each is loaded only by who needs it. */
const PACKAGES: Readonly<Record<string, string>> = {
  "@seriousme/openapi-schema-validator/schemas/v3.1/schema.json": "openapi-3.1",
  "ajv/dist/2020.js": "ajv-2020",
  chokidar: "chokidar",
  diff: "diff",
  execa: "execa",
  fzstd: "fzstd",
  "http-proxy-agent": "http-proxy-agent",
  "https-proxy-agent": "https-proxy-agent",
  "json-p3": "json-p3",
  "log-update": "log-update",
  "smol-toml": "smol-toml",
  "tar-stream": "tar-stream",
  yauzl: "yauzl",
};
const WASM_PACKAGES = { "@bokuweb/zstd-wasm": "zstd-wasm" };
const AMAZON_PACKAGES = {
  "@aws-sdk/client-s3": "client-s3",
  "@aws-sdk/credential-providers": "credential-providers",
  "@smithy/core/config": "smithy-config",
  "google-auth-library": "google-auth-library",
};
/** Their builds for CommonJS are not what they offer a bundler first. */
const COMMONJS_PACKAGES = { "@conda-org/rattler": "rattler" };
const AZURE_PACKAGES = { "@azure/identity": "identity", "@azure/storage-blob": "storage-blob" };
const YARGS = { yargs: "yargs" };

const NODE: BuildOptions = {
  bundle: true,
  platform: "node",
  target: "node20",
  format: "cjs",
  logLevel: "warning",
};
const PACKAGE: BuildOptions = { ...NODE, minify: true, outdir: "dist/packages" };
const COMMONJS: BuildOptions = { ...PACKAGE, mainFields: ["main"], conditions: ["require"] };
const WITH_FILE_URL: BuildOptions = {
  define: { "import.meta.url": "__fileUrl" },
  banner: { js: "const __fileUrl = require('node:url').pathToFileURL(__filename).href;" },
};

function entriesOf(packages: Readonly<Record<string, string>>) {
  return Object.entries(packages).map(([name, out]) => ({ in: name, out }));
}

async function buildPackages(): Promise<void> {
  await Promise.all([
    build({ ...PACKAGE, entryPoints: entriesOf({ ...PACKAGES, ...WASM_PACKAGES }) }),
    build({ ...COMMONJS, entryPoints: entriesOf(COMMONJS_PACKAGES) }),
    build({ ...COMMONJS, ...WITH_FILE_URL, entryPoints: entriesOf(AZURE_PACKAGES) }),
    build({
      ...PACKAGE,
      entryPoints: entriesOf(AMAZON_PACKAGES),
      define: { "process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED": '"true"' },
    }),
    build({
      ...PACKAGE,
      ...WITH_FILE_URL,
      entryPoints: entriesOf(YARGS),
      footer: { js: "module.exports = module.exports.default;" },
    }),
  ]);
  await cp("node_modules/@bokuweb/zstd-wasm/dist/common/zstd.wasm", "dist/packages/zstd.wasm");
  await cp("node_modules/@conda-org/rattler/dist/js_rattler_bg.wasm", "dist/packages/js_rattler_bg.wasm");
}

async function buildProgram(): Promise<void> {
  const packages = {
    ...PACKAGES,
    ...WASM_PACKAGES,
    ...AMAZON_PACKAGES,
    ...COMMONJS_PACKAGES,
    ...AZURE_PACKAGES,
    ...YARGS,
  };
  await build({
    ...NODE,
    entryPoints: [
      { in: "src/cli/main.ts", out: "program" },
      { in: "src/library/library.ts", out: "library" },
      { in: "src/host/start.ts", out: "mlpackage" },
      { in: "src/conda/solver-thread.js", out: "solver-thread" },
    ],
    outdir: "dist",
    minifySyntax: true,
    supported: { "dynamic-import": false },
    define: { "import.meta.dirname": "__dirname", "import.meta.filename": "__filename" },
    external: ["./packages/*"],
    alias: Object.fromEntries(Object.entries(packages).map(([name, out]) => [name, `./packages/${out}.js`])),
  });
}

async function buildPage(): Promise<void> {
  await build({
    entryPoints: [
      { in: "src/page/browser.tsx", out: "page" },
      { in: "src/page/page.css", out: "page" },
    ],
    bundle: true,
    platform: "browser",
    target: ["es2022", "chrome123", "firefox120", "safari17.5"],
    format: "iife",
    logLevel: "warning",
    minify: true,
    legalComments: "none",
    outdir: "dist",
  });
}

await rm("dist", { recursive: true, force: true });
await Promise.all([buildPackages(), buildProgram(), buildPage()]);
await Promise.all([
  writeFile("dist/package.json", '{"type":"commonjs"}\n'),
  cp("src/runtime", "dist/runtime", { recursive: true }),
  cp("src/drafts/templates", "dist/templates", { recursive: true }),
  cp("src/cli/codes.generated.json", "dist/codes.generated.json"),
  cp("src/library/library.mjs", "dist/library.mjs"),
  cp("schemas/library.api.d.ts", "dist/library.d.mts"),
]);
