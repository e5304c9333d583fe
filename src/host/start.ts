#!/usr/bin/env node
import path from "node:path";
import { cacheDirectoryOf } from "./cache-directory.ts";
import { runCompiled } from "./run-compiled.ts";

/** What an installation starts with. The program, `cli/main.ts`, lies beside it in a bundle of its own. */
const program = path.join(import.meta.dirname, "program.js");
const purpose = process.argv.includes("apply") ? "apply" : "other";

runCompiled(program, path.join(cacheDirectoryOf(process.env), "compiled"), purpose);
