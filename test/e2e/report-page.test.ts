// The page that shows a run, in a real browser: as a file, and while the run goes on behind it.
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import * as assert from "uvu/assert";
import type { RunReport } from "../../src/model/run-report.ts";
import type { Live } from "../../src/page/live.ts";
import { type PageAssets, renderPage } from "../../src/page/render-page.tsx";
import { makeFailedReport, makeReport, makeRunningReport, makeStep } from "../fakes/run-report.ts";
import { collectComplaints, findBarriers, startBrowser } from "./browser.ts";
import { type PageServer, servePage } from "./page-server.ts";
import { timedSuite } from "./timed-suite.ts";

const test = timedSuite("report page");
let browser: Browser;
let assets: PageAssets;
let folder: string;
const servers: PageServer[] = [];

test.before(async () => {
  const read = (name: string) => readFile(new URL(`../../dist/${name}`, import.meta.url), "utf8");
  assets = { script: await read("page.js"), style: await read("page.css") };
  folder = await mkdtemp(path.join(tmpdir(), "report-page-"));
  browser = await startBrowser();
});
test.after(async () => {
  await browser.close();
  await Promise.all(servers.map((server) => server.close()));
  await rm(folder, { recursive: true });
});

async function open(address: string, how: BrowserContextOptions = {}) {
  const context = await browser.newContext(how);
  const page = await context.newPage();
  page.setDefaultTimeout(10_000);
  const complaints = collectComplaints(page);
  const requests: string[] = [];
  page.on("request", (request) => requests.push(request.url()));
  await page.goto(address);
  return { page, complaints, requests, close: () => context.close() };
}

/** The page of a report as a file, opened from the disk. */
async function openFile(report: RunReport, how: BrowserContextOptions = {}) {
  const file = path.join(folder, "report.html");
  await writeFile(file, renderPage(report, assets));
  return open(pathToFileURL(file).href, how);
}

async function openLive(report: RunReport, live: Live) {
  const server = await servePage(renderPage(report, assets, live));
  servers.push(server);
  const opened = await open(server.url);
  while (server.listeners() === 0) await opened.page.waitForTimeout(20);
  return { ...opened, server };
}

async function picture(page: Page, name: string): Promise<void> {
  if (process.env.SCREENSHOTS)
    await page.screenshot({ path: `${process.env.SCREENSHOTS}/report-${name}.png`, fullPage: true });
}

const focusedText = (page: Page) => page.evaluate<string>("document.activeElement.textContent");
const isOpen = (page: Page, id: string) => page.evaluate<boolean>(`document.getElementById("${id}").open`);

test("a file asks nobody for anything, and its script takes over what was rendered as it is", async () => {
  const { page, complaints, requests, close } = await openFile(makeReport());
  const rendered = /<div id="page">(.*)<\/div>\n<script/s.exec(renderPage(makeReport(), assets))?.[1] ?? "";
  const texts = await page.evaluate<readonly string[]>(
    `[new DOMParser().parseFromString(${JSON.stringify(rendered)}, "text/html").body, document.getElementById("page")].map((element) => element.textContent)`,
  );
  assert.is(texts[1], texts[0]);
  assert.equal(requests, [page.url()]);
  assert.equal(complaints, []);
  assert.is(await page.title(), "diabetes: succeeded");
  await close();
});

test("a click on a step in the graph opens and marks it", async () => {
  const { page, complaints, close } = await openFile(makeReport());
  const node = page.getByRole("link", { name: "build environment succeeded · 25 s" });
  assert.is(await isOpen(page, "step-5"), false);
  await node.click();
  assert.is(await isOpen(page, "step-5"), true);
  assert.is(await node.getAttribute("aria-current"), "true");
  assert.match(await focusedText(page), /^build:environment/);
  await page.getByText("requirements.txt changed (3fa0c1 → 91be22)").last().waitFor({ state: "visible" });
  await page.locator("#step-5").getByRole("link", { name: "lock:packages" }).click();
  assert.is(await isOpen(page, "step-4"), true);
  assert.is(await page.locator(".step.selected").count(), 1);
  assert.equal(complaints, []);
  await close();
});

