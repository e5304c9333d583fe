import type { Config, SecretConfig } from "../model/config.ts";
import { isPipAsked } from "./compare-lock.ts";
import type { Pins } from "./pins.ts";

/**
 * The secrets that a build may ask for: those that pip logs in with, where it is called, and all where a Dockerfile of the
 * user's may name any. Not their values: a password that was renewed makes nothing new.
 */
export function secretsOf(
  { build, baseImage }: Config,
  isPipCalled: boolean,
  more: (secret: SecretConfig) => object = () => ({}),
): { readonly secrets?: readonly object[] } {
  const used = build.secrets.filter(
    ({ login }) => baseImage.kind === "dockerfile" || (login !== undefined && isPipCalled),
  );
  if (used.length === 0) return {};
  return {
    secrets: used.map((secret) => ({
      id: secret.id,
      ...(isPipCalled && { login: secret.login }),
      ...more(secret),
    })),
  };
}

export function isPipCalled(config: Config, { packages }: Pins): boolean {
  const isKnown = packages.all !== undefined;
  return (
    isPipAsked(config) && (!isKnown || Object.values(packages.all).some(({ python }) => python.length > 0))
  );
}

/** As `docker build --secret` takes it; a path of the package is for who reads it to put right. */
export function optionOf(source: SecretConfig["source"]): string {
  return "env" in source ? `env=${source.env}` : `src=${source.file.replace(/^~/, "$HOME")}`;
}
