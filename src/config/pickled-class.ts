/** A class as a pickle names it. */
export type PickledClass = { readonly module: string; readonly name: string };

/** How a pickle begins: its protocol, and from the fourth on the length of its first frame. */
const START = /^\x80.(?:\x95.{8})?/s;

const MODULE = "[A-Za-z_]\\w*(?:\\.\\w+)*";

/** Before protocol 4: the opcode, the module and the class with a line break behind each. */
const GLOBAL = `c(${MODULE})\\n([A-Za-z_][\\w.]*)\\n`;

/** Since then two texts, a length of one byte or of four before each, which may be remembered. */
const TEXT = "(?:\\x8c.|X.{4})";
const MEMO = "\\x94?";
const STACK_GLOBAL = `${TEXT}(${MODULE})${MEMO}${TEXT}([A-Za-z_][\\w.]*)${MEMO}\\x93`;

/** The class of what is pickled, which comes first of all; undefined where that is a dict, a list or another of Python's own. */
export function pickledClass(beginning: string): PickledClass | undefined {
  const [start] = START.exec(beginning) ?? [];
  if (start === undefined) return undefined;
  const rest = beginning.slice(start.length);
  return asClass(new RegExp(`^(?:${GLOBAL}|${STACK_GLOBAL})`, "s").exec(rest));
}

/** Every class that is named in the beginning of a pickle, whatever holds it. */
export function classesIn(beginning: string): readonly PickledClass[] {
  const isOld = beginning.charCodeAt(1) < 4;
  const named = beginning.matchAll(new RegExp(isOld ? GLOBAL : STACK_GLOBAL, "gs"));
  return [...named].flatMap((found) => asClass(found) ?? []);
}

function asClass(found: RegExpExecArray | null): PickledClass | undefined {
  if (found === null) return undefined;
  const [, module, name, laterModule, laterName] = found;
  return { module: module ?? laterModule ?? "", name: name ?? laterName ?? "" };
}
