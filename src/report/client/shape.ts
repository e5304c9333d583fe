import type { Serializable } from "../../model/serializable.ts";
import type { Shape } from "./client.ts";

/** What `/swagger.json` (version 2) says of the service, and a request that fits it; each where it says something. */
export type Described = { readonly shape?: Shape; readonly example?: Serializable };

const DEEPEST = 8;

/** Anything may be in it: it may be a file of the user's. */
export function readSwagger(swagger: unknown): Described {
  const { ServiceInput: input, ServiceOutput: output } = asRecord(asRecord(swagger).definitions);
  const example = asRecord(input).example as Serializable | undefined;
  const isTold = Object.keys(asRecord(asRecord(input).properties)).length > 0 || hasItems(input);
  return {
    ...(isTold && { shape: { input: typeOf(input, DEEPEST), output: typeOf(output, DEEPEST) } }),
    ...(isTold && example !== undefined && { example }),
  };
}

function hasItems(schema: unknown): boolean {
  return asRecord(schema).items !== undefined;
}

function typeOf(schema: unknown, depth: number): string {
  const { type, items, properties } = asRecord(schema);
  if (depth === 0) return "unknown";
  switch (type) {
    case "integer":
    case "number":
      return "number";
    case "string":
    case "boolean":
      return type;
    case "array":
      return `Array<${typeOf(items, depth - 1)}>`;
    case "object": {
      const members = Object.entries(asRecord(properties)).map(
        ([name, member]) => `${asciiJson(name)}: ${typeOf(member, depth - 1)}`,
      );
      return members.length === 0 ? "Record<string, unknown>" : `{ ${members.join("; ")} }`;
    }
    default:
      return "unknown";
  }
}

function asciiJson(text: string): string {
  return JSON.stringify(text).replace(
    /[^\x20-\x7e]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

function asRecord(value: unknown): Readonly<Record<string, unknown>> {
  return value !== null && typeof value === "object" && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : {};
}
