import type { IncomingMessage } from "node:http";
import S3rver from "@20minutes/s3rver";
import { PutObjectCommand, S3Client } from "@aws-sdk/client-s3";

export const S3RVER_KEYS = { AWS_ACCESS_KEY_ID: "S3RVER", AWS_SECRET_ACCESS_KEY: "S3RVER" };

/** A real server of the S3 protocol, with one bucket, `models`, and the objects in it; `directory` is an empty folder. */
export async function startS3rver(directory: string, objects: Readonly<Record<string, Buffer>>) {
  const server = new S3rver({
    address: "127.0.0.1",
    port: 0,
    silent: true,
    directory,
    configureBuckets: [{ name: "models" }],
  });
  const { port } = await server.run();
  const url = `http://127.0.0.1:${port}`;
  server.httpServer.unref().on("connection", (socket) => socket.unref());
  server.httpServer.prependListener("request", keepSlash);
  const { store } = server;
  const listObjects = store.listObjects.bind(store);
  store.listObjects = (bucket, options) => listObjects(bucket.replace(/\/$/, ""), options);
  const client = new S3Client({
    region: "us-east-1",
    endpoint: url,
    forcePathStyle: true,
    credentials: { accessKeyId: "S3RVER", secretAccessKey: "S3RVER" },
    requestChecksumCalculation: "WHEN_REQUIRED",
  });
  for (const [Key, Body] of Object.entries(objects))
    await client.send(new PutObjectCommand({ Bucket: "models", Key, Body }));
  client.destroy();
  return {
    url,
    stop: async () => {
      server.httpServer.closeAllConnections();
      await server.close();
    },
  };
}

/**
 * This server forgets the slash behind a bucket's name, which is signed, unless it is a part of the name; its store must
 * not see it.
 */
function keepSlash(request: IncomingMessage): void {
  request.url = request.url?.replace(/^\/([^/?]+)\/(?=\?|$)/, "/$1%2F");
}
