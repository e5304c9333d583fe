// Makes the pictures of the README from a real run, on a real engine: `npm run pictures`.
import { copyFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { execa } from "execa";
import { startBrowser } from "../e2e/browser.ts";
import { blocksOf } from "../readme.ts";
import { animate } from "./animate.ts";
import { filmTerminal } from "./terminal.ts";

const repository = path.join(import.meta.dirname, "../..");
const example = path.join(repository, "fixtures/examples/diabetes");
const pictures = path.join(repository, "fixtures/pictures");

const [file = "", tests = ""] = blocksOf("yaml");
const SIZE = { columns: 92, rows: 24 };
const COMMANDS = [
  "head -6 mlpackage.yaml",
  "mlpackage apply",
  "mlpackage run -d -p 6789",
  "mlpackage score --data '{\"data\": [[1,2,3,4,5,6,7,8,9,10]]}'",
  "sed -i 's/predict(rows)/predict(rows).round(2)/' score.py",
  "mlpackage apply --report mlpackage-report.html",
  "mlpackage stop",
];

const work = await mkdtemp(path.join(tmpdir(), "mlpackage-pictures-"));
try {
  await copyFile(path.join(example, "models/ridge.pkl"), path.join(work, "ridge.pkl"));
  await copyFile(path.join(example, "src/score.py"), path.join(work, "score.py"));
  await writeFile(path.join(work, "mlpackage.yaml"), file + tests.replace("5217.18", "5215.18"));
  const bin = path.join(work, ".mlpackage-bin");
  await execa("bash", [
    "-c",
    'mkdir -p "$1" && printf \'#!/bin/sh\\nexec node "%s" "$@"\\n\' "$2" > "$1/mlpackage" && chmod +x "$1/mlpackage"',
    ...["-", bin, path.join(repository, "dist/mlpackage.js")],
  ]);
  const environment = {
    PATH: `${bin}:${process.env.PATH}`,
    CI: "",
    MLPACKAGE_CACHE_DIR: path.join(work, ".mlpackage-cache"),
  };
  const film = await filmTerminal(COMMANDS, SIZE, { directory: work, environment });
  const title = "mlpackage apply, run and score in a terminal";
  await writeFile(path.join(pictures, "recording.svg"), animate(film, SIZE, title));
  const browser = await startBrowser();
  try {
    const page = await browser.newPage({ viewport: { width: 1180, height: 980 } });
    await page.goto(pathToFileURL(path.join(work, "mlpackage-report.html")).href);
    await page.screenshot({ path: path.join(pictures, "report.png") });
  } finally {
    await browser.close();
  }
} finally {
  await execa("node", [path.join(repository, "dist/mlpackage.js"), "--quiet", "stop"], {
    cwd: work,
    reject: false,
  });
  await rm(work, { recursive: true });
}
