import type { CondaPackages } from "../model/config.ts";
import { BadShape, listOf, type Placed, textOf } from "./placed.ts";
import { isAddress } from "./requirement.ts";

/** A package that is asked of conda, by its name, as the file writes it but for the channel that it names. */
export type CondaSpec = {
  readonly name: string;
  readonly text: string;
  readonly pointer: string;
  /** The addresses of the channel that it must come from. */
  readonly from?: readonly string[];
};

/** `name`, `name=1.2`, `name=1.2=build`, `name>=1,<2`, `name 1.2`, `channel::name`. */
const SPEC =
  /^(?:([A-Za-z0-9._/-]+)::)?([A-Za-z0-9_][A-Za-z0-9._-]*?)\s*([=!<>~\s][A-Za-z0-9_.,+*=!<>~|() -]*)?$/;

/** More than anybody's. */
const LONGEST = 500;

export function readCondaSpec(item: Placed): CondaSpec & { readonly versions: string } {
  const text = textOf(item).trim();
  const [, channel, name, versions = ""] = (text.length <= LONGEST && SPEC.exec(text)) || [];
  if (name === undefined)
    throw new BadShape(item.pointer, "must be a package as conda is asked for it", "as in `numpy=1.26`");
  return {
    name: name.toLowerCase(),
    // The solver ends where it meets a channel here.
    text: channel === undefined ? text : text.slice(channel.length + "::".length),
    pointer: item.pointer,
    versions,
    ...(channel !== undefined && { from: addressesOf({ ...item, value: channel }) }),
  };
}

/** What the file asks of conda; what everything else is installed with comes along. */
export function condaPackagesOf(channels: Placed, specs: readonly CondaSpec[]): CondaPackages {
  const named = new Set(specs.map(({ name }) => name));
  const from = Object.fromEntries(specs.flatMap((one) => (one.from ? [[one.name, one.from] as const] : [])));
  return {
    channels: [...new Set([...readChannels(channels), ...Object.values(from).flat()])],
    specs: [...specs.map(({ text }) => text), ...["python", "pip"].filter((name) => !named.has(name))],
    ...(Object.keys(from).length > 0 && { from }),
  };
}

/** What conda calls `defaults`, on Linux. */
const DEFAULTS = ["https://repo.anaconda.com/pkgs/main", "https://repo.anaconda.com/pkgs/r"];

/** The addresses of channels, the first of which is asked first. */
function readChannels(channels: Placed): readonly string[] {
  const named = listOf(channels).filter(({ value }) => value !== "nodefaults");
  const all = named.length === 0 ? DEFAULTS : named.flatMap(addressesOf);
  return [...new Set(all)];
}

function addressesOf(channel: Placed): readonly string[] {
  const text = textOf(channel).trim().replace(/\/+$/, "");
  if (text === "defaults") return DEFAULTS;
  if (/^[A-Za-z0-9][A-Za-z0-9._-]*(?:\/[A-Za-z0-9][A-Za-z0-9._-]*)*$/.test(text))
    return [`https://conda.anaconda.org/${text}`];
  if (isAddress(text) && !text.includes("#") && !TOKEN.test(text)) return [text];
  throw new BadShape(
    channel.pointer,
    "must be a channel's name, or its address without a password or a token",
    "as in `conda-forge`, or `https://conda.example.com/team`",
  );
}

/** Anaconda's servers take a password as a part of the path. */
const TOKEN = /^https?:\/\/[^/]+\/t\//;
