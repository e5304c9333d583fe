import type { ImageFacts, PlatformFacts } from "../../src/attestations/facts.ts";
import { digestOf } from "../../src/model/digest.ts";

export const AMD64: PlatformFacts = {
  platform: "linux/amd64",
  packages: {
    systemPackages: { libgomp1: "12.2.0-14+deb12u1", "libc6:i386": "2:2.36-9" },
    python: [
      { name: "numpy", version: "2.1.0", digest: digestOf("numpy") },
      {
        name: "local-wheel",
        version: "1!0.1+cpu",
        digest: digestOf("wheel"),
        url: "https://me:s3cret@wheels.example.com/local_wheel.whl?sig=s3cret#egg",
      },
    ],
  },
  conda: [
    {
      name: "openssl",
      url: "https://conda.anaconda.org/conda-forge/linux-64/openssl-3.3.2-hb9d3cd8_0.conda",
      digest: digestOf("openssl"),
      size: 2_900_000,
    },
  ],
};

/** What is known of an image with something of everything in it. */
export function makeFacts(replaced: Partial<ImageFacts> = {}): ImageFacts {
  return {
    name: "diabetes",
    repository: "registry.example.com/team/diabetes",
    digest: digestOf("manifest"),
    platforms: [AMD64],
    base: {
      kind: "image",
      reference: `python:3.12-slim@${digestOf("base")}`,
      digest: digestOf("base"),
    },
    models: [
      {
        name: "ridge",
        version: "3",
        source: "models/ridge.pkl",
        files: [{ path: "ridge.pkl", digest: digestOf("r") }],
      },
      {
        name: "bert",
        version: "0",
        source: "https://models.example.com/bert.tar?X-Signature=s3cret",
        files: ["a.bin", "b/c.bin"].map((path) => ({ path, digest: digestOf(path) })),
      },
    ],
    code: [{ path: "score.py", digest: digestOf("score") }],
    runtime: [{ path: "serve.py", digest: digestOf("serve") }],
    origin: {
      toolVersion: "1.2.3",
      configurations: [{ name: "mlpackage.yaml", digest: digestOf("yaml") }],
      profiles: [],
      overrides: { "build.labels.team": "risk", "environment.variables.TOKEN": null },
      commit: { id: "0123456789abcdef0123456789abcdef01234567", repository: "https://git.example.com/d.git" },
    },
    sourceDateEpoch: 1700000000,
    ...replaced,
  };
}
