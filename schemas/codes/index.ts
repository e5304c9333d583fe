import { archivePages } from "./archive.ts";
import { buildPages } from "./build.ts";
import { cachePages } from "./cache.ts";
import { cliPages } from "./cli.ts";
import { condaPages } from "./conda.ts";
import { configPages } from "./config.ts";
import { doctorPages } from "./doctor.ts";
import { documentPages } from "./document.ts";
import { enginePages } from "./engine.ts";
import { hostPages } from "./host.ts";
import { importPages } from "./import.ts";
import { inspectPages } from "./inspect.ts";
import { junitPages } from "./junit.ts";
import { lockPages } from "./lock.ts";
import { packagesPages } from "./packages.ts";
import type { Page } from "./page.ts";
import { picklePages } from "./pickle.ts";
import { planPages } from "./plan.ts";
import { registryPages } from "./registry.ts";
import { renderPages } from "./render.ts";
import { reportPages } from "./report.ts";
import { requirementsPages } from "./requirements.ts";
import { savePages } from "./save.ts";
import { servicePages } from "./service.ts";
import { signPages } from "./sign.ts";
import { sourcePages } from "./source.ts";
import { stepPages } from "./step.ts";
import { summaryPages } from "./summary.ts";
import { testPages } from "./test.ts";
import { tracePages } from "./trace.ts";
import { vendorPages } from "./vendor.ts";
import { verifyPages } from "./verify.ts";

/** The page of each diagnostic code there is. `test/codes.test.ts` says where one is missing, or one too many. */
export const PAGES: Readonly<Record<string, Page>> = {
  ...documentPages,
  ...configPages,
  ...requirementsPages,
  ...cliPages,
  ...planPages,
  ...sourcePages,
  ...archivePages,
  ...picklePages,
  ...condaPages,
  ...packagesPages,
  ...renderPages,
  ...buildPages,
  ...enginePages,
  ...servicePages,
  ...testPages,
  ...registryPages,
  ...signPages,
  ...savePages,
  ...vendorPages,
  ...verifyPages,
  ...inspectPages,
  ...cachePages,
  ...lockPages,
  ...stepPages,
  ...hostPages,
  ...doctorPages,
  ...tracePages,
  ...importPages,
  ...junitPages,
  ...reportPages,
  ...summaryPages,
};
