import { mkdirSync, readdirSync, readFileSync, statSync } from "node:fs";
import path from "node:path";
import { execa } from "execa";
import { type CondaFile, makeCondaPackage } from "../fakes/conda-package.ts";
import { docker } from "./engine.ts";

/** As long as `conda-build` makes them: every prefix fits in. */
export const PLACEHOLDER = `/home/builder/conda-bld/work${"_placehold".repeat(20)}`;

/** Packages of conda made of the Python of a Debian image, so that they truly run in one: `python`, `pip`, `gunicorn`, `setuptools`. */
export async function packDebianPython(image: string, folder: string) {
  mkdirSync(folder, { recursive: true });
  const container = (await docker(["create", image])).trim();
  const tar = path.join(folder, "image.tar");
  await docker(["export", "--output", tar, container]);
  await docker(["rm", container]);
  await execa("tar", [
    "-xf",
    tar,
    "-C",
    folder,
    "usr/bin/python3.11",
    "usr/lib/python3.11",
    "usr/lib/python3",
  ]);
  const modules = "usr/lib/python3/dist-packages";
  const python = await makeCondaPackage({
    name: "python",
    version: "3.11.2",
    depends: ["__glibc >=2.17"],
    files: {
      "bin/python3.11": { content: read(folder, "usr/bin/python3.11"), isExecutable: true },
      "bin/python3": { link: "python3.11" },
      "bin/python": { link: "python3.11" },
      ...filesBelow(path.join(folder, "usr/lib/python3.11"), "lib/python3.11", withoutDebian),
    },
  });
  const pure = (name: string, version: string, entryPoints: readonly string[], more = {}) =>
    makeCondaPackage({
      ...{ name, version, noarch: "python", entryPoints },
      depends: ["python >=3.9", ...(name === "setuptools" ? [] : ["setuptools"])],
      files: { ...filesBelow(path.join(folder, modules, name), `site-packages/${name}`), ...more },
    });
  const [pip, gunicorn, setuptools] = await Promise.all([
    pure("pip", "23.0.1", ["pip = pip._internal.cli.main:main"]),
    pure("gunicorn", "20.1.0", ["gunicorn = gunicorn.app.wsgiapp:run"], {
      "site-packages/gunicorn-20.1.0.dist-info/METADATA":
        "Metadata-Version: 2.1\nName: gunicorn\nVersion: 20.1.0\n",
    }),
    pure("setuptools", "66.1.1", [], {
      ...filesBelow(path.join(folder, modules, "pkg_resources"), "site-packages/pkg_resources"),
      ...filesBelow(path.join(folder, modules, "_distutils_hack"), "site-packages/_distutils_hack"),
    }),
  ]);
  return [python, pip, gunicorn, setuptools];
}

function read(folder: string, file: string): Buffer {
  return readFileSync(path.join(folder, file));
}

/** Debian's Python looks elsewhere than any other for what is installed; its `site` is a part of the program. */
function withoutDebian(name: string, content: Buffer): CondaFile {
  if (name === "sitecustomize.py")
    return "import site\nimport sys\n\nsite.addsitedir(f'{sys.prefix}/lib/python3.11/site-packages')\n";
  if (name !== "sysconfig.py") return content;
  return content
    .toString("utf8")
    .replaceAll("posix_local", "posix_prefix")
    .replaceAll("base}/local/", "base}/")
    .replaceAll("dist-packages", "site-packages");
}

function filesBelow(
  folder: string,
  target: string,
  change: (name: string, content: Buffer) => CondaFile = (_name, content) => content,
): Readonly<Record<string, CondaFile>> {
  const entries = readdirSync(folder).flatMap((name): readonly (readonly [string, CondaFile])[] => {
    const place = path.join(folder, name);
    if (name === "__pycache__" || name === "test") return [];
    // Debian has links out of the folder to what is not needed here.
    const status = statSync(place, { throwIfNoEntry: false });
    if (status === undefined && name !== "sitecustomize.py") return [];
    if (status?.isDirectory() === true) return Object.entries(filesBelow(place, `${target}/${name}`, change));
    return [
      [`${target}/${name}`, change(name, status === undefined ? Buffer.alloc(0) : readFileSync(place))],
    ];
  });
  return Object.fromEntries(entries);
}
