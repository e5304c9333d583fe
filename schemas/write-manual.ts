import { readFileSync, writeFileSync } from "node:fs";
import { describeManual } from "../src/cli/describe-manual.ts";
import { COMMANDS, COMMON_OPTIONS } from "../src/cli/options.ts";
import { renderManPage } from "../src/report/man-page.ts";

// Apart from generate.ts: the commands need what that writes.
const root = new URL("..", import.meta.url);
const { version } = JSON.parse(readFileSync(new URL("package.json", root), "utf8")) as { version: string };
const page = describeManual({ shared: COMMON_OPTIONS, commands: COMMANDS }, version);
writeFileSync(new URL("dist/mlpackage.1", root), renderManPage(page));
