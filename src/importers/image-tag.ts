import type { ConfigFile } from "../model/config.generated.ts";
import { whyUnfit } from "./fitting.ts";
import type { Field, Reading } from "./reading.ts";

/** The output that gives the image a name of the other tool's, if it can be one here. */
export function namedTag(reading: Reading, field: Field): NonNullable<ConfigFile["outputs"]> {
  const name = reading.text(field);
  if (name === undefined) return [];
  const hasTag = /:[^/]*$/.test(name);
  const outputs: ConfigFile["outputs"] = [{ type: "image", tags: [hasTag ? name : `${name}:latest`] }];
  const why = whyUnfit({ outputs });
  if (why === undefined) return outputs;
  reading.leave(field, why);
  return [];
}
