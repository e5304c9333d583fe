// What the page for people and the Open Inference Protocol answer, line by line.
import { createHash } from "node:crypto";
import { type Ask, asks, type Row } from "./contract-row.ts";
import { type Request, type Service, send } from "./runtime-image.ts";

const TYPE = "content-type";

export function docsRows(plain: Service): readonly Row[] {
  const at = (method: string, headers: Request["headers"] & object, ...wanted: readonly string[]) =>
    asks(plain, { method, path: "/docs", headers }, ...wanted);
  const page = () => send(plain, { method: "GET", path: "/docs" });
  return [
    ["GET /docs", /^200 content-type=text\/html; charset=utf-8 <!doctype html>/, at("GET", {}, TYPE)],
    ["HEAD /docs", /^200 content-length=\d{4,5}$/, at("HEAD", {}, "content-length")],
    ["POST /docs", /^405 allow=HEAD, OPTIONS, GET /, at("POST", {}, "allow")],
    [
      "it may be kept",
      /^200 cache-control=public, max-age=3600 etag="[0-9a-f]{16}"$/,
      at("HEAD", {}, "cache-control", "etag"),
    ],
    [
      "what is kept is not sent again",
      "304 content-length=- ",
      async () => {
        const { etag = "" } = (await page()).headers;
        return `${await at("GET", { "If-None-Match": etag }, "content-length")()} `;
      },
    ],
    [
      "nothing but this service is spoken to",
      /^200 content-security-policy=default-src 'none'; script-src 'sha256-\S+'; style-src 'sha256-\S+'; connect-src 'self';/,
      at("HEAD", {}, "content-security-policy"),
    ],
    [
      "the policy lets its own script and style run",
      "script allowed, style allowed",
      async () => {
        const { headers, body } = await page();
        const policy = String(headers["content-security-policy"]);
        const state = (name: string) => {
          const [, content = ""] = new RegExp(`<${name}>([^]*?)</${name}>`).exec(body) ?? [];
          const hash = createHash("sha256").update(content).digest("base64");
          return `${name} ${content !== "" && policy.includes(`${name}-src 'sha256-${hash}'`) ? "allowed" : "refused"}`;
        };
        return `${state("script")}, ${state("style")}`;
      },
    ],
    [
      "it is small, and names no other host",
      "below 20 kB, 0 addresses",
      async () => {
        const { body } = await page();
        const size = Buffer.byteLength(body) < 20_000 ? "below" : "above";
        return `${size} 20 kB, ${body.match(/https?:|\/\//g)?.filter((found) => found !== "//").length ?? 0} addresses`;
      },
    ],
  ];
}

type Services = {
  /** Of the package, which is the model's. */
  readonly name: string;
  /** Of the server. */
  readonly version: string;
} & Readonly<Record<"plain" | "schema" | "raw" | "tensors" | "untold", Service>>;

type Input = Readonly<Record<string, unknown>>;

const INPUTS: Readonly<Record<string, Input>> = {
  x: { shape: [2, 2], datatype: "FP32", data: [1, 2, 3, 4.5] },
  flag: { shape: [1], datatype: "BOOL", data: [true] },
  name: { shape: [2], datatype: "BYTES", data: ["a", "Zürich"] },
  count: { shape: [3], datatype: "UINT8", data: [0, 1, 255] },
  half: { shape: [1, 1, 2], datatype: "FP16", data: [[[0.5, 65504]]] },
};

/** All inputs, some of them otherwise. */
const inputsWith = (changes: Readonly<Record<string, Input | undefined>> = {}): readonly Input[] =>
  Object.entries({ ...INPUTS, ...changes }).flatMap(([name, input]) => (input ? [{ name, ...input }] : []));

const error = (status: number, reason: string): string =>
  `${status} ${JSON.stringify({ error: reason }).replace('":"', '": "')}`;

export function protocolRows(services: Services): readonly Row[] {
  return [
    ...metadataRows(services),
    ...tensorRows(services),
    ...refusalRows(services),
    ...answerRows(services),
  ];
}

