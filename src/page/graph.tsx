import { useEffect, useMemo, useState } from "preact/hooks";
import type { ReportedStep } from "../model/run-report.ts";
import { type DrawnEdge, type DrawnNode, layOutGraph, MOST_DRAWN, pathOf, stagesOf } from "./layout-graph.ts";
import { nextNode } from "./next-node.ts";
import { useReader } from "./reader-context.ts";
import { Mark, Shape } from "./state-mark.tsx";
import type { StepPlaces } from "./step-places.ts";
import { wordTime } from "./words.ts";

type GraphProps = {
  readonly steps: readonly ReportedStep[];
  readonly selected: string | undefined;
  readonly places: StepPlaces;
};

/** What waits for what: drawn where there is room for it, and in stages elsewhere. */
export function Graph(props: GraphProps) {
  const { steps } = props;
  const isDrawn = steps.length <= MOST_DRAWN;
  return (
    <section id="graph" class={isDrawn ? "graph drawn" : "graph"} aria-labelledby="graph-title">
      <h2 id="graph-title">Graph</h2>
      {isDrawn && <Drawing {...props} />}
      <Stages {...props} />
    </section>
  );
}

function Drawing({ steps, selected, places }: GraphProps) {
  // The same while no step comes or goes: states move nothing, and the shape is all of the steps that counts.
  const shape = JSON.stringify(steps.map(({ id, needs, after }) => [id, needs, after]));
  const drawn = useMemo(() => layOutGraph(steps), [shape]);
  const byId = new Map(steps.map((step) => [step.id, step]));
  const [focused, setFocused] = useState(selected ?? steps[0]?.id);
  const isHydrated = useReader() !== undefined;
  const [roves, setRoves] = useState(false);
  useEffect(() => setRoves(isHydrated), [isHydrated]);
  const move = (event: KeyboardEvent, id: string) => {
    const next = nextNode(drawn, id, event.key);
    if (next === undefined) return;
    event.preventDefault();
    setFocused(next);
    const nodes = (event.currentTarget as Element).closest("svg")?.querySelectorAll<SVGElement>("a") ?? [];
    nodes[drawn.nodes.findIndex((node) => node.id === next)]?.focus();
  };
  return (
    <div class="drawing">
      {/* biome-ignore lint/a11y/useSemanticElements: a fieldset cannot be a picture */}
      <svg
        viewBox={`0 0 ${drawn.width} ${drawn.height}`}
        width={drawn.width}
        height={drawn.height}
        role="group"
        aria-label="Graph of the steps; arrow keys go along it"
      >
        <defs>
          <marker
            id="arrow"
            viewBox="0 0 8 8"
            refX="7"
            refY="4"
            markerWidth="7"
            markerHeight="7"
            orient="auto"
          >
            <path class="arrow" d="M0 .8 7 4 0 7.2z" />
          </marker>
        </defs>
        {drawn.edges.map((edge) => (
          <Edge key={`${edge.from} ${edge.to}`} edge={edge} selected={selected} />
        ))}
        {drawn.nodes.map((node) => {
          const step = byId.get(node.id);
          return (
            step !== undefined && (
              <Node
                key={node.id}
                node={node}
                step={step}
                isSelected={node.id === selected}
                tabIndex={roves && node.id !== focused ? -1 : 0}
                onFollow={places.onFollow}
                onMove={move}
                onFocus={setFocused}
                href={`#${places.idOf(node.id)}`}
              />
            )
          );
        })}
      </svg>
    </div>
  );
}

function Edge({ edge, selected }: { readonly edge: DrawnEdge; readonly selected: string | undefined }) {
  const touches = selected !== undefined && (edge.from === selected || edge.to === selected);
  const classes = ["edge", ...(edge.isOrder ? ["order"] : []), ...(touches ? ["near"] : [])];
  return <path class={classes.join(" ")} d={pathOf(edge.points)} marker-end="url(#arrow)" />;
}

type NodeProps = {
  readonly node: DrawnNode;
  readonly step: ReportedStep;
  readonly isSelected: boolean;
  readonly tabIndex: number;
  readonly href: string;
  readonly onFollow: (event: MouseEvent) => void;
  readonly onMove: (event: KeyboardEvent, id: string) => void;
  readonly onFocus: (id: string) => void;
};

function Node({ node, step, isSelected, tabIndex, href, onFollow, onMove, onFocus }: NodeProps) {
  const time = timeOf(step);
  const told = time === undefined ? step.state : `${step.state} · ${time}`;
  return (
    <g transform={`translate(${Math.round(node.x)} ${Math.round(node.y)})`}>
      <title>{step.id}</title>
      <a
        class={`node ${step.state}`}
        href={href}
        // In an SVG the name of the attribute is as it is written.
        tabindex={tabIndex}
        aria-current={isSelected ? "true" : undefined}
        aria-label={`${step.kind} ${node.label} ${told}`}
        onClick={onFollow}
        onKeyDown={(event: KeyboardEvent) => onMove(event, node.id)}
        onFocus={() => onFocus(node.id)}
      >
        <rect width={node.width} height={node.height} rx="9" />
        <g class={`mark ${step.state}`} transform="translate(10 10) scale(.875)">
          <Shape of={step.state} />
        </g>
        <text class="kind" x="31" y="21.5">
          {step.kind}
        </text>{" "}
        <text class="name" x="11" y="38">
          {node.label}
        </text>{" "}
        <text class="told" x="11" y="53">
          {told}
        </text>
      </a>
    </g>
  );
}

/** The same as a list of lists, for narrow windows and for graphs that are too large to draw. */
function Stages({ steps, selected, places }: GraphProps) {
  return (
    <ol class="stages">
      {stagesOf(steps).map((stage) => (
        <li key={stage[0]?.id}>
          <ul>
            {stage.map(({ id, state }) => (
              <li key={id}>
                <a
                  class={`chip ${state}`}
                  href={`#${places.idOf(id)}`}
                  aria-current={id === selected ? "true" : undefined}
                  onClick={places.onFollow}
                >
                  <Mark of={state} />
                  <span>{id}</span> <span class="told">{state}</span>
                </a>
              </li>
            ))}
          </ul>
        </li>
      ))}
    </ol>
  );
}

/** How long it took, unless it had nothing to do or has not begun. */
function timeOf({ startedMs, endedMs }: ReportedStep): string | undefined {
  return startedMs === undefined || endedMs === undefined ? undefined : wordTime(endedMs - startedMs);
}
