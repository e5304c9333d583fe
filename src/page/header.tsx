import type { ComponentChildren } from "preact";
import type { RunReport } from "../model/run-report.ts";
import { State } from "./state-mark.tsx";
import { ThemeSwitch } from "./theme-switch.tsx";
import { wordMoment, wordTime } from "./words.ts";

type HeaderProps = { readonly report: RunReport; readonly isDisconnected: boolean };

export function Header({ report, isDisconnected }: HeaderProps) {
  const { state, summary, began, durationMs, savedMs, version } = report;
  return (
    <header class="top">
      <div class="title">
        <h1>{report.package.name}</h1>
        <State of={state} />
        {isDisconnected && <State of="disconnected" />}
        <ThemeSwitch />
      </div>
      <p class="summary">{summary}</p>
      <dl class="facts">
        <Fact name="File">
          <code>{report.package.file}</code>
        </Fact>
        <Fact name="Began">
          <time dateTime={began}>{wordMoment(began)}</time>
        </Fact>
        <Fact name={state === "running" ? "For" : "Took"}>{wordTime(durationMs)}</Fact>
        <Fact name="Saved by the cache">{savedMs > 0 ? wordTime(savedMs) : "nothing"}</Fact>
        <Fact name="mlpackage">{version}</Fact>
      </dl>
    </header>
  );
}

function Fact({ name, children }: { readonly name: string; readonly children: ComponentChildren }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
