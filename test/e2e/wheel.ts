import { zip } from "../fakes/zip.ts";

export type WheelOptions = { readonly requires?: readonly string[] };

/** A wheel with one module: a zip whose entries are stored as they are. */
export function makeWheel(
  name: string,
  version: string,
  code: string,
  { requires = [] }: WheelOptions = {},
): Uint8Array {
  const needs = requires.map((one) => `Requires-Dist: ${one}\n`).join("");
  const info = `${name}-${version}.dist-info`;
  const files = {
    [`${name}.py`]: code,
    [`${info}/METADATA`]: `Metadata-Version: 2.1\nName: ${name}\nVersion: ${version}\n${needs}`,
    [`${info}/WHEEL`]: "Wheel-Version: 1.0\nGenerator: mlpackage\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
  };
  const record = [...Object.keys(files), `${info}/RECORD`].map((file) => `${file},,\n`).join("");
  return zip({ ...files, [`${info}/RECORD`]: record });
}
