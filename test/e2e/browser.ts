import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { execa } from "execa";
import { type Browser, chromium, type Page } from "playwright-core";

const repository = new URL("../..", import.meta.url).pathname;

/** A real Chromium, which the machine is given where it has none. */
export async function startBrowser(): Promise<Browser> {
  const { stdout } = await execa("bash", [`${repository}/test/rig/browser.sh`], { timeout: 100_000 });
  // Chromium's own sandbox does not run for root; in a container /dev/shm may hold 64 MB.
  return chromium.launch({ executablePath: stdout, args: ["--no-sandbox", "--disable-dev-shm-usage"] });
}

/** All that a page complains of, from now on. */
export function collectComplaints(page: Page): readonly string[] {
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") complaints.push(message.text());
  });
  return complaints;
}

/** What axe finds against the WCAG 2.2, levels A and AA, each with the element that it is about. */
export async function findBarriers(page: Page): Promise<readonly string[]> {
  // As a script of the page it would be refused by a strict policy.
  await page.evaluate(await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8"));
  const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
  const violations = await page.evaluate(async (values) => {
    const { axe } = globalThis as unknown as { readonly axe: typeof import("axe-core") };
    return (await axe.run({ runOnly: { type: "tag", values } })).violations;
  }, tags);
  return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`));
}
