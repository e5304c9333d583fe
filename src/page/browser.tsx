// What runs in the reader's browser: `npm run build` makes `dist/page.js` of it.
import { hydrate } from "preact";
import type { RunReport } from "../model/run-report.ts";
import type { Answer, Live, Reader, Service, ThemeChoice } from "./live.ts";
import { LivePage, type Stream } from "./live-page.tsx";
import { Page } from "./page.tsx";
import { ReaderContext } from "./reader-context.ts";
import { makeVisible } from "./visible-report.ts";

const THEME_KEY = "mlpackage-theme";

const reader: Reader = {
  copy,
  score,
  theme: (document.documentElement.dataset.theme ?? "auto") as ThemeChoice,
  chooseTheme: (theme) => {
    document.documentElement.dataset.theme = theme;
    try {
      localStorage.setItem(THEME_KEY, theme);
    } catch {
      // Where the browser keeps nothing, the choice is for this time.
    }
  },
  reveal,
  entitle: (title) => {
    document.title = title;
  },
};

async function copy(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyBySelection(text);
  }
}

/** For pages from elsewhere than this machine over HTTP, which have no clipboard. */
function copyBySelection(text: string): boolean {
  const area = document.createElement("textarea");
  const focused = document.activeElement;
  area.value = text;
  document.body.append(area);
  area.select();
  const isCopied = document.execCommand("copy");
  area.remove();
  if (focused instanceof HTMLElement) focused.focus();
  return isCopied;
}

async function score(body: string): Promise<Answer> {
  const began = performance.now();
  try {
    const response = await fetch("score", {
      method: "POST",
      body,
      headers: { "content-type": "application/json" },
    });
    const text = await response.text();
    const { status, statusText } = response;
    return { status, statusText, tookMs: performance.now() - began, body: text };
  } catch (error) {
    return { failure: error instanceof Error ? error.message : String(error) };
  }
}

function reveal(id: string): void {
  const element = document.getElementById(id);
  if (!(element instanceof HTMLDetailsElement)) return;
  element.open = true;
  const isCalm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  element.scrollIntoView({ behavior: isCalm ? "auto" : "smooth", block: "start" });
  element.querySelector("summary")?.focus({ preventScroll: true });
}

const stream: Stream = {
  listen: ({ onReport, onService, onConnected }) => {
    const events = new EventSource("events");
    let hasEnded = false;
    let [latest, isDue]: [string | undefined, boolean] = [undefined, false];
    // Several reports between two pictures are one.
    const draw = () => {
      isDue = false;
      if (latest === undefined) return;
      const report = JSON.parse(latest) as RunReport;
      hasEnded = report.state !== "running";
      onReport(makeVisible(report));
    };
    events.addEventListener("message", ({ data }: MessageEvent<string>) => {
      latest = data;
      if (isDue) return;
      isDue = true;
      setTimeout(draw, DRAW_EVERY_MS);
    });
    events.addEventListener("service", ({ data }: MessageEvent<string>) =>
      onService(JSON.parse(data) as Service),
    );
    events.addEventListener("open", () => onConnected(true));
    events.addEventListener("error", () => {
      onConnected(false);
      // A server that ended after its run is not looked for any more.
      if (hasEnded) events.close();
    });
    return () => events.close();
  },
};

const DRAW_EVERY_MS = 100;

function readEmbedded<T>(id: string): T | undefined {
  const text = document.getElementById(id)?.textContent;
  return text ? (JSON.parse(text) as T) : undefined;
}

/** What is closed is not printed by itself. */
function openForPrint(): void {
  let opened: readonly HTMLDetailsElement[] = [];
  addEventListener("beforeprint", () => {
    opened = [...document.querySelectorAll<HTMLDetailsElement>("details:not([open])")];
    for (const details of opened) details.open = true;
  });
  addEventListener("afterprint", () => {
    for (const details of opened) details.open = false;
  });
}

const page = document.getElementById("page");
const report = readEmbedded<RunReport>("run-report");
const live = readEmbedded<Live>("live");
if (page !== null && report !== undefined) {
  hydrate(
    <ReaderContext.Provider value={reader}>
      {live === undefined ? (
        <Page report={report} />
      ) : (
        <LivePage report={report} live={live} stream={stream} />
      )}
    </ReaderContext.Provider>,
    page,
  );
  openForPrint();
}
