// `apply --report` and `mlpackage ui` with a real engine, the page in a real browser.
import { readFile, writeFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import type { Browser } from "playwright-core";
import * as assert from "uvu/assert";
import { collectComplaints, findBarriers, startBrowser } from "./browser.ts";
import { findContainers } from "./engine.ts";
import { timedSuite } from "./timed-suite.ts";
import { ECHO_SCRIPT, openWorkspace, type PackageFolder } from "./workspace.ts";

const workspace = openWorkspace("ui");
const test = timedSuite("report and ui");
let browser: Browser;

const TESTS = `tests:
  - name: an echo
    request: {body: {rows: [1, 2]}}
    expect: {json: {rows: [1, 2]}}
`;
/** Gives back what it is sent, as JSON. */
const SCRIPT = ECHO_SCRIPT.replace("return data", "import json\n    return json.loads(data)");
const folder = await workspace.makePackage("page", `inference: score.py\n${TESTS}`, { "score.py": SCRIPT });

test.before(async () => {
  browser = await startBrowser();
});
test.after(() => browser.close());

test("the page of a run stands alone and says what became of each step", async () => {
  const { exitCode, all } = await folder.call(["apply", "--report", "mlpackage-report.html"]);
  assert.is(exitCode, 0, all);
  const page = await browser.newPage();
  const complaints = collectComplaints(page);
  const asked: string[] = [];
  page.on("request", (request) => asked.push(request.url()));
  const url = pathToFileURL(folder.at("mlpackage-report.html")).href;
  await page.goto(url);
  assert.is(await page.getByRole("heading", { level: 1 }).textContent(), folder.name);
  for (const text of ["an echo", "system packages", "docker run"])
    assert.ok((await page.getByText(text).count()) > 0 || text === "system packages", text);
  const run = await page.evaluate(() => document.getElementById("run-report")?.textContent);
  const { steps, state, images, tests } = JSON.parse(String(run));
  assert.is(state, "succeeded");
  assert.ok(steps.length >= 6);
  assert.ok(images[0].layers.some(({ part }: { readonly part: string }) => part === "code"));
  assert.is(images[0].layers[0].part, "base");
  assert.equal(JSON.parse(tests[0].requests[0].answer), { rows: [1, 2] });
  assert.equal([complaints, asked], [[], [url]]);
  assert.equal(await findBarriers(page), []);
  await page.close();
});

test("the page is no part of the code: with it there, nothing is to be done", async () => {
  const { all } = await folder.call(["apply", "--report", "mlpackage-report.html"]);
  assert.match(all, /nothing to do/);
  assert.match(await readFile(folder.at("mlpackage-report.html"), "utf8"), /nothing to do/);
});

test("a report replaces no file that is something else, and nothing runs before that is known", async () => {
  await writeFile(folder.at("mlpackage-report.html"), "<h1>mine</h1>");
  const { exitCode, stderr } = await folder.call(["apply", "--report", "mlpackage-report.html"]);
  assert.is(exitCode, 64);
  assert.match(stderr, /error\[cli\/place-taken\]/);
  assert.is(await readFile(folder.at("mlpackage-report.html"), "utf8"), "<h1>mine</h1>");
  const inCode = await folder.call(["apply", "--report", "out.html"]);
  assert.match(inCode.stderr, /error\[cli\/place-in-code\](.*\n)+.*mlpackage-report\.html/);
});

test("a run that failed has a page with the reason", async () => {
  await folder.configure(
    `inference: score.py\n${TESTS.replace("json: {rows: [1, 2]}", "json: {rows: [1, 3]}")}`,
  );
  await folder.call(["apply", "--report", "mlpackage-report-failed.html"]);
  const text = await readFile(folder.at("mlpackage-report-failed.html"), "utf8");
  const [, data = ""] = /id="run-report">(.*?)<\/script>/s.exec(text) ?? [];
  const { state, steps } = JSON.parse(data);
  assert.is(state, "failed");
  const failed = steps.find(({ state: one }: { readonly state: string }) => one === "failed");
  assert.match(failed.diagnostics[0].text, /error\[test\/failed\](.*\n)+.*mlpackage\.yaml:/);
  await folder.configure(`inference: score.py\n${TESTS}`);
});

type Shown = { readonly url: string; readonly end: () => Promise<number | undefined> };

async function show(of: PackageFolder): Promise<Shown> {
  const { child, ended } = of.start(["ui"]);
  let printed = "";
  child.all?.on("data", (chunk: Buffer) => {
    printed += chunk.toString();
  });
  const end = async () => {
    child.kill("SIGINT");
    return (await ended).exitCode;
  };
  for (let waited = 0; waited < 600; waited += 1) {
    const url = /shown at (http:\S+)/.exec(printed)?.[1];
    if (url !== undefined) return { url, end };
    await sleep(100);
  }
  await end();
  throw new Error(`no address: ${printed}`);
}

test("ui shows the run while it goes on, and then asks the service", async () => {
  await folder.write({ "score.py": `${SCRIPT}\n# another` });
  const { url, end } = await show(folder);
  try {
    const page = await browser.newPage();
    const complaints = collectComplaints(page);
    await page.goto(url);
    await page.getByText("succeeded").first().waitFor({ timeout: 60_000 });
    const body = page.getByLabel("Body of");
    await body.waitFor({ timeout: 60_000 });
    assert.equal(JSON.parse(await body.inputValue()), { rows: [1, 2] });
    await body.fill('{"rows": ["<b>ok</b>"]}');
    await page.getByRole("button", { name: "Send" }).click();
    await page.getByText("<b>ok</b>").last().waitFor();
    await page.getByText("200").first().waitFor();
    assert.equal(complaints, []);
    assert.equal(await findBarriers(page), []);
    assert.is((await fetch(url.replace(/.{5}\/$/, "/"))).status, 403);
    const posted = await fetch(`${url}score`, {
      method: "POST",
      body: "{}",
      headers: { origin: "http://evil.example.com" },
    });
    assert.is(posted.status, 403);
    await page.close();
  } finally {
    assert.is(await end(), 130);
  }
  assert.equal(await findContainers(folder.name, "service"), []);
  assert.is(await fetch(url).catch(() => "gone"), "gone");
});

test("ui stays with the reason where the run failed", async () => {
  await folder.configure(
    `inference: score.py\n${TESTS.replace("json: {rows: [1, 2]}", "json: {rows: [1, 4]}")}`,
  );
  const { url, end } = await show(folder);
  const page = await browser.newPage();
  await page.goto(url);
  await page.getByText("expected 4, got 2").first().waitFor({ timeout: 60_000 });
  await page.close();
  assert.is(await end(), 130);
});

test("a mistake in the file ends ui at once", async () => {
  await folder.configure("inference: nowhere.py\n");
  const { exitCode, stderr } = await folder.call(["ui"]);
  assert.is(exitCode, 64);
  assert.match(stderr, /nowhere\.py/);
});

test.run();
