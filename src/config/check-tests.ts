import { locate, pointerTo } from "../document/locate.ts";
import type { Config, ExchangeConfig } from "../model/config.ts";
import { type Diagnostic, errorDiagnostic, warningDiagnostic } from "../model/diagnostic.ts";
import type { Document } from "../model/document.ts";
import { findRepeated } from "./find-repeated.ts";
import { quoted } from "./words.ts";

export function checkTestNames({ tests }: Config, document: Document): readonly Diagnostic[] {
  const names = tests.map(({ name, pointer }) => {
    return {
      identity: name,
      pointer: pointerTo(pointer, "name"),
      message: `two tests are called ${quoted(name)}`,
    };
  });
  return findRepeated(document, "config/duplicate-test", names);
}

/** What the keys of a test say against each other. */
export function checkTests({ tests }: Config, document: Document): readonly Diagnostic[] {
  return tests.flatMap(({ pointer, exchanges }) => [
    ...checkKinds(pointer, document),
    ...exchanges.flatMap((exchange) => checkExchange(exchange, document)),
  ]);
}

/** A test has one request, or several with all that belongs to each. */
function checkKinds(pointer: string, document: Document): readonly Diagnostic[] {
  if (!document.ranges.has(pointerTo(pointer, "requests"))) return [];
  return ["request", "repeat", "expect"]
    .map((key) => pointerTo(pointer, key))
    .filter((path) => document.ranges.has(path))
    .map((path) => {
      const key = path.slice(pointer.length + 1);
      return conflict(document, path, "requests", `move it into the items of \`requests\`${hintFor(key)}`);
    });
}

function hintFor(key: string): string {
  return key === "request" ? ", each of which is a request" : ", each of which has its own";
}

function checkExchange({ request, expect }: ExchangeConfig, document: Document): readonly Diagnostic[] {
  const isCompared = expect.json !== undefined || expect.schema !== undefined;
  return [
    ...(request.body !== undefined && request.bodyFile !== undefined
      ? [
          conflict(
            document,
            pointerTo(request.pointer, "body_file"),
            "body",
            "keep one of them, and remove the other",
          ),
        ]
      : []),
    ...(expect.json === undefined ? idle(document, pointerTo(expect.pointer, "tolerance"), "`json`") : []),
    ...(isCompared ? [] : idle(document, pointerTo(expect.pointer, "select"), "`json` or `schema`")),
  ];
}

function conflict(document: Document, path: string, beside: string, hint: string): Diagnostic {
  const key = path.slice(path.lastIndexOf("/") + 1);
  return errorDiagnostic("config/conflicting-keys", `\`${key}\` cannot be used with \`${beside}\``, {
    ...keyAt(document, path),
    hint,
  });
}

function idle(document: Document, path: string, addition: string): readonly Diagnostic[] {
  if (!document.ranges.has(path)) return [];
  const key = path.slice(path.lastIndexOf("/") + 1);
  return [
    warningDiagnostic("config/no-effect", `\`${key}\` has no effect without ${addition}`, {
      ...keyAt(document, path),
      hint: `remove it, or add ${addition}`,
    }),
  ];
}

function keyAt(document: Document, path: string) {
  return { location: locate(document, path, "key"), path };
}
