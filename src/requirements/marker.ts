/** A condition on the machine that installs (PEP 508): one comparison, several of them, or what is always so, or never. */
export type Marker =
  | boolean
  | { readonly kind: "comparison"; readonly left: string; readonly operator: string; readonly right: string }
  | { readonly kind: "and" | "or"; readonly parts: readonly Marker[] };

/**
 * Nothing else may stand in one: what is read is written anew from these alone. A text is printable ASCII without what pip
 * takes for the end of a line, a comment, a variable or an option.
 */
const TOKEN =
  /\s*(?:(\(|\))|(and|or)\b|(===?|~=|!=|<=|>=|<|>|not\s+in\b|in\b)|('(?:(?! -)[ !%&(-[\]-~])*'|"(?:(?! -)[ !%&(-[\]-~])*")|([a-z_]+))/y;

const VARIABLES: ReadonlySet<string> = new Set([
  ...[
    "python_version",
    "python_full_version",
    "os_name",
    "sys_platform",
    "platform_release",
    "platform_system",
  ],
  ...["platform_version", "platform_machine", "platform_python_implementation", "implementation_name"],
  ...["implementation_version", "extra"],
]);

const MOST_TOKENS = 10_000;
const DEEPEST = 100;

/** Undefined where it is no marker. */
export function parseMarker(text: string): Marker | undefined {
  const tokens = tokensOf(text);
  if (tokens === undefined) return undefined;
  let next = 0;
  const marker = either(0);
  return next === tokens.length ? marker : undefined;

  function either(depth: number): Marker | undefined {
    return chain("or", () => chain("and", () => one(depth)));
  }

  function chain(kind: "and" | "or", read: () => Marker | undefined): Marker | undefined {
    const parts = [read()];
    while (tokens?.[next] === kind) {
      next += 1;
      parts.push(read());
    }
    const known = parts.filter((part) => part !== undefined);
    if (known.length < parts.length) return undefined;
    return kind === "and" ? allOf(known) : anyOf(known);
  }

  function one(depth: number): Marker | undefined {
    if (tokens?.[next] === "(") {
      next += 1;
      const inner = depth < DEEPEST ? either(depth + 1) : undefined;
      if (tokens[next] !== ")") return undefined;
      next += 1;
      return inner;
    }
    const [left = "", operator = "", right = ""] = tokens?.slice(next, next + 3) ?? [];
    next += 3;
    const isRight = isOperand(left) && isOperand(right) && isText(left) !== isText(right);
    return isRight && OPERATOR.test(operator) ? { kind: "comparison", left, operator, right } : undefined;
  }
}

const OPERATOR = /^(?:[=~!<>]+|(?:not )?in)$/;

function isText(token: string): boolean {
  return token.startsWith("'");
}

function isOperand(token: string): boolean {
  return isText(token) || VARIABLES.has(token);
}

function tokensOf(text: string): readonly string[] | undefined {
  const tokens: string[] = [];
  const rest = text.trimEnd();
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < rest.length) {
    const [, bracket, word, operator, quoted, name] = TOKEN.exec(rest) ?? [];
    const token = bracket ?? word ?? operator?.replace(/\s+/, " ") ?? name ?? requote(quoted);
    if (token === undefined || tokens.length > MOST_TOKENS) return undefined;
    tokens.push(token);
  }
  return tokens;
}

function requote(quoted: string | undefined): string | undefined {
  return quoted && `'${quoted.slice(1, -1)}'`;
}

export function renderMarker(marker: Marker): string {
  if (typeof marker === "boolean") throw new Error("what is always so has no text");
  if (marker.kind === "comparison") return `${marker.left} ${marker.operator} ${marker.right}`;
  const texts = marker.parts.map((part) => {
    const isInner = marker.kind === "and" && typeof part === "object" && part.kind === "or";
    return isInner ? `(${renderMarker(part)})` : renderMarker(part);
  });
  return texts.join(` ${marker.kind} `);
}

export function allOf(markers: readonly Marker[]): Marker {
  return join("and", markers);
}

export function anyOf(markers: readonly Marker[]): Marker {
  return join("or", markers);
}

function join(kind: "and" | "or", markers: readonly Marker[]): Marker {
  const ending = kind === "or";
  const flat = markers.flatMap((one) => (typeof one === "object" && one.kind === kind ? one.parts : [one]));
  if (flat.includes(ending)) return ending;
  const parts = flat.filter((part) => part !== !ending);
  const [first, ...others] = [...new Map(parts.map((part) => [renderMarker(part), part])).values()];
  if (first === undefined) return !ending;
  return others.length === 0 ? first : { kind, parts: [first, ...others] };
}

/** The marker where it is known which extras are asked for. */
export function decideExtras(marker: Marker, isAsked: (extra: string) => boolean): Marker {
  if (typeof marker === "boolean") return marker;
  if (marker.kind !== "comparison")
    return join(
      marker.kind,
      marker.parts.map((part) => decideExtras(part, isAsked)),
    );
  const { left, operator, right } = marker;
  if (left !== "extra" && right !== "extra") return marker;
  const is = isAsked((left === "extra" ? right : left).slice(1, -1));
  return operator === "!=" ? !is : is;
}

const OPPOSITES: Readonly<Record<string, string>> = {
  ...{ "==": "!=", "!=": "==", "<": ">=", ">=": "<", ">": "<=", "<=": ">" },
  ...{ in: "not in", "not in": "in" },
};

/** What holds wherever it does not; undefined where that cannot be said. */
export function negationOf(marker: Marker): Marker | undefined {
  if (typeof marker === "boolean") return !marker;
  if (marker.kind === "comparison") {
    const operator = OPPOSITES[marker.operator];
    return operator === undefined ? undefined : { ...marker, operator };
  }
  const parts = marker.parts.map(negationOf);
  const known = parts.filter((part) => part !== undefined);
  if (known.length < parts.length) return undefined;
  return join(marker.kind === "and" ? "or" : "and", known);
}

/** What Python says of itself in any image. */
const ON_LINUX: Readonly<Record<string, string>> = {
  sys_platform: "'linux'",
  platform_system: "'Linux'",
  os_name: "'posix'",
};

/** Whether it may hold in an image; what is not a plain comparison with a platform may. */
export function mayHoldOnLinux(marker: Marker): boolean {
  if (typeof marker === "boolean") return marker;
  if (marker.kind !== "comparison")
    return marker.kind === "and" ? marker.parts.every(mayHoldOnLinux) : marker.parts.some(mayHoldOnLinux);
  const [variable, text] = isText(marker.left) ? [marker.right, marker.left] : [marker.left, marker.right];
  const own = ON_LINUX[variable];
  if (own === undefined) return true;
  if (marker.operator === "==") return text === own;
  return marker.operator !== "!=" || text !== own;
}

/** The comparisons and brackets that all have to be so, each as its text. */
export function conjunctsOf(marker: Marker): ReadonlySet<string> | false {
  if (typeof marker === "boolean") return marker ? new Set() : false;
  return new Set(marker.kind === "and" ? marker.parts.map(bracketed) : [bracketed(marker)]);
}

function bracketed(marker: Marker): string {
  const text = renderMarker(marker);
  return typeof marker === "object" && marker.kind === "or" ? `(${text})` : text;
}
