import type { Tool } from "../tool.ts";
import { make } from "./make.ts";
import { mlpackage } from "./mlpackage.ts";
import { moon } from "./moon.ts";
import { ninja } from "./ninja.ts";
import { nx } from "./nx.ts";
import { turbo } from "./turbo.ts";
import { wireit } from "./wireit.ts";

/** The columns of the matrix. */
export const TOOLS: readonly Tool[] = [mlpackage, make, ninja, turbo, nx, wireit, moon];
