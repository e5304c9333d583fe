import { type Diagnostic, errorDiagnostic } from "../model/diagnostic.ts";
import { isDigest } from "../model/digest.ts";
import type { Engine } from "../model/engine.ts";
import { type Files, type Host, type Network, NetworkError } from "../model/host.ts";
import type { Repository } from "../model/registry.ts";
import { fail } from "../model/result.ts";
import { OFFLINE } from "../model/retry.ts";
import type { ContentStore, Source } from "../model/source.ts";
import type { BuildAids } from "../model/step-kind.ts";
import { hasBase, VENDORED_BASE, type Vendor, VendorChanged } from "../model/vendor.ts";

/** What of a run goes out of this machine. */
export type WaysOut = {
  readonly host: Host;
  readonly engine: Engine;
  readonly sourceOf: (reference: string) => Source;
  readonly buildAids: BuildAids;
};

/** The ways out, closed: whatever was overlooked when the run was checked ends here. */
export function closeWays({ host, engine, sourceOf, buildAids }: WaysOut): WaysOut {
  return {
    host: { ...host, network: NO_NETWORK },
    engine: offlineEngine(engine),
    sourceOf: (reference) => offlineSource(sourceOf(reference)),
    buildAids: { ...buildAids, cacheFrom: [], cacheTo: [] },
  };
}

const NO_NETWORK: Network = {
  request: () => Promise.reject(new NetworkError(OFFLINE, "`--offline` allows no connection")),
};

/** A source that finds what is on this machine, and asks nobody. */
function offlineSource(source: Source): Source {
  const closed = <T extends Parameters<Source["pin"]>[1]>(context: T): T => ({
    ...context,
    host: { ...context.host, network: NO_NETWORK },
  });
  return {
    ...source,
    pin: (reference, context) => source.pin(reference, closed(context)),
    fetch: (reference, pin, context) => source.fetch(reference, pin, closed(context)),
  };
}

/** An engine that runs and builds, and is not sent to any registry. */
function offlineEngine(engine: Engine): Engine {
  return {
    ...engine,
    resolve: async (reference) => fail(wordOffline(reference)),
    pull: async (reference) => fail(wordOffline(reference)),
  };
}

function wordOffline(reference: string): Diagnostic {
  return errorDiagnostic(
    "cli/offline",
    `\`${reference}\` is not on this machine, and \`--offline\` allows no registry`,
    {
      hint: "type `mlpackage vendor DIR` where there is a network, then add `--vendor DIR`",
    },
  );
}

/** A store that also has what a vendor folder has, and keeps what it was asked for. */
export function withVendored(store: ContentStore, vendor: Vendor, files: Files): ContentStore {
  return {
    ...store,
    async find(digest) {
      const known = await store.find(digest);
      const place = known === undefined ? await vendor.find(digest) : undefined;
      if (place === undefined) return known;
      const blob = await store.write(files.readStream(place));
      if (blob.digest !== digest) throw new VendorChanged(place, "changes while it is read");
      return blob.path;
    },
  };
}

/** A repository of which a vendor folder may have the base image: then the registry is not asked. */
export function withVendoredBase(
  repository: Repository,
  vendor: Vendor,
  platforms: readonly string[],
  files: Files,
): Repository {
  async function findManifest(reference: string): Promise<string | undefined> {
    const known = isDigest(reference) ? await vendor.find(reference) : undefined;
    if (known !== undefined || !hasBase(vendor.list, reference, platforms)) return known;
    // It names an index, of which only some platforms were brought.
    const index = vendor.list.files.find((file) => file.path === `${VENDORED_BASE}/index.json`);
    return index && vendor.demand(index);
  }
  return {
    ...repository,
    async readManifest(reference, signal) {
      const place = await findManifest(reference);
      return place === undefined ? repository.readManifest(reference, signal) : files.readText(place);
    },
    async readBlob(digest, signal) {
      const place = await vendor.find(digest);
      return place === undefined ? repository.readBlob(digest, signal) : files.readStream(place);
    },
  };
}
