import type { IncomingMessage, ServerResponse } from "node:http";
import { digestOf } from "../../../src/model/digest.ts";
import { rangeOf } from "./files.ts";
import { startService } from "./service.ts";

/** A layer of an artifact that a test makes up. */
export type ServedLayer = {
  readonly mediaType: string;
  readonly content: Buffer;
  readonly annotations?: Readonly<Record<string, string>>;
};

export type ServedArtifact = {
  readonly manifest: string;
  readonly blobs: readonly Buffer[];
};

type Described = {
  readonly artifactType?: string;
  readonly configType: string;
  readonly config?: Buffer;
  readonly annotations?: Readonly<Record<string, string>>;
};

/** An artifact of these layers, in an OCI image manifest (image specification 1.1). */
export function makeArtifact(
  { artifactType, configType, config = Buffer.from("{}"), annotations }: Described,
  layers: readonly ServedLayer[],
): ServedArtifact {
  const describe = (mediaType: string, content: Buffer) => ({
    mediaType,
    digest: digestOf(content),
    size: content.length,
  });
  const manifest = {
    schemaVersion: 2,
    mediaType: "application/vnd.oci.image.manifest.v1+json",
    ...(artifactType !== undefined && { artifactType }),
    config: describe(configType, config),
    layers: layers.map(({ mediaType, content, annotations: noted }) => ({
      ...describe(mediaType, content),
      ...(noted !== undefined && { annotations: noted }),
    })),
    ...(annotations !== undefined && { annotations }),
  };
  return { manifest: JSON.stringify(manifest), blobs: [config, ...layers.map(({ content }) => content)] };
}

/** A ModelPack of these files, each in a layer of its own. */
export function makeModelPack(files: Readonly<Record<string, Buffer>>): ServedArtifact {
  const layers = Object.entries(files).map(([path, content]) => ({
    mediaType: "application/vnd.cncf.model.weight.v1.raw",
    content,
    annotations: { "org.cncf.model.filepath": path },
  }));
  return makeArtifact(
    {
      artifactType: "application/vnd.cncf.model.manifest.v1+json",
      configType: "application/vnd.cncf.model.config.v1+json",
    },
    layers,
  );
}

/**
 * A registry that has artifacts, by `team/model:tag`, and is read from: manifests by tag and digest, blobs whole and in
 * ranges, errors in its own JSON (distribution specification 1.1). An artifact without blobs is an index of others.
 */
export async function startRegistry(artifacts: Readonly<Record<string, ServedArtifact>>) {
  const manifests = new Map<string, string>();
  const blobs = new Map<string, Buffer>();
  for (const [reference, { manifest, blobs: contents }] of Object.entries(artifacts)) {
    const [repository = "", tag = ""] = reference.split(":");
    for (const name of [tag, digestOf(manifest)]) manifests.set(`${repository}/manifests/${name}`, manifest);
    for (const content of contents) blobs.set(`${repository}/blobs/${digestOf(content)}`, content);
  }
  return startService((request, response) => {
    const path = new URL(request.url ?? "/", "http://x").pathname.replace(/^\/v2\//, "");
    const [manifest, blob] = [manifests.get(path), blobs.get(path)];
    if (manifest !== undefined) return sendManifest(manifest, request, response);
    if (blob !== undefined) return sendBlob(blob, request, response);
    const code = path.includes("/manifests/") ? "MANIFEST_UNKNOWN" : "BLOB_UNKNOWN";
    response.writeHead(404, { "content-type": "application/json" });
    response.end(JSON.stringify({ errors: [{ code, message: "not known to registry" }] }));
  });
}

function sendManifest(text: string, { method }: IncomingMessage, response: ServerResponse): void {
  const { mediaType } = JSON.parse(text) as { readonly mediaType: string };
  response.writeHead(200, {
    "content-type": mediaType,
    "content-length": String(Buffer.byteLength(text)),
    "docker-content-digest": digestOf(text),
  });
  response.end(method === "HEAD" ? undefined : text);
}

function sendBlob(content: Buffer, { method, headers }: IncomingMessage, response: ServerResponse): void {
  const etag = `"${digestOf(content)}"`;
  const range = rangeOf(headers, content.length, etag);
  if (range === "unsatisfiable")
    return void response.writeHead(416, { "content-range": `bytes */${content.length}` }).end();
  const [start, end] = range ?? [0, content.length];
  response.writeHead(range === undefined ? 200 : 206, {
    etag,
    "accept-ranges": "bytes",
    "content-type": "application/octet-stream",
    "content-length": String(end - start),
    ...(range !== undefined && { "content-range": `bytes ${start}-${end - 1}/${content.length}` }),
  });
  response.end(method === "HEAD" ? undefined : content.subarray(start, end));
}
