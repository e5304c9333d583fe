import path from "node:path";
import type { Config } from "../../model/config.ts";
import { errorDiagnostic } from "../../model/diagnostic.ts";
import type { Host } from "../../model/host.ts";
import { fail, type Result, succeed } from "../../model/result.ts";
import { CLIENTS } from "../../report/client/index.ts";
import type { ClientLanguage } from "../../report/client/languages.ts";
import { type Described, readSwagger } from "../../report/client/shape.ts";
import { EXIT } from "../exit-code.ts";
import { findRunningService } from "../find-service.ts";
import { openPackage } from "../open-package.ts";
import { refuse } from "../refuse.ts";
import { findSampleRequest, makeSampleRequest } from "../sample-request.ts";
import { scoringAddress } from "../scoring-address.ts";
import { type Session, tell } from "../session.ts";

export type ClientOptions = { readonly language: ClientLanguage; readonly url: string | undefined };

/** Prints a program that sends the service a sample request. Needs neither an engine nor a service. */
export async function client(session: Session, { language, url }: ClientOptions): Promise<number> {
  const opened = await openPackage(session);
  if (!opened.ok) return refuse(session, ...opened.diagnostics);
  const { config } = opened.value;
  const address = url === undefined ? succeed(await findAddress(session, config)) : readAddress(url);
  if (!address.ok) return refuse(session, ...address.diagnostics);
  const { shape, example } = await describe(address.value, config, session.host);
  const request = (await findSampleRequest(config, session.host.files)) ?? makeSampleRequest(example);
  const text = CLIENTS[language]({ ...request, name: config.name, url: address.value, shape });
  session.writeData(session.options.json ? `${JSON.stringify({ language, client: text })}\n` : text);
  return EXIT.done;
}

async function findAddress(session: Session, { inference: { port } }: Config): Promise<string> {
  const service = await findRunningService(session);
  if (service.ok) return `http://127.0.0.1:${service.value.hostPort}/score`;
  tell(
    session,
    `no service of this package is running here: the client uses port ${port} (\`--url\` sets another)`,
  );
  return `http://127.0.0.1:${port}/score`;
}

/** As for `score`, the address alone will do. */
function readAddress(url: string): Result<string> {
  const isWeb = URL.canParse(url) && /^https?:$/.test(new URL(url).protocol);
  if (!isWeb) {
    return fail(
      errorDiagnostic("cli/no-address", `\`${url}\` is not the address of a service`, {
        hint: "write an address such as `https://service.example.com/score`",
      }),
    );
  }
  return succeed(new URL(scoringAddress(url)).href);
}

/** What the code itself says of the service, or else the service, if it answers. */
async function describe(address: string, { directory, inference }: Config, host: Host): Promise<Described> {
  const folders = [inference.sourceDirectory ?? ".", "."];
  for (const folder of folders) {
    const file = path.join(directory, folder, "swagger.json");
    if ((await host.files.status(file))?.type === "file")
      return readSwagger(parse(await host.files.readText(file)));
  }
  try {
    const url = new URL("/swagger.json", address).href;
    const response = await host.network.request({ url, timeoutMs: 2_000, stallTimeoutMs: 2_000 });
    return readSwagger(parse(await response.text()));
  } catch {
    return {};
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
