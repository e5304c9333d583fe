import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

const PROGRAM = fileURLToPath(new URL("../node_modules/.bin/yaml-language-server", import.meta.url));

/** An answer that takes longer never comes. */
const LIMIT_MS = 30_000;

/** Nothing is asked of the network; the tags are those that the guide names. */
const SETTINGS = {
  ...{ validate: true, hover: true, completion: true, schemaStore: { enable: false } },
  customTags: ["!reset mapping", "!reset sequence", "!override mapping", "!override sequence"],
};

type Message = {
  readonly id?: number;
  readonly method?: string;
  readonly params?: unknown;
  readonly result?: unknown;
  readonly error?: unknown;
};

export type EditorDiagnostic = {
  readonly message: string;
  readonly range: { readonly start: { readonly line: number; readonly character: number } };
};

/** The part of an editor that speaks to its language server, over standard input and output. */
export function startLanguageServer(settings: object = SETTINGS) {
  const server = spawn(PROGRAM, ["--stdio"], { stdio: ["pipe", "pipe", "inherit"] });
  const answers = new Map<number, (message: Message) => void>();
  const told = new Map<string, (diagnostics: readonly EditorDiagnostic[]) => void>();
  let received = Buffer.alloc(0);
  let count = 0;

  server.stdout.on("data", (bytes: Buffer) => {
    received = Buffer.concat([received, bytes]);
    for (let message = takeMessage(); message !== undefined; message = takeMessage()) handle(message);
  });

  function takeMessage(): Message | undefined {
    const end = received.indexOf("\r\n\r\n");
    const length = Number(/Content-Length: (\d+)/.exec(received.toString("latin1", 0, end))?.[1]);
    if (end === -1 || received.length < end + 4 + length) return undefined;
    const text = received.toString("utf8", end + 4, end + 4 + length);
    received = received.subarray(end + 4 + length);
    return JSON.parse(text);
  }

  function handle(message: Message): void {
    const { id, method, params } = message;
    if (method === "textDocument/publishDiagnostics") {
      const { uri, diagnostics } = params as { uri: string; diagnostics: readonly EditorDiagnostic[] };
      told.get(uri)?.(diagnostics);
    } else if (method === "workspace/configuration" && id !== undefined) {
      const { items } = params as { items: readonly { section: string }[] };
      send({ id, result: items.map(({ section }) => (section === "yaml" ? settings : null)) });
    } else if (method !== undefined && id !== undefined) send({ id, result: null });
    else if (id !== undefined) answers.get(id)?.(message);
  }

  function send(message: object): void {
    const text = JSON.stringify({ jsonrpc: "2.0", ...message });
    server.stdin.write(`Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`);
  }

  async function ask(method: string, params: object): Promise<unknown> {
    count += 1;
    const id = count;
    const answer = within<Message>(method, (resolve) => answers.set(id, resolve));
    send({ id, method, params });
    const { result, error } = await answer;
    if (error !== undefined) throw new Error(`${method}: ${JSON.stringify(error)}`);
    return result;
  }

  return {
    ask,
    async initialize(): Promise<void> {
      const textDocument = { hover: { contentFormat: ["markdown"] }, completion: {} };
      const capabilities = { workspace: { configuration: true }, textDocument };
      await ask("initialize", { processId: process.pid, rootUri: null, capabilities });
      send({ method: "initialized", params: {} });
    },
    /** Opens a document; gives what is wrong with it. */
    async open(uri: string, text: string): Promise<readonly EditorDiagnostic[]> {
      const diagnostics = within<readonly EditorDiagnostic[]>(uri, (resolve) => told.set(uri, resolve));
      const textDocument = { uri, languageId: "yaml", version: 1, text };
      send({ method: "textDocument/didOpen", params: { textDocument } });
      return diagnostics;
    },
    async close(): Promise<void> {
      await ask("shutdown", {});
      const ended = within<void>("exit", (resolve) => server.on("exit", () => resolve()));
      send({ method: "exit" });
      await ended;
    },
  };
}

function within<T>(what: string, act: (resolve: (value: T) => void) => unknown): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`${what}: no answer within ${LIMIT_MS} ms`)), LIMIT_MS);
    act((value) => {
      clearTimeout(timer);
      resolve(value);
    });
  });
}
