import type { Descriptor } from "../model/image.ts";
import { RegistryError } from "../model/registry.ts";
import type { StepContext } from "../model/step-kind.ts";
import { BaseFault, withRegistryFaults } from "./registry-faults.ts";

/** How many blobs are brought at once. */
export const AT_ONCE = 3;

/** Brings a layer of the base here. What is wrong with its registry is told of that one, whoever is to have the image. */
export async function fetchBlob(blob: Descriptor, repository: string, context: StepContext): Promise<string> {
  const { store, repositoryOf, signal, report } = context;
  const known = await store.find(blob.digest);
  if (known !== undefined) return known;
  report({ type: "doing", text: `fetching ${(blob.size / 1e6).toFixed(0)} MB of the base image` });
  const fetched = await withRegistryFaults(`${repository}@${blob.digest}`, async () => {
    const chunks = await repositoryOf(repository).readBlob(blob.digest, signal);
    if (chunks === undefined) throw new RegistryError(404, `it has lost the layer ${blob.digest}`);
    return (await store.write(ofSize(chunks, blob))).path;
  });
  if (fetched.ok) return fetched.value;
  throw new BaseFault(fetched.diagnostics);
}

/** Its manifest may lie about a layer, and the registry may send without an end. */
async function* ofSize(
  chunks: AsyncIterable<Uint8Array>,
  { digest, size }: Descriptor,
): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  const wrong = () =>
    new RegistryError(200, `its layer ${digest} has not the ${size} bytes its manifest says`);
  for await (const chunk of chunks) {
    bytes += chunk.length;
    if (bytes > size) throw wrong();
    yield chunk;
  }
  if (bytes !== size) throw wrong();
}
