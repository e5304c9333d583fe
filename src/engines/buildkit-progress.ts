import type { BuildEvent } from "../model/engine.ts";

type Vertex = {
  readonly digest: string;
  readonly name: string;
  readonly started?: string;
  readonly completed?: string;
  readonly cached?: boolean;
  readonly error?: string;
};

type ProgressLine = {
  readonly vertexes?: readonly Vertex[];
  readonly statuses?: readonly { vertex: string; id: string; current: number; total?: number }[];
  readonly logs?: readonly { vertex: string; data: string }[];
};

/**
 * Turns the lines of `--progress=rawjson` into events, each vertex started and finished once. BuildKit tells a vertex
 * again whenever anything of it changes. Lines that are no JSON are kept: they are where buildx words its errors.
 */
export function createProgressReader(onEvent: (event: BuildEvent) => void) {
  const started = new Map<string, string>();
  const finished = new Set<string>();
  const decoders = new Map<string, InstanceType<typeof TextDecoder>>();
  const otherLines: string[] = [];

  function readVertex(vertex: Vertex): void {
    if (vertex.started !== undefined && !started.has(vertex.digest)) {
      started.set(vertex.digest, vertex.name);
      onEvent({ type: "vertex-started", vertex: vertex.digest, name: vertex.name });
    }
    if (vertex.completed === undefined || finished.has(vertex.digest)) return;
    finished.add(vertex.digest);
    onEvent({
      type: "vertex-finished",
      vertex: vertex.digest,
      name: vertex.name,
      cached: vertex.cached ?? false,
      durationMs: Date.parse(vertex.completed) - Date.parse(vertex.started ?? vertex.completed),
      ...(vertex.error !== undefined && vertex.error !== "" && { error: vertex.error }),
    });
  }

  /** A character of several bytes may come in two pieces. */
  function decode(vertex: string, data: string): string {
    const decoder = decoders.get(vertex) ?? new TextDecoder();
    decoders.set(vertex, decoder);
    return decoder.decode(Buffer.from(data, "base64"), { stream: true });
  }

  function readLine(line: string): void {
    const progress = parseLine(line);
    if (progress === undefined) {
      otherLines.push(line);
      return;
    }
    for (const vertex of progress.vertexes ?? []) readVertex(vertex);
    for (const { vertex, id, current, total } of progress.statuses ?? []) {
      onEvent({
        type: "vertex-progress",
        vertex,
        name: id,
        currentBytes: current,
        ...(total !== undefined && total > 0 && { totalBytes: total }),
      });
    }
    for (const { vertex, data } of progress.logs ?? []) {
      onEvent({ type: "vertex-log", vertex, text: decode(vertex, data) });
    }
  }

  return { readLine, otherLines: otherLines as readonly string[] };
}

function parseLine(line: string): ProgressLine | undefined {
  if (!line.startsWith("{")) return undefined;
  try {
    return JSON.parse(line) as ProgressLine;
  } catch {
    return undefined;
  }
}
