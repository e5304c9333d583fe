import type { Graph } from "../model/graph.ts";
import type { Outcome } from "../model/outcome.ts";
import type { Pool, Step } from "../model/step.ts";
import { pathLengths } from "./critical-path.ts";
import { createHeap, type Heap } from "./heap.ts";
import { type Links, linkSteps } from "./link-steps.ts";

export type Limits = Readonly<Record<Pool, number>> & { readonly jobs: number };

export type ScheduleOptions = {
  readonly limits: Limits;
  /** Whether a failure leaves what it does not concern to run. */
  readonly keepGoing: boolean;
  /** How long a step took when it last ran, in milliseconds; undefined where nobody knows. */
  readonly lastDuration: (stepId: string) => number | undefined;
};

/** Where a run stands: a state machine that knows neither time nor processes. A whole run costs `n log n`. */
export interface Schedule {
  /** The steps that may start now, within every limit; what has the most work behind it comes first. They count as running. */
  startReady(): readonly Step[];
  /** Says how a running step ended. Throws for a step that does not run: that is a bug. */
  settle(stepId: string, outcome: Outcome): void;
  /** Starts nothing more. What has not started is cancelled; what runs is still waited for. */
  stop(): void;
  /** How steps ended so far, in the graph's order; gathered at each look. */
  readonly outcomes: ReadonlyMap<string, Outcome>;
}

export function createSchedule(graph: Graph, options: ScheduleOptions): Schedule {
  const { steps } = graph;
  const { limits, keepGoing } = options;
  const links = linkSteps(graph);
  const queue = createQueue(graph, links, options);
  // All below goes by the places of steps in the graph.
  const waitsFor = links.before.map(({ length }) => length);
  const outcomes: (Outcome | undefined)[] = steps.map(() => undefined);
  const running = new Set<number>();
  let isStopped = false;
  waitsFor.forEach((count, place) => {
    if (count === 0) queue.add(place);
  });

  function startReady(): readonly Step[] {
    const started: Step[] = [];
    while (!isStopped && running.size < limits.jobs) {
      const place = queue.take();
      if (place === undefined) break;
      running.add(place);
      started.push(steps[place] as Step);
    }
    return started;
  }

  function settle(stepId: string, outcome: Outcome): void {
    const place = links.placeOf(stepId);
    if (place === undefined || !running.delete(place))
      throw new Error(`step ${stepId} does not run and cannot be settled`);
    queue.leave(place);
    outcomes[place] = outcome;
    if (hasMade(outcome)) release(place);
    else if (outcome.status === "failed") block(place);
    if (outcome.status === "cancelled" || (outcome.status === "failed" && !keepGoing)) stop();
  }

  function release(place: number): void {
    for (const next of links.behind[place] ?? []) {
      const left = (waitsFor[next] ?? 0) - 1;
      waitsFor[next] = left;
      if (left === 0) queue.add(next);
    }
  }

  /** Blocks all that stands behind a failure. */
  function block(failed: number): void {
    const found = new Set(openBehind(failed));
    for (const place of found) for (const next of openBehind(place)) found.add(next);
    // In the graph's order, so that what a step depends on is blocked before it.
    for (const place of [...found].sort((one, other) => one - other)) {
      const lost = (links.before[place] ?? []).filter((earlier) => isLost(outcomes[earlier]));
      outcomes[place] = { status: "blocked", by: lost.flatMap((earlier) => steps[earlier]?.id ?? []) };
    }
  }

  function openBehind(place: number): readonly number[] {
    return (links.behind[place] ?? []).filter((next) => outcomes[next] === undefined);
  }

  function stop(): void {
    if (isStopped) return;
    isStopped = true;
    for (const place of steps.keys()) {
      if (!running.has(place)) outcomes[place] ??= { status: "cancelled" };
    }
  }

  return {
    startReady,
    settle,
    stop,
    get outcomes() {
      const known = new Map<string, Outcome>();
      steps.forEach(({ id }, place) => {
        const outcome = outcomes[place];
        if (outcome !== undefined) known.set(id, outcome);
      });
      return known;
    },
  };
}

function hasMade({ status }: Outcome): boolean {
  return status === "succeeded" || status === "fresh" || status === "restored";
}

function isLost(outcome: Outcome | undefined): boolean {
  return outcome?.status === "failed" || outcome?.status === "blocked";
}

/** Steps that may start, by place. */
type Queue = {
  readonly add: (place: number) => void;
  /** The most urgent step whose pool has room; it takes a place in the pool until it leaves. */
  readonly take: () => number | undefined;
  readonly leave: (place: number) => void;
};

type PoolState = { readonly waiting: Heap<number>; readonly limit: number; taken: number };

/** Each pool has its own line, so that one that is full keeps nobody else waiting. */
function createQueue(graph: Graph, links: Links, { limits, lastDuration }: ScheduleOptions): Queue {
  const lengths = pathLengths(graph, links, lastDuration);
  const isBefore = (one: number, other: number): boolean => {
    const difference = (lengths[one] ?? 0) - (lengths[other] ?? 0);
    return difference === 0 ? one < other : difference > 0;
  };
  const pools = new Map<Pool, PoolState>();
  const poolAt = (place: number): PoolState => {
    const { pool } = graph.steps[place] as Step;
    const known = pools.get(pool);
    if (known !== undefined) return known;
    const made: PoolState = { waiting: createHeap(isBefore), limit: limits[pool], taken: 0 };
    pools.set(pool, made);
    return made;
  };

  function take(): number | undefined {
    let first: number | undefined;
    for (const { waiting, limit, taken } of pools.values()) {
      const place = taken < limit ? waiting.peek() : undefined;
      if (place !== undefined && (first === undefined || isBefore(place, first))) first = place;
    }
    if (first === undefined) return undefined;
    const pool = poolAt(first);
    pool.taken += 1;
    return pool.waiting.pop();
  }

  return {
    add: (place) => poolAt(place).waiting.push(place),
    take,
    leave: (place) => {
      poolAt(place).taken -= 1;
    },
  };
}
