type Fed = NodeJS.WritableStream & {
  readonly destroyed: boolean;
  readonly destroy: (error: Error) => unknown;
};

/**
 * Writes chunks into a stream, as fast as it takes them. What they fail with destroys it, so that whoever reads it is
 * told. If it is closed before, because its reader had enough or it was broken, the chunks are closed as well.
 */
export async function feed(chunks: AsyncIterable<Uint8Array>, stream: Fed): Promise<void> {
  try {
    for await (const chunk of chunks) {
      if (stream.destroyed) return;
      if (!stream.write(chunk)) await untilReady(stream);
    }
    stream.end();
  } catch (error) {
    stream.destroy(error instanceof Error ? error : new Error(String(error)));
  }
}

/** Until it takes more, or is closed. One promise for all of it would hold something of each chunk that waited. */
function untilReady(stream: Fed): Promise<void> {
  return new Promise((resolve) => {
    const events = ["drain", "close"];
    const done = (): void => {
      for (const event of events) stream.removeListener(event, done);
      resolve();
    };
    for (const event of events) stream.on(event, done);
  });
}
