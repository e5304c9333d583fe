import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Assembly } from "../../src/cli/assemble.ts";
import { demandSecrets } from "../../src/cli/demand-secrets.ts";
import { openPackage } from "../../src/cli/open-package.ts";
import { errorDiagnostic } from "../../src/model/diagnostic.ts";
import { digestOf } from "../../src/model/digest.ts";
import { fail } from "../../src/model/result.ts";
import type { SerializableRecord } from "../../src/model/serializable.ts";
import type { Step } from "../../src/model/step.ts";
import type { VendoredFile } from "../../src/model/vendor.ts";
import { makeCall } from "../fakes/call.ts";
import { makeEvaluation } from "../fakes/evaluation.ts";
import { NUMPY_LOCKED } from "../fakes/package.ts";

const test = suite("demandSecrets");

const location = { file: { path: "mlpackage.yaml", text: "" }, range: { start: 0, end: 0 } };
const secrets = [
  { id: "pip", login: { host: "pypi.example.com", username: "__token__" } },
  { id: "of-a-dockerfile" },
];

function stepOf(id: string, kind: Step["kind"], inputs: unknown, needs: readonly string[] = []): Step {
  const common = { name: id, after: [], pool: "engine" as const, location };
  return { ...common, id, kind, inputs: inputs as SerializableRecord, needs };
}

const lock = stepOf("lock:packages", "lock", { locked: NUMPY_LOCKED });
const wheel: VendoredFile = {
  ...{ part: "python", platform: "linux/amd64", path: "python/a.whl", size: 1 },
  ...{ name: "numpy", version: "2.1.0", digest: digestOf("numpy") },
};

async function demandedBy(step: Step, files?: readonly VendoredFile[]): Promise<readonly string[]> {
  const { session } = makeCall({
    "mlpackage.yaml": "name: demo\ninference: {command: [serve], source_directory: .}\n",
  });
  const opened = await openPackage(session);
  if (!opened.ok) throw new Error(opened.diagnostics.map(({ message }) => message).join("; "));
  const assembly = {
    evaluation: makeEvaluation(),
    context: {
      vendor: files && { list: { files } },
      buildAids: {
        readSecrets: async (ids: readonly string[]) =>
          fail(...ids.map((id) => errorDiagnostic("cli/no-secret", id))),
      },
    },
  } as unknown as Assembly;
  const missing = await demandSecrets(session, opened.value, assembly, { steps: [lock, step] });
  return missing.map(({ message }) => message);
}

for (const [id, kind] of [
  ["build:environment", "build"],
  ["vendor:packages", "vendor"],
] as const)
  test(`${id} logs in nowhere where a vendor folder has all packages`, async () => {
    const step = stepOf(id, kind, { secrets }, [lock.id]);
    assert.equal(await demandedBy(step), ["pip", "of-a-dockerfile"]);
    assert.equal(await demandedBy(step, []), ["pip", "of-a-dockerfile"]);
    assert.equal(await demandedBy(step, [wheel]), ["of-a-dockerfile"]);
  });

test.run();
