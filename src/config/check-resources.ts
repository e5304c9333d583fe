import { locate, pointerTo } from "../document/locate.ts";
import type { Config } from "../model/config.ts";
import { type Diagnostic, errorDiagnostic } from "../model/diagnostic.ts";
import type { Document } from "../model/document.ts";
import { writeCpu, writeMemory } from "../model/quantity.ts";

/** Nowhere can a container start that may take less than what is kept free for it. */
export function checkResources({ resources }: Config, document: Document): readonly Diagnostic[] {
  if (resources?.limits === undefined) return [];
  const { cpuMillis, memoryBytes, limits } = resources;
  return [
    ...compare("cpu", cpuMillis, limits.cpuMillis, writeCpu, document),
    ...compare("memory", memoryBytes, limits.memoryBytes, writeMemory, document),
  ];
}

function compare(
  key: "cpu" | "memory",
  request: number | undefined,
  limit: number | undefined,
  write: (amount: number) => string,
  document: Document,
): readonly Diagnostic[] {
  if (request === undefined || limit === undefined || limit >= request) return [];
  const path = pointerTo("/inference/resources/limits", key);
  const beside = pointerTo("/inference/resources", key);
  return [
    errorDiagnostic(
      "config/limit-below-request",
      `\`${key}\` is limited to \`${write(limit)}\`, which is less than the \`${write(request)}\` kept free`,
      {
        location: locate(document, path),
        path,
        related: [{ message: "what is kept free", location: locate(document, beside) }],
        hint: `give \`limits.${key}\` at least \`${write(request)}\`, or leave it out`,
      },
    ),
  ];
}
