import { type CompareWithSchema, compileForeignSchema } from "../expectations/json-schema.ts";
import {
  asRecord,
  essenceOf,
  findMediaType,
  findOperation,
  findRequestBody,
  findResponse,
  listOperations,
} from "../expectations/openapi-operation.ts";
import { parseAnswer } from "../expectations/parse-answer.ts";
import { placeIn } from "../expectations/place.ts";
import type { Serializable, SerializableRecord } from "../model/serializable.ts";
import type { TestFailure } from "../model/test-result.ts";
import type { Answer } from "./compare-answer.ts";
import { failure, wordDifferences } from "./word-failure.ts";

/** A request as it was sent. */
export type Sent = {
  readonly method: string;
  readonly path: string;
  readonly type?: string | undefined;
  readonly content?: string | Uint8Array | undefined;
};

/** What of a request and its answer is otherwise than `/swagger.json` says. */
export type CompareSwagger = (request: Sent, answer: Answer) => readonly TestFailure[];

const MOST_TOLD = 10;

/** Makes ready to compare with a document that is a valid one of OpenAPI 3.1. */
export function prepareSwagger(document: SerializableRecord): CompareSwagger {
  const compile = rememberSchemas(document);
  return (request, answer) => {
    const name = `${request.method} ${request.path}`;
    const operation = findOperation(document, request.method, request.path);
    if (operation === undefined)
      return [failure(saysNothing(`\`${name}\``), alternatives(listOperations(document)))];
    const scope = { document, operation, name, compile };
    // What was sent to be refused need not be right.
    const isRefused = answer.status >= 400;
    return [...(isRefused ? [] : compareRequest(request, scope)), ...compareAnswer(request, answer, scope)];
  };
}

type Scope = {
  readonly document: SerializableRecord;
  readonly operation: SerializableRecord;
  readonly name: string;
  readonly compile: Compile;
};

function compareRequest({ type, content }: Sent, scope: Scope): readonly TestFailure[] {
  const described = findRequestBody(scope.document, scope.operation);
  if (content === undefined)
    return described?.required === true
      ? [failure(`the request has no body, and \`/swagger.json\` says that \`${scope.name}\` needs one`)]
      : [];
  if (described === undefined) return [failure(saysNothing(`a body of \`${scope.name}\``))];
  const text = typeof content === "string" ? content : new TextDecoder().decode(content);
  return compareContent({ what: "request", type, text, described: asRecord(described.content) }, scope);
}

function compareAnswer(
  { method }: Sent,
  { status, headers, text }: Answer,
  scope: Scope,
): readonly TestFailure[] {
  const described = findResponse(scope.document, scope.operation, status);
  if (described === undefined)
    return [
      failure(
        saysNothing(`status ${status} of \`${scope.name}\``),
        alternatives(Object.keys(asRecord(scope.operation.responses))),
      ),
    ];
  if (method === "HEAD" || described.content === undefined) return [];
  return compareContent(
    { what: "answer", type: headers["content-type"], text, described: asRecord(described.content) },
    scope,
  );
}

type Content = {
  readonly what: "request" | "answer";
  readonly type: string | undefined;
  readonly text: string;
  readonly described: SerializableRecord;
};

function compareContent(
  { what, type = "", text, described }: Content,
  { name, compile }: Scope,
): readonly TestFailure[] {
  const which = what === "request" ? `a request \`${name}\`` : `an answer to \`${name}\``;
  const media = findMediaType(described, type);
  if (media === undefined) {
    const kind = type === "" ? "without a content type" : `in \`${essenceOf(type)}\``;
    return [failure(saysNothing(`${which} ${kind}`), alternatives(Object.keys(described)))];
  }
  if (media.schema === undefined) return [];
  const read = readContent(type, text, what);
  if (read === undefined) return [];
  if ("reason" in read) return [failure(read.reason)];
  const compiled = compile(media.schema);
  if ("reason" in compiled)
    return [failure(`what \`/swagger.json\` says of ${which} cannot be used: ${compiled.reason}`)];
  const verdict = compiled.compare(read.value, (segments) => placeIn(read.value, segments));
  if (typeof verdict === "string")
    return [failure(`comparing the ${what} with what \`/swagger.json\` says of it takes too long`)];
  return wordDifferences(
    { first: verdict.faults.slice(0, MOST_TOLD), count: verdict.faults.length },
    `the ${what} does not fit what \`/swagger.json\` says of it: `,
  );
}

/** A text is a string, as OpenAPI has it; of all that is neither that nor JSON, a schema says nothing. */
function readContent(
  type: string,
  text: string,
  what: Content["what"],
): ReturnType<typeof parseAnswer> | undefined {
  const essence = essenceOf(type);
  if (/[/+]json$/.test(essence)) return parseAnswer(text, `the ${what}`);
  return essence.startsWith("text/") ? { value: text } : undefined;
}

type Compile = (
  schema: Serializable,
) => { readonly compare: CompareWithSchema } | { readonly reason: string };

/** A schema may refer to all of its document. */
function rememberSchemas({ components, paths, webhooks }: SerializableRecord): Compile {
  const known = new Map<Serializable, ReturnType<Compile>>();
  const around = Object.fromEntries(
    Object.entries({ components, paths, webhooks }).filter(([, value]) => value !== undefined),
  );
  return (schema) => {
    const compiled =
      known.get(schema) ?? compileForeignSchema({ ...around, $defs: { schema }, $ref: "#/$defs/schema" });
    known.set(schema, compiled);
    return compiled;
  };
}

function saysNothing(what: string): string {
  return `\`/swagger.json\` says nothing of ${what}`;
}

function alternatives(said: readonly string[]): readonly string[] {
  if (said.length === 0) return [];
  const told = said.slice(0, MOST_TOLD).map((one) => `\`${one}\``);
  return [`it says something of ${[...told, ...(said.length > MOST_TOLD ? ["others"] : [])].join(", ")}`];
}
