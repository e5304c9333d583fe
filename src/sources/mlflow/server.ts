import { Refusal, SourceFault } from "../../model/place.ts";
import { recordOf, type Serializable, type SerializableRecord } from "../../model/serializable.ts";
import type { SourceContext } from "../../model/source.ts";
import { type Followed, follow } from "../../transfers/follow.ts";
import type { Settings } from "./settings.ts";

/** An MLflow server as a package speaks to it. */
export type Server = Settings & {
  /** Asks `/api/2.0/mlflow/…` of the registry or the tracking server. Rejects with a `Refusal` or a `SourceFault`. */
  readonly ask: (wanted: Wanted) => Promise<SerializableRecord>;
  /** Sends a request with what says who we are, as far as it is for that address. Rejects with a `Refusal`. */
  readonly send: (wanted: Followed) => ReturnType<typeof follow>;
};

export type Wanted = {
  /** An address without a closing slash. */
  readonly at: string;
  /** Below `/api/2.0/`. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  /** Then it is a POST. */
  readonly body?: Serializable;
};

export function openServer(settings: Settings, { host, signal }: SourceContext): Server {
  const send = (wanted: Followed) =>
    follow(host.network, { ...wanted, credentials: settings.credentialsFor(wanted.url) }).catch(
      (error: unknown) => {
        throw error instanceof Refusal ? withHint(error) : error;
      },
    );
  return {
    ...settings,
    send,
    async ask({ at, path, query = {}, body }) {
      const search = new URLSearchParams(query).toString();
      const url = `${at}/api/2.0/${path}${search === "" ? "" : `?${search}`}`;
      const response = await send({
        url,
        signal,
        ...(body !== undefined && {
          method: "POST",
          body: JSON.stringify(body),
          headers: { "content-type": "application/json" },
        }),
      });
      return readRecord(await response.text(), url);
    },
  };
}

/** What stands in front of a server, and asks who somebody is, answers with a page. */
function readRecord(text: string, url: string): SerializableRecord {
  const { host, pathname } = new URL(url);
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null) return recordOf(value as SerializableRecord);
  } catch {}
  throw new SourceFault(
    "source/unexpected-answer",
    `${host} answers for \`${pathname}\`, and not as MLflow does`,
    "check that `MLFLOW_TRACKING_URI` is the address of MLflow itself: a page to log in at is none",
  );
}

function withHint(refusal: Refusal): Refusal {
  const { status, message, headers, code } = refusal;
  return new Refusal(status, message, { headers, code, hint: hintFor(status) ?? refusal.hint });
}

function hintFor(status: number): string | undefined {
  switch (status) {
    case 400:
    case 404:
      return "check the name, and the version or the alias, as MLflow shows them, and `MLFLOW_TRACKING_URI`";
    case 401:
      return "set `MLFLOW_TRACKING_USERNAME` and `MLFLOW_TRACKING_PASSWORD`, or `MLFLOW_TRACKING_TOKEN`";
    case 403:
      return "whoever `MLFLOW_TRACKING_USERNAME` or `MLFLOW_TRACKING_TOKEN` stands for may not read it: ask its owner";
    case 501:
      return "the server hands out no artifacts: it has to run with `--serve-artifacts`";
    default:
      return undefined;
  }
}
