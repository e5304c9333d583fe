import type { NetworkResponse } from "../model/host.ts";
import { RegistryError } from "../model/registry.ts";

/** More than any answer needs that is no manifest and no blob. */
const MOST_BYTES = 64 * 1024;

/** The bytes of an answer that is short, whoever sends it. */
export async function readBytes(response: NetworkResponse, most = MOST_BYTES): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > most) throw new RegistryError(response.status, `its answer has more than ${most} bytes`);
  }
  return Buffer.concat(chunks);
}

/** As `readBytes`, as text in UTF-8. */
export async function readAnswer(response: NetworkResponse): Promise<string> {
  return (await readBytes(response)).toString("utf8");
}
