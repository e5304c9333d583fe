import type { Client } from "./client.ts";
import { renderCurl } from "./curl.ts";
import type { ClientLanguage } from "./languages.ts";
import { renderPython } from "./python.ts";
import { renderTypescript } from "./typescript.ts";

/** Who writes a client in which language: small, whole, and with no dependency. */
export const CLIENTS: Readonly<Record<ClientLanguage, (client: Client) => string>> = {
  python: renderPython,
  curl: renderCurl,
  typescript: renderTypescript,
};
