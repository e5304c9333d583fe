// The page that a service has for people, in a real browser: what it shows, what it sends, and whom it shuts out.
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import * as assert from "uvu/assert";
import { collectComplaints, findBarriers, startBrowser } from "./browser.ts";
import { type Service, setUp, startReady } from "./runtime-image.ts";
import { timedSuite } from "./timed-suite.ts";

const test = timedSuite("docs page");
let browser: Browser;
let service: Service;

test.before(async () => {
  await setUp();
  service = await startReady({ script: "schema/score.py" });
  browser = await startBrowser();
});
test.after(() => browser.close());

async function visit(how: BrowserContextOptions = {}, of = service) {
  const page = await (await browser.newContext(how)).newPage();
  const complaints = collectComplaints(page);
  const hosts = new Set<string>();
  page.on("request", (request) => hosts.add(new URL(request.url()).host));
  await page.goto(`http://127.0.0.1:${of.port}/docs`);
  await page.getByText("Version ").waitFor();
  return { page, complaints, hosts };
}

async function sendBody(
  page: Page,
  body: string,
): Promise<{ readonly outcome: string | null; readonly answer: string | null }> {
  await page.getByLabel("Body of POST /score").fill(body);
  await page.getByRole("button", { name: "Send" }).click();
  const outcome = page.locator("#outcome");
  await outcome.filter({ hasText: "after" }).waitFor();
  return { outcome: await outcome.textContent(), answer: await page.locator("#answer").textContent() };
}

test("it shows what the script declares, and asks nobody but the service", async () => {
  const { page, complaints, hosts } = await visit();
  assert.is(await page.getByRole("heading", { level: 1 }).textContent(), "ML service");
  assert.is(await page.getByRole("row", { name: "data list of anything" }).count(), 1);
  assert.is(await page.getByRole("row", { name: "POST /score" }).count(), 1);
  assert.equal(JSON.parse(await page.getByLabel("Body of").inputValue()), {
    data: [[1.5, 2.5]],
    options: { scale: 2 },
  });
  assert.equal([...hosts], [`127.0.0.1:${service.port}`]);
  assert.equal(complaints, []);
  await page.context().close();
});

test("the sample is sent as it stands, and by the keyboard alone", async () => {
  const { page, complaints } = await visit();
  await page.keyboard.press("Tab");
  assert.is(await page.locator(":focus").textContent(), "Skip to the form");
  await page.keyboard.press("Enter");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Control+Enter");
  await page.getByRole("heading", { name: "Answer", exact: true }).waitFor();
  assert.is(await page.locator("#answer").textContent(), "[8.0]");
  assert.match(
    String(await page.locator("#outcome").textContent()),
    /^200 OK, after \d+\.\d ms, request [\w-]+$/,
  );
  assert.equal(complaints, []);
  await page.context().close();
});

test("an answer is text, whatever is in it", async () => {
  const { page } = await visit();
  const { outcome, answer } = await sendBody(page, '{"data": [["<img src=x onerror=alert(1)>"]]}');
  assert.match(String(outcome), /^[45]\d\d /);
  assert.match(String(answer), "message");
  assert.is(await page.locator("#answer img").count(), 0);
  const wrong = await sendBody(page, "{");
  assert.match(String(wrong.outcome), /^[45]\d\d /);
  await page.context().close();
});

test("a service that is gone is told", async () => {
  const gone = await startReady({ script: "schema/score.py" });
  const { page } = await visit({}, gone);
  await page.route("**/score", (route) => route.abort("connectionrefused"));
  await page.getByRole("button", { name: "Send" }).click();
  await page.getByText("No answer: ").waitFor();
  await page.context().close();
});

for (const colorScheme of ["light", "dark"] as const) {
  for (const width of [320, 1280]) {
    test(`nobody is shut out, and nothing is cut off: ${colorScheme}, ${width} pixels`, async () => {
      const { page } = await visit({ colorScheme, viewport: { width, height: 800 } });
      await sendBody(page, '{"data": [[1, 2]], "options": {"scale": 1}}');
      assert.equal(await findBarriers(page), []);
      const wide = await page.evaluate<number>("document.documentElement.scrollWidth");
      assert.ok(wide <= width, `${wide} pixels`);
      if (process.env.SCREENSHOTS)
        await page.screenshot({
          path: `${process.env.SCREENSHOTS}/docs-${colorScheme}-${width}.png`,
          fullPage: true,
        });
      await page.context().close();
    });
  }
}

test.run();