test("the keyboard alone goes along the graph and into a step", async () => {
  const { page, complaints, close } = await openFile(makeReport());
  const stops: string[] = [];
  while (!stops.at(-1)?.startsWith("fetch ridge fresh")) {
    await page.keyboard.press("Tab");
    stops.push(await focusedText(page));
    assert.ok(stops.length < 15, stops.join(", "));
  }
  for (const key of ["ArrowRight", "ArrowRight", "ArrowRight"]) await page.keyboard.press(key);
  assert.match(await focusedText(page), /^load image/);
  await page.keyboard.press("Enter");
  assert.is(await isOpen(page, "step-7"), true);
  await page.keyboard.press("Enter");
  assert.is(await isOpen(page, "step-7"), false);
  assert.equal(complaints, []);
  await close();
});

test("a copy button copies, and says so", async () => {
  const { page, complaints, close } = await openFile(makeReport());
  await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  await page.getByRole("button", { name: "Copy the command that runs it" }).click();
  await page.getByRole("button", { name: "Copied the command that runs it" }).waitFor();
  const command = makeReport().outputs[0]?.commands[1]?.command;
  assert.is(await page.evaluate("navigator.clipboard.readText()"), command);
  await page.getByRole("button", { name: "Copy the command that runs it" }).waitFor();
  assert.equal(complaints, []);
  await close();
});

test("chosen colours stay chosen", async () => {
  const { page, complaints, close } = await openFile(makeReport(), { colorScheme: "light" });
  const background = () => page.evaluate<string>("getComputedStyle(document.body).backgroundColor");
  const light = await background();
  await page.getByRole("button", { name: "dark" }).click();
  const dark = await background();
  assert.is.not(dark, light);
  await page.reload();
  assert.is(await background(), dark);
  assert.is(await page.getByRole("button", { name: "dark" }).getAttribute("aria-pressed"), "true");
  await page.getByRole("button", { name: "auto" }).click();
  assert.is(await background(), light);
  assert.equal(complaints, []);
  await close();
});

