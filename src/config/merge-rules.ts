import { segmentsOf } from "../document/locate.ts";
import type { Serializable } from "../model/serializable.ts";
import { stemOf } from "./stem-of-source.ts";

export type Mapping = { readonly [key: string]: Serializable };

type Rule = {
  /** The key that a text is short for. */
  readonly shortFor?: string;
  /** Keys of which one says what kind of thing it is: another kind takes the place of the whole. */
  readonly kinds?: readonly string[];
  /** Items that say the same here are one and the same. */
  readonly identify?: (item: Serializable) => string | undefined;
  /** Is data or a command, which no half of another can be added to. */
  readonly isWhole?: boolean;
};

const named = (key: string) => (item: Serializable) => {
  const name = isMapping(item) ? item[key] : undefined;
  return typeof name === "string" ? name : undefined;
};

/** Where merging is more than mappings that merge, lists that grow, and all else that is replaced. */
const RULES: readonly (readonly [place: RegExp, rule: Rule])[] = [
  [/^\/base_image$/, { shortFor: "image", kinds: ["image", "dockerfile", "oci_layout"] }],
  [/^\/inference$/, { shortFor: "entry_script", kinds: ["entry_script", "command"] }],
  [/^\/inference\/command$/, { isWhole: true }],
  [/^\/models$/, { identify: modelName }],
  [/^\/models\/\d+$/, { shortFor: "source" }],
  [/^\/build\/secrets$/, { identify: named("id") }],
  [/^\/build\/secrets\/\d+$/, { kinds: ["env", "file"] }],
  [/^\/tests$/, { identify: named("name") }],
  [/^\/tests\/\d+\/request\/body$/, { isWhole: true }],
  [/^\/tests\/\d+\/requests$/, { isWhole: true }],
  [/^\/tests\/\d+\/expect\/(?:json|schema)$/, { isWhole: true }],
];

const NO_RULE: Rule = {};

/** How what stands at a pointer is merged; within a profile as it is where the profile goes. */
export function ruleAt(pointer: string): Rule {
  const place = pointer.replace(/^\/profiles\/[^/]+/, "");
  return RULES.find(([where]) => where.test(place))?.[1] ?? NO_RULE;
}

/** A model without a name is called after its source. */
function modelName(item: Serializable): string | undefined {
  if (typeof item === "string") return stemOf(item);
  if (!isMapping(item)) return undefined;
  const { name, source } = item;
  if (typeof name === "string") return name;
  return name === undefined && typeof source === "string" ? stemOf(source) : undefined;
}

export function isMapping(value: Serializable | undefined): value is Mapping {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}

export function isList(value: Serializable | undefined): value is readonly Serializable[] {
  return Array.isArray(value);
}

/** Whether a pointer leads into a profile: what is there is merged into the file later, if at all. */
export function isInProfile(pointer: string): boolean {
  const [key, ...rest] = segmentsOf(pointer);
  return key === "profiles" && rest.length > 1;
}
