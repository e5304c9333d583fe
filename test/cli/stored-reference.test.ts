import { suite } from "uvu";
import * as assert from "uvu/assert";
import { openReference, type WantedImage } from "../../src/cli/stored-reference.ts";
import { type Digest, digestOf } from "../../src/model/digest.ts";
import { succeed } from "../../src/model/result.ts";
import { makeCall } from "../fakes/call.ts";
import { createMemoryRepository } from "../fakes/repository.ts";
import { makeStepContext } from "../fakes/step-context.ts";
import { writeInto } from "../fakes/temporary-folder.ts";

const test = suite("openReference");

const PLATFORM = "linux/amd64";

/** Two images, of which the tag stands for the second, in a registry; the engine asked for either says so. */
function start(name: string) {
  const repository = createMemoryRepository("team/image");
  const [signed, other] = ["signed", "other"].map((word): Digest => {
    const config = JSON.stringify({ os: "linux", architecture: "amd64", rootfs: {}, config: { User: word } });
    repository.blobs.set(digestOf(config), Buffer.from(config));
    const manifest = JSON.stringify({
      schemaVersion: 2,
      mediaType: "application/vnd.oci.image.manifest.v1+json",
      config: {
        mediaType: "application/vnd.oci.image.config.v1+json",
        digest: digestOf(config),
        size: config.length,
      },
      layers: [],
    });
    repository.manifests.set(digestOf(manifest), manifest).set("1", manifest);
    return digestOf(manifest);
  });
  const asked: string[] = [];
  const { session, workingDirectory } = makeCall({});
  const context = {
    ...makeStepContext(workingDirectory, {
      probe: async () => succeed({ containerdStore: true } as never),
      identify: async (reference) => {
        asked.push(`engine ${reference}`);
        return undefined;
      },
    }),
    repositoryOf: (reference: string) => {
      asked.push(`registry ${reference}`);
      return repository;
    },
  };
  const open = async (wanted: Omit<WantedImage, "name">) => {
    const found = await openReference(session, { name, ...wanted }, [PLATFORM], context);
    return found.ok ? found.value.images.map(({ digest }) => digest) : found.diagnostics;
  };
  return { signed, other, asked, open, workingDirectory };
}

test("what was found signed is opened, whatever the tag stands for by now, and from the registry", async () => {
  const { signed, asked, open, workingDirectory } = start("team/image:1");
  writeInto(workingDirectory, "team/image:1", "an archive");
  assert.equal(await open({ signed }), [signed]);
  assert.equal(asked, [`registry team/image@${signed}`]);
});

test("without a signature a name without a registry is asked of the engine first", async () => {
  const { other, asked, open } = start("team/image:1");
  assert.equal(await open({}), [other]);
  assert.equal(asked, ["engine team/image:1", "registry team/image:1"]);
});

test.run();
