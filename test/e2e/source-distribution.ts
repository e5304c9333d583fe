import { gzipSync } from "node:zlib";
import { pack } from "tar-stream";
import { bytesOf } from "../../src/model/chunks.ts";

/** A build backend (PEP 517) in one module, which makes a wheel of one module. */
export const BACKEND = `import os, zipfile

def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    info = open("PKG-INFO").read()
    name, version = [line.split(": ")[1] for line in info.splitlines() if line.startswith(("Name", "Version"))]
    at = f"{name}-{version}.dist-info"
    files = {f"{name}.py": open(f"{name}.py").read(), f"{at}/METADATA": info,
             f"{at}/WHEEL": "Wheel-Version: 1.0\\nGenerator: test\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n"}
    files[f"{at}/RECORD"] = "".join(f"{f},,\\n" for f in [*files, f"{at}/RECORD"])
    wheel = f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(os.path.join(wheel_directory, wheel), "w") as opened:
        for file, text in files.items():
            opened.writestr(zipfile.ZipInfo(file), text)
    return wheel
`;

/** A source distribution with one module, which is built by the backend of that name. */
export async function makeSourceDistribution(
  name: string,
  version: string,
  { code, backend }: { readonly code: string; readonly backend: string },
): Promise<Uint8Array> {
  const files = {
    "PKG-INFO": `Metadata-Version: 2.1\nName: ${name}\nVersion: ${version}\n`,
    "pyproject.toml": `[build-system]\nrequires = ["${backend}"]\nbuild-backend = "${backend}"\n`,
    [`${name}.py`]: code,
  };
  const archive = pack();
  for (const [file, text] of Object.entries(files))
    archive.entry({ name: `${name}-${version}/${file}`, mtime: new Date(0) }, text);
  archive.finalize();
  return gzipSync(await bytesOf(archive as AsyncIterable<Uint8Array>));
}
