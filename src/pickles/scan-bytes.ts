import { type Bytes, Cursor } from "./cursor.ts";
import { isHarmless } from "./harmless-imports.ts";
import { readPickle } from "./read-pickle.ts";
import { BadPickle } from "./stack.ts";
import type { Import } from "./value.ts";

/** What a pickle would do that is not known to be harmless, and why not all of it is known. */
export type Suspicion = {
  /** Each once, in the order of the file. */
  readonly imports: readonly Import[];
  /** Goes on from "it". */
  readonly unread?: string;
};

/** More names say nothing more. */
const MOST_IMPORTS = 1000;

/** Several may stand one behind the other, as in what PyTorch wrote before it wrote zips. */
const MOST_PICKLES = 1000;

/** A name that Python could import; bytes that are no pickle look otherwise. */
const DOTTED = /^[\p{ID_Start}_][\p{ID_Continue}]*(\.[\p{ID_Start}_][\p{ID_Continue}]*)*$/u;

/**
 * Looks through the pickles that bytes begin with. What follows the first may be anything: it is looked through as far
 * as it is a pickle.
 */
export async function scanBytes(bytes: Bytes, signal: AbortSignal, start = 0): Promise<Suspicion> {
  const plain = await scanOnce(bytes, start, false, signal);
  if (!plain.hasWrapper) return plain.suspicion;
  // Nobody knows by what it will be read: what either would import counts, and joblib must come to the end.
  const joblib = await scanOnce(bytes, start, true, signal);
  const { unread } = joblib.suspicion;
  // joblib reads it so, and it is not known that nobody does.
  const isRead = unread === undefined;
  const imports = new Map(
    [...joblib.suspicion.imports, ...plain.suspicion.imports].map((one) => [keyOf(one), one]),
  );
  return { imports: [...imports.values()], ...(!isRead && { unread }) };
}

type Scanned = { readonly suspicion: Suspicion; readonly hasWrapper: boolean };

async function scanOnce(
  bytes: Bytes,
  start: number,
  isJoblib: boolean,
  signal: AbortSignal,
): Promise<Scanned> {
  const cursor = new Cursor(bytes, start);
  const imports = new Map<string, Import>();
  let [hasWrapper, isUnnamed] = [false, false];
  const reading = {
    isJoblib,
    signal,
    onWrapper: () => {
      hasWrapper = true;
    },
    onImport: (named: Import | undefined) => {
      const isName = named !== undefined && [named.module, named.name].every((text) => DOTTED.test(text));
      if (!isName) isUnnamed = true;
      else if (imports.size < MOST_IMPORTS && !isHarmless(named)) imports.set(keyOf(named), named);
    },
  };
  let unread: string | undefined;
  try {
    for (let count = 0; count < MOST_PICKLES; count += 1) {
      const fault = await readOne(cursor, reading);
      // Behind the first may come anything; what imports something is a pickle all the same, and has run by then.
      if (isUnnamed && (fault === undefined || count > 0))
        unread ??= "imports something that nobody can name";
      if (fault !== undefined && count === 0) unread = fault;
      if (fault !== undefined || !(await cursor.fill(1))) break;
      isUnnamed = false;
    }
  } finally {
    await cursor.close();
  }
  return {
    suspicion: { imports: [...imports.values()], ...(unread !== undefined && { unread }) },
    hasWrapper,
  };
}

/** Why it is none, or none that is whole. */
async function readOne(
  cursor: Cursor,
  reading: Parameters<typeof readPickle>[1],
): Promise<string | undefined> {
  try {
    await readPickle(cursor, reading);
    return undefined;
  } catch (error) {
    if (error instanceof BadPickle) return error.message;
    throw error;
  }
}

function keyOf({ module, name }: Import): string {
  return `${module}.${name}`;
}
