import { renderToString } from "preact-render-to-string";
import { digestOf } from "../model/digest.ts";
import type { RunReport } from "../model/run-report.ts";
import { PAGE_BEGINNING } from "./beginning.ts";
import type { Live } from "./live.ts";
import { Page } from "./page.tsx";
import { makeVisible } from "./visible-report.ts";

/** What is built for the browser: `dist/page.js` and `dist/page.css`. */
export type PageAssets = { readonly script: string; readonly style: string };

/** Before anything is seen: the colours that this reader chose last time, and that there are scripts. */
const FIRST_SCRIPT = `try{document.documentElement.dataset.theme=localStorage.getItem("mlpackage-theme")||"auto"}catch{}document.documentElement.dataset.script=""`;

/**
 * A complete HTML document that asks nobody for anything, and can be read without a script.
 *
 * With `live`, it listens to the server that it came from: `events`, relative to the page, is a stream of server-sent
 * events whose data is JSON, a whole `RunReport` in those without a name, a `Service` in those named `service`; and
 * `score` takes the form's body by POST. The page is disconnected when the stream ends while the run goes on.
 */
export function renderPage(report: RunReport, assets: PageAssets, live?: Live): string {
  const shown = makeVisible(report);
  const title = `${shown.package.name}: ${shown.state}`;
  const script = assets.script.replaceAll(/<\/(?=script)/gi, "<\\/").replaceAll("<!--", "<\\!--");
  const style = assets.style.replaceAll(/<\/(?=style)/gi, "<\\/");
  const policy = [
    "default-src 'none'",
    `script-src ${hashOf(FIRST_SCRIPT)} ${hashOf(script)}`,
    "style-src 'unsafe-inline'",
    "img-src data:",
    ...(live === undefined ? [] : ["connect-src 'self'"]),
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
  const head = renderToString(
    <head>
      <meta charset="utf-8" />
      <meta http-equiv="Content-Security-Policy" content={policy} />
      <meta name="viewport" content="width=device-width, initial-scale=1" />
      <meta name="color-scheme" content="light dark" />
      <meta name="referrer" content="no-referrer" />
      <title>{title}</title>
      <link rel="icon" href="data:," />
      <style dangerouslySetInnerHTML={{ __html: style }} />
      <script dangerouslySetInnerHTML={{ __html: FIRST_SCRIPT }} />
    </head>,
  );
  const body = renderToString(<Page report={shown} live={live} />);
  const data = [
    `<script type="application/json" id="run-report">${embed(shown)}</script>`,
    ...(live === undefined ? [] : [`<script type="application/json" id="live">${embed(live)}</script>`]),
  ].join("\n");
  return `${PAGE_BEGINNING}
<html lang="en">
${head}
<body>
<div id="page">${body}</div>
${data}
<script>${script}</script>
</body>
</html>
`;
}

/** JSON in which nothing ends a script element, or begins a comment. */
function embed(value: unknown): string {
  return JSON.stringify(value).replaceAll("<", "\\u003c");
}

function hashOf(script: string): string {
  return `'sha256-${Buffer.from(digestOf(script).slice("sha256:".length), "hex").toString("base64")}'`;
}
