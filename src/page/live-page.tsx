import { useEffect, useState } from "preact/hooks";
import type { RunReport } from "../model/run-report.ts";
import { keepSame } from "./keep-same.ts";
import type { Live, Service } from "./live.ts";
import { Page } from "./page.tsx";
import { useReader } from "./reader-context.ts";

/** What the page is told by the server it came from. */
export interface Stream {
  /** Each is called for as long as the page is open; returns how to stop that. */
  listen(listener: {
    readonly onReport: (report: RunReport) => void;
    readonly onService: (service: Service) => void;
    readonly onConnected: (isConnected: boolean) => void;
  }): () => void;
}

type LivePageProps = { readonly report: RunReport; readonly live: Live; readonly stream: Stream };

/** The page of a run that goes on: drawn anew with each report that comes. */
export function LivePage({ report: first, live, stream }: LivePageProps) {
  const reader = useReader();
  const [report, setReport] = useState(first);
  const [service, setService] = useState(live.service);
  const [isConnected, setConnected] = useState(true);
  useEffect(
    () =>
      stream.listen({
        onReport: (next) => setReport((known) => keepSame(known, next)),
        onService: setService,
        onConnected: setConnected,
      }),
    [stream],
  );
  const isDisconnected = !isConnected && report.state === "running";
  const title = `${report.package.name}: ${isDisconnected ? "disconnected" : report.state}`;
  useEffect(() => reader?.entitle(title), [reader, title]);
  return (
    <Page
      report={report}
      live={{ ...live, service }}
      isDisconnected={isDisconnected}
      announcement={report === first ? "" : announce(report, isDisconnected)}
    />
  );
}

/** What a listener has to know, in words that stay the same while only time goes by. */
function announce({ state, steps }: RunReport, isDisconnected: boolean): string {
  const failed = steps.filter((step) => step.state === "failed").map(({ id }) => id);
  return [
    isDisconnected ? "Disconnected: what is shown may be old." : `The run: ${state}.`,
    ...(failed.length === 0 ? [] : [`Failed: ${failed.slice(0, 3).join(", ")}.`]),
  ].join(" ");
}
