import { JSONPathEnvironment, type JSONPathError, type JSONPathQuery, type JSONValue } from "json-p3";
import type { Serializable } from "../model/serializable.ts";
import { placeBelow, ROOT } from "./place.ts";
import { withinTime } from "./within-time.ts";

/** A value that an expression picked, and where it stands: `$.rows[0].score`. */
export type SelectedNode = { readonly place: string; readonly value: Serializable };

export type Selection = {
  readonly nodes: readonly SelectedNode[];
  /** Whether there can be no more than one, whatever the value: only names and indexes lead to it. */
  readonly isSingular: boolean;
};

/** What is wrong with an expression, `offset` characters into it. */
export type JsonPathFault = { readonly message: string; readonly offset: number };

const environment = new JSONPathEnvironment();

/** RFC 9535, whole: no script is ever run for it. */
export function findJsonPathFault(expression: string): JsonPathFault | undefined {
  if (expression === "") return { message: "it is empty", offset: 0 };
  const compiled = compile(expression);
  return "fault" in compiled ? compiled.fault : undefined;
}

/** What an expression, which has been checked, picks of a value; undefined where that takes too long to find out. */
export function selectNodes(value: Serializable, expression: string): Selection | undefined {
  const compiled = compile(expression);
  if ("fault" in compiled) throw new Error(`${expression}: ${compiled.fault.message}`);
  const { query } = compiled;
  const found = withinTime(() => query.query(value as JSONValue).nodes);
  return (
    found && {
      nodes: found.map((node) => ({
        place: node.location.reduce(placeBelow, ROOT),
        value: node.value as Serializable,
      })),
      isSingular: query.singularQuery(),
    }
  );
}

function compile(expression: string): { readonly query: JSONPathQuery } | { readonly fault: JsonPathFault } {
  try {
    return { query: environment.compile(expression.replace(STRING_OR_FRACTION, writeFraction)) };
  } catch (error) {
    if (!isFault(error)) throw error;
    // Its own end is the place and the text around it, which are told otherwise.
    const message = error.message.replace(/ \('.*':\d+\)$/s, "");
    return { fault: { message, offset: Math.min(error.token.index, expression.length) } };
  }
}

/** Numbers such as `0.6` are right by the RFC, and json-p3 takes them only as `6e-1`. */
const STRING_OR_FRACTION =
  /'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|(?<=[=<>(,?!&|\s])0(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.])/gs;

function writeFraction(found: string): string {
  return /^0[.eE]/.test(found) ? Number(found).toExponential() : found;
}

function isFault(error: unknown): error is JSONPathError {
  return error instanceof Error && "token" in error;
}
