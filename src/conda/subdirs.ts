import { type Diagnostic, errorDiagnostic } from "../model/diagnostic.ts";
import { fail, type Result, succeed } from "../model/result.ts";

/** What conda calls a platform, and the processor that it takes all machines of it to have. */
type Subdir = { readonly name: string; readonly processor: string };

const SUBDIRS: Readonly<Record<string, Subdir>> = {
  "linux/amd64": { name: "linux-64", processor: "x86_64" },
  "linux/arm64": { name: "linux-aarch64", processor: "aarch64" },
  "linux/ppc64le": { name: "linux-ppc64le", processor: "ppc64le" },
  "linux/s390x": { name: "linux-s390x", processor: "s390x" },
  "linux/riscv64": { name: "linux-riscv64", processor: "riscv64" },
};

export function subdirOf(platform: string): Result<Subdir> {
  const subdir = SUBDIRS[platform.replace(/^(linux\/arm64)\/v8$/, "$1")];
  return subdir === undefined ? fail(wordUnknown(platform)) : succeed(subdir);
}

function wordUnknown(platform: string): Diagnostic {
  return errorDiagnostic("conda/no-platform", `conda has no packages for \`${platform}\``, {
    path: "/environment/conda",
    hint: `write one of ${Object.keys(SUBDIRS)
      .map((one) => `\`${one}\``)
      .join(", ")}`,
  });
}

/**
 * What packages may demand of the machine that they run on. It is the same whoever resolves: Linux 5.10 and glibc 2.28,
 * which everything since Debian 10 has, the plainest processor of the platform, and no CUDA.
 */
export function virtualPackages({ name: subdir, processor }: Subdir): Readonly<Record<string, object>> {
  const packages = [
    ["__unix", "0", "0"],
    ["__linux", "5.10", "0"],
    ["__glibc", "2.28", "0"],
    ["__archspec", "1", processor],
  ] as const;
  return Object.fromEntries(
    packages.map(([name, version, build]) => [
      `${name}-${version}-${build}.conda`,
      { name, version, build, build_number: 0, depends: [], subdir, sha256: "0".repeat(64), size: 0 },
    ]),
  );
}
