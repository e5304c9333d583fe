import type { Origins } from "../config/find-origin.ts";
import { isList, isMapping } from "../config/merge-rules.ts";
import { pointerTo } from "../document/locate.ts";
import { maskSecrets } from "../engines/mask-secrets.ts";
import type { Host } from "../model/host.ts";
import { maskLogins } from "../model/mask-logins.ts";
import type { Serializable } from "../model/serializable.ts";
import { createBuildAids } from "./build-aids.ts";
import type { Package } from "./open-package.ts";

/** A shorter secret may be in any word: `a` is in `auto`. */
const LEAST_ANYWHERE = 8;

/** What hides passwords: those of the build, wherever they have got to, and those in addresses. */
export type ConfigMask = {
  readonly text: (text: string) => string;
  /** The configuration without them, and in how many of its values there was one. */
  readonly value: (value: Serializable) => { readonly value: Serializable; readonly hidden: number };
};

export async function createConfigMask(
  { config }: Package,
  host: Host,
  origins: Origins,
): Promise<ConfigMask> {
  const { readSecrets } = createBuildAids(config, host);
  const read = await Promise.all(config.build.secrets.map(({ id }) => readSecrets([id])));
  const secrets = read.flatMap((one) => (one.ok ? one.value : []));
  const variables = new Set(
    config.build.secrets.flatMap(({ source }) => ("env" in source ? [source.env] : [])),
  );
  const all = maskSecrets(secrets);
  const long = maskSecrets(secrets.filter(({ value }) => value.trim().length >= LEAST_ANYWHERE));
  return { text: (text) => maskLogins(long.text(text)), value: maskValue };

  function maskValue(whole: Serializable): { readonly value: Serializable; readonly hidden: number } {
    let hidden = 0;
    const value = mapLeaves(whole, (one, pointer) => {
      const told = maskLeaf(one, pointer);
      if (told !== one) hidden += 1;
      return told;
    });
    return { value, hidden };
  }

  function maskLeaf(one: Serializable, pointer: string): Serializable {
    const putIn = origins.putInto(pointer);
    if (typeof one === "string")
      return maskLogins((putIn.length > 0 || one.includes("://") ? all : long).text(one));
    // What was read as a number is not written as the secret is.
    return putIn.some(({ name, isDefault }) => !isDefault && variables.has(name)) ? "***" : one;
  }
}

/** The same value with each that holds no other changed. */
export function mapLeaves(
  value: Serializable,
  change: (leaf: Serializable, pointer: string) => Serializable,
  pointer = "",
): Serializable {
  if (isList(value)) return value.map((item, index) => mapLeaves(item, change, pointerTo(pointer, index)));
  if (!isMapping(value)) return change(value, pointer);
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [key, mapLeaves(member, change, pointerTo(pointer, key))]),
  );
}
