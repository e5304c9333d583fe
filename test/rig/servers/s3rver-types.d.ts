/** A server of the S3 protocol that checks signatures; it knows one account, whose two keys are `S3RVER`. */
declare module "@20minutes/s3rver" {
  import type { Server } from "node:http";

  export default class S3rver {
    constructor(options: {
      readonly address: string;
      readonly port: number;
      readonly silent: boolean;
      readonly directory: string;
      readonly configureBuckets: readonly { readonly name: string }[];
    });
    readonly httpServer: Server;
    readonly store: { listObjects(bucket: string, options: unknown): Promise<unknown> };
    run(): Promise<{ readonly port: number }>;
    close(): Promise<void>;
  }
}