function metadataRows({ name, version, plain, tensors, untold, schema }: Services): readonly Row[] {
  const at = (path: string, service = tensors, method = "GET", ...headers: readonly string[]): Ask =>
    asks(service, { method, path }, ...headers);
  const model = `/v2/models/${name}`;
  const unknown = error(404, "there is nothing of the Open Inference Protocol at this address");
  return [
    ["server metadata", `200 {"name": "mlpackage", "version": "${version}", "extensions": []}`, at("/v2")],
    ["live", `200 ${TYPE}=application/json {"live": true}`, at("/v2/health/live", plain, "GET", TYPE)],
    ["ready", '200 {"ready": true}', at("/v2/health/ready", plain)],
    ["the models", `200 {"models": ["${name}"]}`, at("/v2/models", plain)],
    [
      "model metadata",
      `200 {"name": "${name}", "versions": ["1.0"], "platform": "mlpackage_script", "inputs": [{"name": "x", "datatype": "FP32", "shape": [-1, 2]}, {"name": "flag", "datatype": "BOOL", "shape": [1]}, {"name": "name", "datatype": "BYTES", "shape": [-1]}, {"name": "count", "datatype": "UINT8", "shape": [-1]}, {"name": "half", "datatype": "FP16", "shape": [-1, 1, 2]}], "outputs": [{"name": "sum", "datatype": "FP32", "shape": [-1]}, {"name": "flag", "datatype": "BOOL", "shape": [1]}, {"name": "name", "datatype": "BYTES", "shape": [-1]}, {"name": "count", "datatype": "UINT8", "shape": [-1]}, {"name": "half", "datatype": "FP16", "shape": [-1, 1, 2]}]}`,
      at(model),
    ],
    ["of a version", /^200 \{"name": .*"versions": \["1\.0"\]/, at(`${model}/versions/1.0`)],
    ["of a script that says no outputs", /"inputs": \[\{"name": "do".*"outputs": \[\]\}$/, at(model, untold)],
    [
      "of samples of inference_schema",
      /"inputs": \[\{"name": "data", "datatype": "FP64", "shape": \[-1, 2\]\}\]/,
      at(model, schema),
    ],
    ["of a script without tensors", /"inputs": \[\], "outputs": \[\]\}$/, at(model, plain)],
    ["model ready", `200 {"name": "${name}", "ready": true}`, at(`${model}/ready`, plain)],
    [
      "model ready, of a version",
      `200 {"name": "${name}", "ready": true}`,
      at(`${model}/versions/1.0/ready`),
    ],
    ["HEAD", "200 content-length=15", at("/v2/health/ready", plain, "HEAD", "content-length")],
    ["OPTIONS", "200 allow=HEAD, OPTIONS, GET", at("/v2", plain, "OPTIONS", "allow")],
    ["POST where there is but GET", /^405 \{"error": "The method is not allowed/, at(model, plain, "POST")],
    [
      "GET where there is but POST",
      /^405 allow=POST, OPTIONS \{"error"/,
      at(`${model}/infer`, plain, "GET", "allow"),
    ],
    ["another model", error(404, `there is no model \`x\`: the service has \`${name}\``), at("/v2/models/x")],
    [
      "another model's infer",
      /^404 \{"error": "there is no model/,
      at("/v2/models/x/infer", tensors, "POST"),
    ],
    [
      "another version",
      error(404, `there is no version \`9\` of \`${name}\`: the service has \`1.0\``),
      at(`${model}/versions/9/ready`),
    ],
    ["another address", unknown, at("/v2/else")],
    ["/v2/", `200 {"name": "mlpackage", "version": "${version}", "extensions": []}`, at("/v2/")],
    ["not below it", /^404 \{"message"/, at("/v2else")],
  ];
}

/** The body of a request; inputs of its own take the place of all. */
const inferBody = (more: object = {}): string => JSON.stringify({ inputs: inputsWith(), ...more });

const inferring =
  ({ name }: Services, service: Service) =>
  (body: string, ...headers: readonly string[]): Ask =>
    asks(
      service,
      { path: `/v2/models/${name}/infer`, headers: { "x-request-id": "r", "X-My-Header": "h" }, body },
      ...headers,
    );

function tensorRows(services: Services): readonly Row[] {
  const { name, tensors, schema } = services;
  const infer = inferring(services, tensors);
  const inferSchema = inferring(services, schema);
  const head = `200 {"model_name": "${name}", "model_version": "1.0", "id": `;
  const sum = '{"name": "sum", "shape": [2], "datatype": "FP32", "data": [3.0, 7.5]}';
  const only = { outputs: [{ name: "sum" }] };
  const sumOf = (x: Input): Ask => infer(inferBody({ inputs: inputsWith({ x }), ...only }));
  return [
    [
      "infer: every datatype, the id echoed",
      `${head}"7", "outputs": [${sum}, {"name": "flag", "shape": [1], "datatype": "BOOL", "data": [true]}, {"name": "name", "shape": [2], "datatype": "BYTES", "data": ["a", "Z\\u00fcrich"]}, {"name": "count", "shape": [3], "datatype": "UINT8", "data": [0, 1, 255]}, {"name": "half", "shape": [1, 1, 2], "datatype": "FP16", "data": [0.5, 65504.0]}]}`,
      infer(inferBody({ id: "7" })),
    ],
    ["no id: that of the request", `${head}"r", "outputs": [${sum}]}`, infer(inferBody(only))],
    [
      "of a version",
      `${head}"r", "outputs": [${sum}]}`,
      asks(tensors, {
        path: `/v2/models/${name}/versions/1.0/infer`,
        headers: { "x-request-id": "r" },
        body: inferBody(only),
      }),
    ],
    [
      "outputs, in the order that is asked for",
      /"outputs": \[\{"name": "flag".*\{"name": "sum"/,
      infer(inferBody({ outputs: [{ name: "flag" }, { name: "sum" }] })),
    ],
    [
      "nested data",
      `${head}"r", "outputs": [${sum}]}`,
      sumOf({
        ...INPUTS.x,
        data: [
          [1, 2],
          [3, 4.5],
        ],
      }),
    ],
    [
      "numbers of another width",
      `${head}"r", "outputs": [${sum}]}`,
      sumOf({ ...INPUTS.x, datatype: "FP64" }),
    ],
    [
      "integers for floats",
      /"data": \[3\.0, 7\.0\]/,
      sumOf({ shape: [2, 2], datatype: "INT32", data: [1, 2, 3, 4] }),
    ],
    [
      "no rows",
      /"name": "sum", "shape": \[0\], "datatype": "FP32", "data": \[\]/,
      sumOf({ ...INPUTS.x, shape: [0, 2], data: [] }),
    ],
    [
      "whatever the content type",
      /^200 /,
      asks(tensors, {
        path: `/v2/models/${name}/infer`,
        headers: { "Content-Type": "text/plain" },
        body: inferBody(),
      }),
    ],
    [
      "the headers of /score",
      /^200 x-request-id=r x-ms-run-function-failed=False x-ms-run-fn-exec-ms=\d+\.\d{3} content-type=application\/json /,
      infer(inferBody(), "x-request-id", "x-ms-run-function-failed", "x-ms-run-fn-exec-ms", TYPE),
    ],
    [
      "samples of inference_schema",
      /"outputs": \[\{"name": "output-0", "shape": \[2\], "datatype": "FP64", "data": \[3\.0, 7\.0\]\}\]/,
      inferSchema(
        JSON.stringify({ inputs: [{ name: "data", shape: [2, 2], datatype: "FP64", data: [1, 2, 3, 4] }] }),
      ),
    ],
    [
      "samples of inference_schema: another shape",
      error(400, "the input `data` has the shape [-1, 2], and not [1, 3]"),
      inferSchema(
        JSON.stringify({ inputs: [{ name: "data", shape: [1, 3], datatype: "FP64", data: [1, 2, 3] }] }),
      ),
    ],
  ];
}

function refusalRows(services: Services): readonly Row[] {
  const infer = inferring(services, services.tensors);
  const given = (changes: Readonly<Record<string, Input | undefined>>): Ask =>
    infer(JSON.stringify({ inputs: inputsWith(changes) }));
  const x = INPUTS.x ?? {};
  const count = INPUTS.count ?? {};
  return [
    ["no JSON", /^400 \{"error": "the body is no JSON: Expecting/, infer("{")],
    [
      "not UTF-8",
      /^400 \{"error": "the body is no JSON: /,
      asks(services.tensors, {
        path: `/v2/models/${services.name}/infer`,
        body: Buffer.from([0x22, 0xff, 0x22]),
      }),
    ],
    ["no object", error(400, "the body must be a JSON object"), infer("[]")],
    ["nested too deep", /^400 \{"error": /, infer("[".repeat(200_000))],
    ["no inputs", error(400, "`inputs` must be a list of tensors"), infer("{}")],
    [
      "an input without a name",
      error(400, "inputs[0] must be an object with a `name`"),
      infer('{"inputs": [{}]}'),
    ],
    ["one that is missing", error(400, "the input `flag` is missing"), given({ flag: undefined })],
    [
      "one too many",
      error(400, "there is no input `y`: the model takes `x`, `flag`, `name`, `count`, `half`"),
      given({ y: x }),
    ],
    [
      "one twice",
      error(400, "the input `x` is given twice"),
      infer(JSON.stringify({ inputs: [...inputsWith(), { name: "x" }] })),
    ],
    [
      "an unknown datatype",
      /^400 \{"error": "the input `x` has no `datatype` that is known: it may be BOOL, INT8, /,
      given({ x: { ...x, datatype: "FP8" } }),
    ],
    [
      "another datatype",
      error(400, "the input `x` is of FP32, and not of BYTES"),
      given({ x: { ...x, datatype: "BYTES" } }),
    ],
    [
      "floats for integers",
      error(400, "the input `count` is of UINT8, and not of FP32"),
      given({ count: { ...count, datatype: "FP32" } }),
    ],
    [
      "another shape",
      error(400, "the input `x` has the shape [-1, 2], and not [4]"),
      given({ x: { ...x, shape: [4] } }),
    ],
    [
      "no shape",
      error(400, "the input `x` has no `shape`: a list of sizes"),
      given({ x: { ...x, shape: [2, -2] } }),
    ],
    [
      "an empty size inside",
      error(400, "the input `half` has a size of 0 that is not the first"),
      given({ half: { shape: [1, 0, 2], datatype: "FP16", data: [] } }),
    ],
    [
      "data of another shape",
      error(400, "the input `x` has data that is not of the shape [2, 2]"),
      given({ x: { ...x, data: [1, 2, 3] } }),
    ],
    [
      "nested data of another shape",
      error(400, "the input `x` has data that is not of the shape [2, 2]"),
      given({ x: { ...x, data: [[1, 2], [3]] } }),
    ],
    [
      "no data",
      error(400, "the input `x` has no `data`: a list of values"),
      given({ x: { ...x, data: "1" } }),
    ],
    [
      "no number",
      error(400, "the input `x`: a value is no number"),
      given({ x: { ...x, data: [1, 2, 3, true] } }),
    ],
    [
      "not a number",
      error(400, "the input `x`: a value is NaN or infinite, and JSON has no such number"),
      infer(JSON.stringify({ inputs: inputsWith() }).replace("4.5", "NaN")),
    ],
    [
      "an infinite number",
      error(400, "the input `x`: a value is NaN or infinite, and JSON has no such number"),
      infer(JSON.stringify({ inputs: inputsWith() }).replace("4.5", "1e999")),
    ],
    [
      "no whole number",
      error(400, "the input `count`: a value is no whole number"),
      given({ count: { ...count, data: [1, 2, 3.5] } }),
    ],
    [
      "too large for UINT8",
      error(400, "the input `count`: a value is not from 0 to 255"),
      given({ count: { ...count, data: [1, 2, 256] } }),
    ],
    [
      "too large for UINT8, as INT16",
      error(400, "the input `count`: a value is not from 0 to 255"),
      given({ count: { ...count, datatype: "INT16", data: [1, 2, 256] } }),
    ],
    [
      "too large for FP16",
      error(400, "the input `half`: a value is not from -65504 to 65504"),
      given({ half: { shape: [1, 1, 2], datatype: "FP16", data: [1, 65520] } }),
    ],
    [
      "no boolean",
      error(400, "the input `flag`: a value is neither true nor false"),
      given({ flag: { shape: [1], datatype: "BOOL", data: [1] } }),
    ],
    [
      "no string",
      error(400, "the input `name`: a value is no string"),
      given({ name: { shape: [1], datatype: "BYTES", data: [1] } }),
    ],
    ["an id that is no string", error(400, "`id` must be a string"), infer(inferBody({ id: 7 }))],
    [
      "an unknown output",
      error(400, "there is no output `y`: the model gives `sum`, `flag`, `name`, `count`, `half`"),
      infer(inferBody({ outputs: [{ name: "y" }] })),
    ],
    [
      "outputs that are no list",
      error(400, "`outputs` must be a list of objects with a `name`"),
      infer(inferBody({ outputs: ["sum"] })),
    ],
    [
      "binary data",
      /^501 \{"error": "the input `x` has binary data/,
      given({ x: { ...x, data: undefined, parameters: { binary_data_size: 16 } } }),
    ],
    [
      "binary answers",
      /^501 \{"error": "binary tensors/,
      infer(inferBody({ outputs: [{ name: "sum", parameters: { binary_data: true } }] })),
    ],
    [
      "a binary body",
      /^501 \{"error": "binary tensors/,
      asks(services.tensors, {
        path: `/v2/models/${services.name}/infer`,
        headers: { "Inference-Header-Content-Length": "5" },
        body: "{}",
      }),
    ],
    [
      "a script without tensors",
      /^404 \{"error": "the entry script declares no tensor inputs, so it answers `\/score` alone: say TENSOR_INPUTS/,
      inferring(services, services.plain)(inferBody()),
    ],
    [
      "a raw-HTTP script",
      /^404 \{"error": "the entry script declares no tensor inputs/,
      inferring(services, services.raw)(inferBody()),
    ],
  ];
}

function answerRows(services: Services): readonly Row[] {
  const failed = "x-ms-run-function-failed";
  const doing = (what: string, ...headers: readonly string[]): Ask =>
    inferring(services, services.tensors)(
      JSON.stringify({ inputs: inputsWith({ name: { shape: [1], datatype: "BYTES", data: [what] } }) }),
      ...headers,
    );
  const value = (what: string, outputs: object = {}): Ask =>
    inferring(
      services,
      services.untold,
    )(JSON.stringify({ inputs: [{ name: "do", shape: [1], datatype: "BYTES", data: [what] }], ...outputs }));
  const outputs = (...described: readonly string[]): RegExp =>
    new RegExp(
      `^200 .*"outputs": \\[${described.map((text) => text.replace(/[[\]{}.]/g, "\\$&")).join(", ")}\\]\\}$`,
    );
  const made = (shape: string, datatype: string, data: string, name = "output-0"): string =>
    `{"name": "${name}", "shape": [${shape}], "datatype": "${datatype}", "data": [${data}]}`;
  const raised = "An unexpected error occurred in scoring script. Check the logs for more info.";
  const noTensor = "run() returned what is no tensor: the output ";
  return [
    ["run returns rows of integers", outputs(made("2, 3", "INT64", "1, 2, 3, 4, 5, 6")), value("integers")],
    ["an integer above INT64", outputs(made("1", "UINT64", "9223372036854775808")), value("a large one")],
    [
      "integers of no type: some negative, some above INT64",
      error(500, `${noTensor}\`output-0\`: a value is not from 0 to 18446744073709551615`),
      value("above and below"),
    ],
    [
      "an integer above UINT64",
      error(500, `${noTensor}\`output-0\`: a value is not from 0 to 18446744073709551615`),
      value("above UINT64"),
    ],
    [
      "an integer below INT64",
      error(500, `${noTensor}\`output-0\`: a value is not from -9223372036854775808 to 9223372036854775807`),
      value("below INT64"),
    ],
    [
      "not a number",
      error(500, `${noTensor}\`output-0\`: a value is NaN or infinite, and JSON has no such number`),
      value("not a number"),
    ],
    ["floats", outputs(made("1, 1, 2", "FP64", "1, 2.5")), value("floats")],
    ["booleans", outputs(made("2", "BOOL", "true, false")), value("booleans")],
    ["a string", outputs(made("1", "BYTES", '"text"')), value("a string")],
    ["a number", outputs(made("1", "FP64", "1.5")), value("a number")],
    ["None", outputs(), value("nothing")],
    ["no rows", outputs(made("0", "FP64", "")), value("no rows")],
    [
      "a dict: its values",
      outputs(made("1", "INT64", "1", "a"), made("2", "BYTES", '"x", "y"', "b")),
      value("named"),
    ],
    [
      "one of them",
      outputs(made("2", "BYTES", '"x", "y"', "b")),
      value("named", { outputs: [{ name: "b" }] }),
    ],
    [
      "a tensor, beside what is none",
      outputs(made("1", "INT64", "1", "a")),
      value("beside a tensor", { outputs: [{ name: "a" }] }),
    ],
    [
      "none of them",
      error(400, "there is no output `c`: the model gives `a`, `b`"),
      value("named", { outputs: [{ name: "c" }] }),
    ],
    ["request_headers", outputs(made("1", "BYTES", '"h"')), value("header")],
    [
      "rows of different lengths",
      error(500, `${noTensor}\`output-0\` has rows of different lengths`),
      value("rows of different lengths"),
    ],
    [
      "values of several kinds",
      error(500, `${noTensor}\`output-0\` has values of several kinds, or of none that a tensor can have`),
      value("of several kinds"),
    ],
    [
      "an object in an object",
      error(500, `${noTensor}\`a\` has values of several kinds, or of none that a tensor can have`),
      value("nested"),
    ],
    [
      "not what is declared: rows",
      error(500, `${noTensor}\`half\` has rows of different lengths`),
      doing("ragged"),
    ],
    [
      "not what is declared: datatype",
      error(500, `${noTensor}\`flag\` is of BYTES, and declared BOOL`),
      doing("another type"),
    ],
    [
      "not what is declared: outputs",
      error(500, "run() returned what is no tensor: it lacks the output `flag`"),
      doing("too few"),
    ],
    ["AMLResponse, an error", error(404, "no such row"), doing("not found")],
    ["AMLResponse, an error in JSON", error(404, "no such row"), doing("not found, as JSON")],
    [
      "AMLResponse, no error",
      error(500, "run() answered with a response of its own, which has no tensors"),
      doing("a response"),
    ],
    ["raises", error(500, raised).replace("500", `500 ${failed}=True`), doing("fail", failed)],
    [
      "too slow",
      error(500, "Scoring timeout after 500 ms").replace("500", `500 ${failed}=True`),
      doing("sleep", failed),
    ],
    ["sys.exit", error(500, raised), doing("exit")],
    ["the worker is replaced", /^200 /, doing("again")],
    [
      "metrics",
      "infer 200: counted, infer 500: counted, scoring times: counted",
      async () => {
        const { body } = await send(services.untold, { method: "GET", path: "/metrics" });
        const has = (pattern: RegExp) => (pattern.test(body) ? "counted" : "missing");
        const infer = (status: number) =>
          has(new RegExp(`route="/v2/models/\\{model\\}/infer",status="${status}"\\} [1-9]`));
        const times = has(/^mlpackage_scoring_duration_seconds_count [1-9]/m);
        return `infer 200: ${infer(200)}, infer 500: ${infer(500)}, scoring times: ${times}`;
      },
    ],
  ];
}
