import { errorDiagnostic } from "../model/diagnostic.ts";
import type { Listing, Place, RemoteFile, Revision } from "../model/place.ts";
import { fail, type Result, succeed } from "../model/result.ts";
import type { Source, SourceContext, SourceReference } from "../model/source.ts";
import { type ArtifactProxy, listProxied, listRun, proxyOf } from "./mlflow/artifacts.ts";
import { type Asked, readReference } from "./mlflow/reference.ts";
import { findModelOfRun, type Location, resolve } from "./mlflow/resolve.ts";
import { openServer, type Server } from "./mlflow/server.ts";
import { readSettings } from "./mlflow/settings.ts";
import { createRemoteSource, type RemoteSource } from "./remote-source.ts";

type SourceOf = (uri: string) => Source | undefined;

/** Of what a revision has of the place that MLflow sent us on to. */
const ELSEWHERE = "at.";

/**
 * Models that MLflow knows: versions of its registry, logged models, and what runs have left. Where its server hands
 * the files out they come from it, else from the place that it names, if there is a source for that. MLflow publishes
 * no digests: sizes are compared, and the lock keeps the digest of what came first. Its variables say who we are.
 *
 * Errors: `source/not-an-mlflow-uri`, `source/mlflow-setting`, `source/not-ready`, `source/unexpected-answer`,
 * `source/unknown-artifact-store`, `source/changed`, and those of `sources/remote-source.ts` and of the other source.
 */
export function createMlflowSource(sourceOf: SourceOf): RemoteSource {
  return createRemoteSource(mlflowPlace(sourceOf));
}

function mlflowPlace(sourceOf: SourceOf): Place {
  return {
    schemes: ["mlflow"],
    parse(reference) {
      const read = readReference(reference.source);
      return read.ok ? succeed(reference) : read;
    },
    async list(reference, revision, context) {
      const asked = readReference(reference.source);
      if (!asked.ok) return asked;
      const server = openServer(await readSettings(context.host), context);
      const location = await resolve(asked.value, server, revision);
      const proxy = proxyOf(location.uri, server.tracking);
      if (proxy === undefined) return listElsewhere({ location, revision, reference, context, sourceOf });
      const listing = await listHere(asked.value, location, proxy, server);
      return listing.files.length > 0 ? succeed(listing) : fail(wordNothing(reference));
    },
  };
}

async function listHere(
  asked: Asked,
  location: Location,
  proxy: ArtifactProxy,
  server: Server,
): Promise<Listing> {
  const { revision, run } = location;
  if (run === undefined || asked.kind !== "run")
    return { revision, files: await listProxied(withPath(proxy, run?.path), server) };
  const files = await listRun(run, proxy, server);
  if (files.length > 0) return { revision, files };
  const model = await findModelOfRun(asked, run.experimentId, server);
  const place = model && proxyOf(model.uri, server.tracking);
  return model === undefined || place === undefined
    ? { revision, files: [] }
    : { revision: model.revision, files: await listProxied(place, server) };
}

function withPath({ at, root }: ArtifactProxy, path = ""): ArtifactProxy {
  return { at, root: [root, path].filter(Boolean).join("/") };
}

type Elsewhere = {
  readonly location: Location;
  readonly revision: Revision | undefined;
  readonly reference: SourceReference;
  readonly context: SourceContext;
  readonly sourceOf: SourceOf;
};

/** What MLflow only names is brought as if it had been named in its own words. */
async function listElsewhere({
  location: { uri, run, revision: own },
  revision,
  reference,
  context,
  sourceOf,
}: Elsewhere): Promise<Result<Listing>> {
  const address = [uri.replace(/\/+$/, ""), ...(run === undefined ? [] : [run.path])].join("/");
  const source = sourceOf(address);
  if (source === undefined || !isRemote(source)) return fail(wordUnknownStore(uri));
  const { place } = source;
  const parsed = place.parse({ ...reference, source: address });
  if (!parsed.ok) return parsed;
  const listed = await place.list(parsed.value, revision && theirs(revision), context);
  if (!listed.ok) return listed;
  const files: readonly RemoteFile[] = listed.value.files;
  return succeed({ revision: { ...own, ...ours(listed.value.revision) }, files });
}

function isRemote(source: Source): source is RemoteSource {
  return "place" in source;
}

function ours(revision: Revision): Revision {
  return Object.fromEntries(Object.entries(revision).map(([key, value]) => [`${ELSEWHERE}${key}`, value]));
}

function theirs(revision: Revision): Revision {
  return Object.fromEntries(
    Object.entries(revision).flatMap(([key, value]) =>
      key.startsWith(ELSEWHERE) ? [[key.slice(ELSEWHERE.length), value]] : [],
    ),
  );
}

function wordNothing({ source }: SourceReference) {
  return errorDiagnostic("source/not-found", `MLflow has no files at \`${source}\``, {
    hint: "correct the path: MLflow's page of the run shows it among the artifacts",
  });
}

/** The scheme alone is told: an address may let somebody in. */
function wordUnknownStore(uri: string) {
  const [, scheme = "file"] = /^([a-z][a-z0-9+.-]*):/i.exec(uri) ?? [];
  const isOfServer = scheme === "file";
  const what = isOfServer
    ? "on the disk of its server or of the machine that trained it"
    : `at \`${scheme}:\``;
  return errorDiagnostic(
    "source/unknown-artifact-store",
    `MLflow keeps the model's files ${what}, where they cannot be downloaded`,
    {
      hint: isOfServer
        ? "start the server with `mlflow server --serve-artifacts`, and log the model there again"
        : "copy them to a place that can be downloaded from, and write that as the model's `source`",
    },
  );
}
