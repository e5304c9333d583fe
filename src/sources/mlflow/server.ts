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
    `the answer of ${host} for \`${pathname}\` does not come from MLflow`,
    "set `MLFLOW_TRACKING_URI` to the address of MLflow itself: a login page may have answered",
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
      return "check `MLFLOW_TRACKING_URI`, and the name and the version or alias on MLflow's page";
    case 401:
      return "set `MLFLOW_TRACKING_USERNAME` and `MLFLOW_TRACKING_PASSWORD`, or `MLFLOW_TRACKING_TOKEN`";
    case 403:
      return "ask its owner for read access for the user of `MLFLOW_TRACKING_USERNAME` or `MLFLOW_TRACKING_TOKEN`";
    case 501:
      return "start the server with `mlflow server --serve-artifacts`";
    default:
      return undefined;
  }
}
