import { useCallback, useMemo, useState } from "preact/hooks";
import type { RunReport } from "../model/run-report.ts";
import { Graph } from "./graph.tsx";
import { Header } from "./header.tsx";
import { Images } from "./images.tsx";
import type { Live } from "./live.ts";
import { Outputs } from "./outputs.tsx";
import { Problems } from "./problems.tsx";
import { useReader } from "./reader-context.ts";
import { ScoreForm } from "./score-form.tsx";
import { placeSteps } from "./step-places.ts";
import { Steps } from "./steps.tsx";
import { Tests } from "./tests.tsx";
import { Timeline } from "./timeline.tsx";

export type PageProps = {
  readonly report: RunReport;
  /** Only where the run goes on behind the page. */
  readonly live?: Live | undefined;
  readonly isDisconnected?: boolean;
  /** What a screen reader is told now, and again only when it is something else. */
  readonly announcement?: string;
};

/** A run as a page: all that it shows is in the report. */
export function Page({ report, live, isDisconnected = false, announcement = "" }: PageProps) {
  const reader = useReader();
  const [selected, setSelected] = useState<string>();
  // Steps stay where they are while a run goes on, and so do their places.
  const ids = JSON.stringify(report.steps.map(({ id }) => id));
  const select = useCallback(
    (id: string) => {
      setSelected(id);
      reader?.reveal(`step-${(JSON.parse(ids) as readonly string[]).indexOf(id)}`);
    },
    [reader, ids],
  );
  const places = useMemo(() => placeSteps(report.steps, select), [ids, select]);
  // A choice of the reader changes nothing of these: in a page of thousands of steps they are the most.
  const timeline = useMemo(() => <Timeline report={report} places={places} />, [report, places]);
  const images = useMemo(() => <Images images={report.images} />, [report]);
  return (
    <>
      <Header report={report} isDisconnected={isDisconnected} />
      <Contents report={report} live={live} />
      <main>
        <p class="unseen" role="status">
          {announcement}
        </p>
        <Problems report={report} places={places} />
        {live !== undefined && <ScoreForm live={live} />}
        {report.steps.length > 0 && <Graph steps={report.steps} selected={selected} places={places} />}
        {timeline}
        <Steps report={report} selected={selected} places={places} />
        <Tests tests={report.tests} />
        {images}
        <Outputs outputs={report.outputs} />
      </main>
    </>
  );
}

function Contents({ report, live }: Pick<PageProps, "report" | "live">) {
  const sections: readonly (readonly [string, string, boolean])[] = [
    ["score", "Score", live !== undefined && live.service.state !== "none"],
    ["graph", "Graph", report.steps.length > 0],
    ["timeline", "Timeline", true],
    ["steps", "Steps", true],
    ["tests", "Tests", report.tests.length > 0],
    ["image", "Image", report.images.length > 0],
    ["outputs", "Outputs", report.outputs.length > 0],
  ];
  return (
    <nav aria-label="On this page">
      <ul>
        {sections
          .filter(([, , isThere]) => isThere)
          .map(([id, name]) => (
            <li key={id}>
              <a href={`#${id}`}>{name}</a>
            </li>
          ))}
      </ul>
    </nav>
  );
}
