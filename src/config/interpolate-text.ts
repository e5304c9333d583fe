/** What a name stands for. A `reason` says why it stands for nothing, where more is to be said than that it is not set. */
export type Lookup = (
  name: string,
) => { readonly value: string } | { readonly value?: never; readonly reason?: Reason };

export type Reason = { readonly message: string; readonly hint?: string };

/** Something in a text that cannot be replaced; `start` and `end` are offsets into the text. */
export type TextProblem = Reason & { readonly code: string; readonly start: number; readonly end: number };

/** A name whose value was put in, or the default in its place; the offsets are those of the expression, or of the default. */
export type UsedName = {
  readonly name: string;
  readonly value: string;
  readonly isDefault: boolean;
  readonly start: number;
  readonly end: number;
};

type Scan = {
  readonly text: string;
  readonly lookup: Lookup;
  readonly problems: TextProblem[];
  readonly used: UsedName[];
  index: number;
};

const nameThere = /[A-Za-z_][A-Za-z0-9_]*/y;
const dottedNameThere = /[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z0-9_]+)*/y;
const operatorThere = /:?[-?+]/y;

/** What is nested is read by calls that are nested as deep. */
const MOST_OPEN = 100;

/**
 * Replaces `$NAME`, `${NAME}`, `${NAME:-default}`, `${NAME:?message}`, `${NAME:+other}` and `$$` as docker compose
 * does. Without the colon, a name that is set but empty counts as set. What is put in is never looked at again.
 */
export function interpolateText(
  text: string,
  lookup: Lookup,
): {
  readonly text: string;
  readonly problems: readonly TextProblem[];
  readonly used: readonly UsedName[];
} {
  const scan: Scan = { text, lookup, problems: [], used: [], index: 0 };
  const { problems, used } = scan;
  const deepest = findTooDeep(text);
  if (deepest !== undefined) {
    const message = `more than ${MOST_OPEN} variables in braces are nested here`;
    const hint = "close each with `}`, or write `$$` for a dollar";
    const problem = { code: "config/malformed-variable", message, hint, start: deepest, end: deepest + 2 };
    return { text, problems: [problem], used };
  }
  return { text: expandUntil(scan, undefined), problems, used };
}

/** Where more variables in braces are open than anybody writes; undefined where that is nowhere. */
function findTooDeep(text: string): number | undefined {
  let open = 0;
  for (let index = text.indexOf("$"); index !== -1 && index < text.length; index += 1) {
    const character = text[index];
    if (character === "}") open = Math.max(0, open - 1);
    if (character !== "$") continue;
    const next = text[index + 1];
    if (next === "{") open += 1;
    if (open > MOST_OPEN) return index;
    if (next === "$") index += 1;
  }
  return undefined;
}

function expandUntil(scan: Scan, closing: "}" | undefined): string {
  let expanded = "";
  while (scan.index < scan.text.length && scan.text[scan.index] !== closing) {
    if (scan.text[scan.index] === "$") expanded += expandDollar(scan);
    else expanded += scan.text[scan.index++];
  }
  return expanded;
}

function expandDollar(scan: Scan): string {
  const start = scan.index;
  scan.index += 1;
  if (scan.text[scan.index] === "$") return take(scan, /\$/y) ?? "";
  if (scan.text[scan.index] === "{") return expandBraces(scan, start);
  const name = take(scan, nameThere);
  if (name === undefined)
    return malformed(scan, start, "a `$` must be followed by a name, or by a name in braces");
  return required(scan, start, name);
}

function expandBraces(scan: Scan, start: number): string {
  scan.index += 1;
  const name = take(scan, dottedNameThere);
  if (name === undefined) return malformed(scan, start, "`${` must be followed by a name");
  const operator = take(scan, operatorThere);
  const nested: Scan = { ...scan, problems: [], used: [] };
  const argument = operator === undefined ? "" : expandUntil(nested, "}");
  scan.index = nested.index;
  if (scan.text[scan.index] !== "}") {
    malformed(scan, start, unfinished(name, operator));
    // All that follows has been looked at: to do so again would double the work with each that is open.
    if (operator !== undefined) takeOver(scan, nested);
    return "";
  }
  scan.index += 1;
  return operator === undefined
    ? required(scan, start, name)
    : operate(scan, { start, name, operator, argument, nested });
}

function takeOver(scan: Scan, nested: Scan): void {
  for (const problem of nested.problems) scan.problems.push(problem);
  scan.index = nested.index;
}

type Operation = {
  readonly start: number;
  readonly name: string;
  readonly operator: string;
  readonly argument: string;
  readonly nested: Scan;
};

function operate(scan: Scan, { start, name, operator, argument, nested }: Operation): string {
  const { value } = scan.lookup(name);
  const isThere = value !== undefined && (value !== "" || !operator.startsWith(":"));
  if (operator.endsWith("+")) return isThere ? useArgument(false) : "";
  if (isThere) return use(scan, { name, value, start });
  if (operator.endsWith("-")) return useArgument(true);
  const message = argument === "" ? `\`${name}\` is not set` : `\`${name}\` is not set: ${argument}`;
  const hint = `type \`export ${name}=...\` first`;
  return report(scan, { code: "config/unset-variable", message, hint, start, end: scan.index });

  function useArgument(isDefault: boolean): string {
    for (const problem of nested.problems) scan.problems.push(problem);
    const end = scan.index - 1;
    const place = { start: start + `\${${name}${operator}`.length, end };
    // What is nested in a default says more of the value than the default does.
    for (const one of nested.used) scan.used.push(one);
    if (isDefault && nested.used.length === 0) scan.used.push({ name, value: argument, isDefault, ...place });
    return argument;
  }
}

function required(scan: Scan, start: number, name: string): string {
  const found = scan.lookup(name);
  if (found.value !== undefined) return use(scan, { name, value: found.value, start });
  const reason = found.reason ?? unset(name);
  return report(scan, { code: "config/unset-variable", ...reason, start, end: scan.index });
}

function use(scan: Scan, { name, value, start }: Pick<UsedName, "name" | "value" | "start">): string {
  scan.used.push({ name, value, isDefault: false, start, end: scan.index });
  return value;
}

function unset(name: string): Reason {
  return {
    message: `\`${name}\` is not set`,
    hint: `type \`export ${name}=...\` first, or give it a default with \`\${${name}:-default}\``,
  };
}

function unfinished(name: string, operator: string | undefined): string {
  if (operator !== undefined) return `\`\${${name}${operator}\` has no closing \`}\``;
  return `\`\${${name}\` must be followed by \`}\`, or by \`:-\`, \`:?\` or \`:+\``;
}

/** Goes on after the dollar, so that what follows is still looked at. */
function malformed(scan: Scan, start: number, message: string): string {
  scan.index = start + 1;
  const hint = "write `$$` for a dollar";
  return report(scan, { code: "config/malformed-variable", message, hint, start, end: start + 1 });
}

function report(scan: Scan, problem: TextProblem): string {
  scan.problems.push(problem);
  return "";
}

function take(scan: Scan, pattern: RegExp): string | undefined {
  pattern.lastIndex = scan.index;
  const [taken] = pattern.exec(scan.text) ?? [];
  scan.index += taken?.length ?? 0;
  return taken;
}
