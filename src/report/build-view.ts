import type { BuildEvent } from "../model/engine.ts";
import { wordBytes } from "./word-transfer.ts";
import { isInternal, lastLine, wordVertex } from "./wording.ts";

/** What is known of a build while it goes on. */
export type BuildView = {
  /** The worded names of the vertices that are at work, by their digests. */
  readonly running: ReadonlyMap<string, string>;
  /** The one that said or did something last. */
  readonly current?: string;
  /** What that one is, or was. */
  readonly what?: string;
  /** The last line that it printed. */
  readonly said?: string;
  /** Layers that the current one brings, by their digests. */
  readonly layers: ReadonlyMap<string, { readonly bytes: number; readonly size: number }>;
};

export const NO_BUILD: BuildView = { running: new Map(), layers: new Map() };

export function advanceBuild(build: BuildView, event: BuildEvent): BuildView {
  switch (event.type) {
    case "vertex-started": {
      if (isInternal(event.name)) return build;
      const running = new Map(build.running).set(event.vertex, wordVertex(event.name));
      return turnTo({ ...build, running }, event.vertex);
    }
    case "vertex-log": {
      const said = lastLine(event.text);
      return said === undefined || said.trim() === "" ? build : { ...turnTo(build, event.vertex), said };
    }
    case "vertex-progress": {
      const { vertex, name, currentBytes: bytes, totalBytes: size } = event;
      if (size === undefined || !name.startsWith("sha256:") || !build.running.has(vertex)) return build;
      const turned = turnTo(build, vertex);
      return { ...turned, layers: new Map(turned.layers).set(name, { bytes, size }) };
    }
    case "vertex-finished": {
      const running = new Map(build.running);
      running.delete(event.vertex);
      const next = { ...build, running };
      const other = [...running.keys()].at(-1);
      return event.vertex === build.current && other !== undefined ? turnTo(next, other) : next;
    }
  }
}

function turnTo(build: BuildView, vertex: string): BuildView {
  const what = build.running.get(vertex);
  if (build.current === vertex || what === undefined) return build;
  return { running: build.running, current: vertex, what, layers: new Map() };
}

/** How many of its layers a vertex has brought: `layer 3/5, 12 MB of 40 MB`; nothing where it brings none. */
export function wordLayers({ layers }: BuildView): string | undefined {
  if (layers.size === 0) return undefined;
  const all = [...layers.values()];
  const sum = (sizes: readonly number[]) => wordBytes(sizes.reduce((total, size) => total + size, 0));
  const done = all.filter(({ bytes, size }) => bytes >= size).length;
  return `layer ${done}/${all.length}, ${sum(all.map(({ bytes }) => bytes))} of ${sum(all.map(({ size }) => size))}`;
}
