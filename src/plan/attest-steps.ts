import type { Origin } from "../model/attestation.ts";
import type { Config } from "../model/config.ts";
import { nameOf } from "../model/image-reference.ts";
import type { Step } from "../model/step.ts";
import type { Location } from "../model/text-range.ts";
import { asData } from "./as-data.ts";
import type { Pins } from "./pins.ts";

/** What nobody has to know for whom nothing is attested. */
export type KnownForAttestations = {
  readonly origin?: Origin | undefined;
  /** The public halves of the keys that sign, in PEM, by how the configuration names the keys. */
  readonly publicKeys?: Readonly<Record<string, string>> | undefined;
};

type AttestOptions = KnownForAttestations & {
  /** What tells what the image is, and what is in it. */
  readonly needs: readonly string[];
};

/** One for each repository with an image that is attested, which is the same under all its tags. */
export function attestSteps(
  config: Config,
  pins: Pins,
  locate: (pointer: string) => Location,
  { origin, publicKeys = {}, needs }: AttestOptions,
): readonly Step[] {
  const pushed = config.outputs.flatMap((output) => (output.type === "image" && output.push ? [output] : []));
  const attested = pushed.filter(({ attest }) => attest);
  const repositories = new Set(attested.flatMap(({ tags }) => tags.map(nameOf)));
  return [...repositories].flatMap((repository): readonly Step[] => {
    const isInIt = (tag: string) => nameOf(tag) === repository;
    const outputs = attested.filter(({ tags }) => tags.some(isInIt));
    const keys = new Set(outputs.flatMap(({ sign }) => sign?.key ?? []));
    const inputs = {
      ...factsKnown(config, pins),
      repository,
      origin,
      keys: [...keys].map((key) => ({ reference: key, publicKey: publicKeys[key] })),
    };
    return outputs.slice(0, 1).map(({ pointer }) => ({
      id: `attest:${repository}`,
      kind: "attest",
      name: repository,
      inputs: asData(inputs),
      needs,
      after: pushed.flatMap(({ tags }) => tags.filter(isInIt).map((tag) => `push:${tag}`)),
      pool: "network",
      exclusive: repository,
      location: locate(pointer),
    }));
  });
}

/** What is known of the image before it is made. */
function factsKnown({ name, models, baseImage, inference, build }: Config, pins: Pins) {
  return {
    name,
    models: models.map(({ name: model, version, source }) => ({ name: model, version, source })),
    baseImage,
    base: pins.base,
    code: pins.code,
    runtime: inference.kind === "script" ? pins.runtime : {},
    sourceDateEpoch: build.sourceDateEpoch,
  };
}