test("without a script all is there, steps can be gone to, and no button is dead", async () => {
  const { page, close } = await openFile(makeFailedReport(), { javaScriptEnabled: false });
  assert.is(await page.getByRole("button").count(), 0);
  await page.getByText("error[test/status]").first().waitFor({ state: "visible" });
  await page.getByRole("link", { name: "build environment succeeded · 25 s" }).click();
  assert.match(page.url(), /#step-5$/);
  await page.locator("#step-5 summary").click();
  await page.getByText("Collecting package-17").waitFor({ state: "visible" });
  await close();
});

test("what is printed is open, black on white, and has no buttons", async () => {
  const { page, close } = await openFile(makeFailedReport(), {
    colorScheme: "dark",
    viewport: { width: 720, height: 1000 },
  });
  await page.emulateMedia({ media: "print" });
  const colours = await page.evaluate(
    "(({ backgroundColor, color }) => [backgroundColor, color])(getComputedStyle(document.body))",
  );
  assert.equal(colours, ["rgb(255, 255, 255)", "rgb(0, 0, 0)"]);
  assert.is(await page.getByRole("button").count(), 0);
  const log = await page.getByText("Collecting package-17").boundingBox();
  assert.ok(log !== null && log.height > 100);
  await picture(page, "print");
  await close();
});

test("a long and hostile report stays within a narrow window", async () => {
  const long = "x".repeat(400);
  const { page, complaints, close } = await openFile(
    makeReport({
      package: { name: long, file: long },
      summary: `</script><script>document.title = "taken"</script>${long}`,
      steps: [
        makeStep(`fetch:${long}`, "failed", {
          because: [long],
          doing: long,
          log: [long],
          endedMs: 9,
          startedMs: 0,
        }),
      ],
      outputs: [
        {
          step: "s",
          type: "image",
          name: long,
          state: "succeeded",
          commands: [{ does: long, command: long }],
        },
      ],
    }),
    { viewport: { width: 320, height: 700 } },
  );
  assert.is(await page.evaluate("document.documentElement.scrollWidth"), 320);
  assert.match(await page.title(), /^x+: succeeded$/);
  assert.equal(complaints, []);
  await close();
});

test("a page of thousands of steps answers a click, on a busy machine as well", async () => {
  const steps = Array.from({ length: 2000 }, (_, index) =>
    makeStep(`fetch:model-${index}`, "succeeded", { startedMs: index, endedMs: index + 50 }),
  );
  const log = Array.from({ length: 10_000 }, (_, index) => `line ${index}`);
  const { page, close } = await openFile(
    makeReport({ steps: [...steps, makeStep("test", "failed", { log })] }),
  );
  const tookMs = await page.evaluate<number>(
    `(async () => {
      const began = performance.now();
      document.querySelector("a[href='#step-1999']").click();
      await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
      return performance.now() - began;
    })()`,
  );
  assert.is(await isOpen(page, "step-1999"), true);
  assert.ok(tookMs < 5000, `${tookMs} ms`);
  await close();
});

for (const colorScheme of ["light", "dark"] as const) {
  for (const width of [320, 1280]) {
    test(`nobody is shut out, and nothing is cut off: ${colorScheme}, ${width} pixels`, async () => {
      for (const [name, report] of [
        ["succeeded", makeReport()],
        ["failed", makeFailedReport()],
        ["running", makeRunningReport()],
      ] as const) {
        const { page, close } = await openFile(report, { colorScheme, viewport: { width, height: 800 } });
        await page.evaluate(
          'for (const details of document.querySelectorAll("details")) details.open = true',
        );
        assert.equal(await findBarriers(page), [], name);
        assert.is(await page.evaluate("document.documentElement.scrollWidth"), width, name);
        await picture(page, `${name}-${colorScheme}-${width}`);
        await close();
      }
    });
  }
}

test("a live page shows each report that comes, and tells a listener only what is new", async () => {
  const { page, complaints, requests, server, close } = await openLive(makeRunningReport(), {
    service: { state: "none" },
  });
  await page.evaluate(
    `globalThis.told = [];
    new MutationObserver(() => told.push(document.querySelector("[role=status]").textContent))
      .observe(document.querySelector("[role=status]"), { childList: true, characterData: true, subtree: true })`,
  );
  await page.locator("#step-5 summary").click();
  for (const durationMs of [22_000, 23_000, 24_000]) {
    server.send({ ...makeRunningReport(), durationMs });
    await page
      .locator(".top .facts")
      .getByText(`${durationMs / 1000} s`)
      .waitFor();
  }
  assert.is(await isOpen(page, "step-5"), true);
  server.send(makeFailedReport());
  await page.getByText("What went wrong").waitFor();
  assert.is(await page.title(), "diabetes: failed");
  assert.equal(await page.evaluate("told"), ["The run: running.", "The run: failed. Failed: test."]);
  await server.close();
  await page.waitForTimeout(500);
  assert.is(await page.getByText("disconnected").count(), 0);
  assert.equal([...new Set(requests.map((url) => new URL(url).host))], [new URL(server.url).host]);
  assert.equal(
    complaints.filter((text) => !text.includes("ERR_")),
    [],
  );
  await close();
});

test("a stream that ends before its run does is told", async () => {
  const { page, server, close } = await openLive(makeRunningReport(), { service: { state: "none" } });
  await server.close();
  await page.locator("header").getByText("disconnected").waitFor();
  assert.is(await page.title(), "diabetes: disconnected");
  await close();
});

test("the service is asked from the page, once it is ready", async () => {
  const { page, complaints, server, close } = await openLive(makeReport(), {
    service: { state: "none" },
    sampleRequest: '{"data": [1, 2]}',
  });
  assert.is(await page.getByLabel("Body of POST /score").count(), 0);
  server.send({ state: "starting" }, "service");
  await page.getByText("The service starts.").waitFor();
  assert.is(await page.getByRole("button", { name: "Send" }).isDisabled(), true);
  server.send({ state: "ready", url: "http://127.0.0.1:6789" }, "service");
  await page.getByRole("link", { name: "http://127.0.0.1:6789" }).waitFor();
  await page.getByRole("button", { name: "Send" }).click();
  await page.getByText("200 OK").waitFor();
  assert.match(
    String(await page.locator(".answered").textContent()),
    /^200 OK after \d+ ms\{\n {2}"doubled": \[\n {4}2,/,
  );
  assert.equal(server.bodies, ['{"data": [1, 2]}']);
  assert.equal(await findBarriers(page), []);
  await picture(page, "score");
  assert.equal(complaints, []);
  await page.getByLabel("Body of POST /score").fill("{");
  await page.getByRole("button", { name: "Send" }).click();
  await page.getByText("400 Bad Request").waitFor();
  await server.close();
  await page.getByRole("button", { name: "Send" }).click();
  await page.getByText("No answer: ").waitFor();
  await close();
});

test.run();
