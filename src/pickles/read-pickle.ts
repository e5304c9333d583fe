import { type Cursor, EndOfBytes } from "./cursor.ts";
import { sizeOfArray } from "./joblib-array.ts";
import { lengthOf, OPCODES as O, type Sized } from "./opcodes.ts";
import { decodeQuoted, decodeUnicode } from "./python-text.ts";
import { BadPickle, Stack } from "./stack.ts";
import { type Import, isOf, MOST_ITEMS, put, tupleOf, type Value } from "./value.ts";

/** A name in Python is much shorter; more is not held. */
const LONGEST_TEXT_BYTES = 4096;

/** Of a line: a number or a text of the oldest protocol, whose escapes take several bytes. */
const LONGEST_LINE_BYTES = 1 << 24;

/** What is at hand before an opcode is looked at: itself, and the longest argument of fixed length. */
const MOST_FIXED_BYTES = 9;

export type Reading = {
  /** Called of every function and class that would be imported; undefined where nobody can say which. */
  readonly onImport: (named: Import | undefined) => void;
  /** Whether the raw bytes of an array follow each of joblib's wrappers, as they do where joblib reads the file. */
  readonly isJoblib: boolean;
  /** Called of such a wrapper. */
  readonly onWrapper: () => void;
  readonly signal: AbortSignal;
};

/**
 * Reads one pickle to its end, of any protocol, without making anything of it. Throws a `BadPickle`.
 *
 * https://github.com/python/cpython/blob/main/Lib/pickletools.py
 */
export async function readPickle(cursor: Cursor, reading: Reading): Promise<void> {
  const stack = new Stack();
  try {
    for (let count = 0; ; count += 1) {
      if (cursor.ready < MOST_FIXED_BYTES) await cursor.fill(MOST_FIXED_BYTES);
      if ((count & 0xffff) === 0) reading.signal.throwIfAborted();
      const opcode = cursor.byte();
      if (opcode === O.STOP) return void stack.pop();
      const pending = follow(opcode, cursor, stack, reading);
      if (pending !== undefined) await pending;
    }
  } catch (error) {
    throw error instanceof EndOfBytes ? new BadPickle("ends too early") : error;
  }
}

/** Follows one opcode: at once where its argument is at hand, which it nearly always is. */
function follow(opcode: number, cursor: Cursor, stack: Stack, reading: Reading): Promise<void> | undefined {
  const push = (value: Value) => void stack.push(value);
  switch (opcode) {
    case O.MARK:
      return void stack.mark();
    case O.POP:
      return void stack.popAny();
    case O.POP_MARK:
      return void stack.popMark();
    case O.DUP:
      return push(stack.top());
    // As Python counts them: joblib asks of a value only whether it is `None`.
    case O.NEWTRUE:
    case O.NEWFALSE:
      return push(opcode === O.NEWTRUE ? 1 : 0);
    case O.NONE:
    case O.EMPTY_LIST:
    case O.EMPTY_SET:
    case O.NEXT_BUFFER:
      return push(null);
    case O.EMPTY_DICT:
      return push({ kind: "dict", entries: new Map() });
    case O.EMPTY_TUPLE:
      return push(tupleOf([]));
    case O.READONLY_BUFFER:
      return void stack.top();
    case O.BININT1:
      return push(cursor.byte());
    case O.BININT2:
      return push(cursor.take(2).readUInt16LE());
    case O.BININT:
      return push(cursor.take(4).readInt32LE());
    case O.BINFLOAT:
      cursor.take(8);
      return push(null);
    case O.PROTO:
      if (cursor.byte() > 5) throw new BadPickle("is of a protocol that is not known");
      return undefined;
    case O.FRAME:
      return void cursor.take(8);
    case O.BINGET:
      return void stack.recall(cursor.byte());
    case O.LONG_BINGET:
      return void stack.recall(cursor.take(4).readUInt32LE());
    case O.BINPUT:
      return void stack.remember(cursor.byte());
    case O.LONG_BINPUT:
      return void stack.remember(cursor.take(4).readUInt32LE());
    case O.MEMOIZE:
      return void stack.remember();
    case O.TUPLE1:
      return push(tupleOf([stack.pop()]));
    case O.TUPLE2:
    case O.TUPLE3: {
      const items = Array.from({ length: opcode === O.TUPLE2 ? 2 : 3 }, () => stack.pop());
      return push(tupleOf(items.reverse()));
    }
    case O.TUPLE:
      return push(tupleOf(stack.popMark()));
    case O.LIST:
    case O.FROZENSET:
      stack.popMark();
      return push(null);
    case O.DICT:
      return void setItems(push, stack.popMark(), { kind: "dict", entries: new Map() });
    case O.APPEND:
      return void stack.pop();
    case O.APPENDS:
    case O.ADDITEMS:
      stack.popMark();
      return void stack.top();
    case O.SETITEM: {
      const [value, key] = [stack.pop(), stack.pop()];
      return void put(stack.top(), key, value);
    }
    case O.SETITEMS: {
      const items = stack.popMark();
      return void setItems(() => {}, items, stack.top());
    }
    case O.BINPERSID:
      stack.pop();
      return push(null);
    case O.REDUCE:
    case O.NEWOBJ:
      return void call(stack, stack.pop());
    case O.NEWOBJ_EX: {
      stack.pop();
      return void call(stack, stack.pop());
    }
    case O.OBJ: {
      const [by = null, ...args] = stack.popMark();
      stack.push(by);
      return void call(stack, tupleOf(args));
    }
    case O.STACK_GLOBAL: {
      const [name, module] = [stack.pop(), stack.pop()];
      return void importInto(stack, module, name, reading);
    }
    case O.EXT1:
    case O.EXT2:
    case O.EXT4:
      cursor.take(opcode === O.EXT1 ? 1 : opcode === O.EXT2 ? 2 : 4);
      reading.onImport(undefined);
      return push(null);
    case O.BUILD:
      return build(cursor, stack, reading);
    default: {
      const sized = lengthOf(opcode, cursor);
      return sized === undefined
        ? followLine(opcode, cursor, stack, reading)
        : followSized(sized, cursor, stack);
    }
  }
}

/** An opcode whose argument is as long as it says. */
function followSized({ length, isText }: Sized, cursor: Cursor, stack: Stack): Promise<void> | undefined {
  if (!isText || length > LONGEST_TEXT_BYTES) {
    stack.push(null);
    return cursor.skip(length);
  }
  const push = () => stack.push(cursor.take(length).toString("utf8"));
  if (cursor.ready >= length) return void push();
  return cursor.fill(length).then(push);
}

/** An opcode whose argument is a line, or two. */
async function followLine(opcode: number, cursor: Cursor, stack: Stack, reading: Reading): Promise<void> {
  switch (opcode) {
    case O.GLOBAL: {
      const [module, name] = [await takeLine(cursor), await takeLine(cursor)];
      return importInto(stack, module, name, reading);
    }
    case O.INST: {
      const [module, name] = [await takeLine(cursor), await takeLine(cursor)];
      const args = stack.popMark();
      importInto(stack, module, name, reading);
      return call(stack, tupleOf(args));
    }
    case O.STRING:
      return stack.push(short(decodeQuoted(await takeLine(cursor))));
    case O.UNICODE:
      return stack.push(short(decodeUnicode(await takeLine(cursor))));
    case O.INT:
    case O.LONG:
      return stack.push(numberOf((await takeLine(cursor)).replace(/L$/, "")));
    case O.FLOAT:
    case O.PERSID:
      await takeLine(cursor);
      return stack.push(null);
    case O.GET:
      return stack.recall(indexOf(await takeLine(cursor)));
    case O.PUT:
      return stack.remember(indexOf(await takeLine(cursor)));
    default:
      throw new BadPickle(`has a byte 0x${opcode.toString(16).padStart(2, "0")} where an opcode should be`);
  }
}

async function takeLine(cursor: Cursor): Promise<string> {
  const line = await cursor.line(LONGEST_LINE_BYTES);
  if (line === undefined) throw new BadPickle("has a line that does not end");
  return line;
}

function short(text: string | undefined): Value {
  if (text === undefined) throw new BadPickle("has a text that is none");
  return text.length > LONGEST_TEXT_BYTES ? null : text;
}

function numberOf(line: string): Value {
  const number = Number(line);
  return /^-?\d{1,15}$/.test(line) ? number : null;
}

/** As Python reads a number: `  7 ` and `1_0` are some, too. */
function indexOf(line: string): number {
  const digits = line.trim().replace(/(?<=\d)_(?=\d)/g, "");
  if (!/^\+?\d{1,15}$/.test(digits)) throw new BadPickle("remembers something under what is no number");
  return Number(digits);
}

function importInto(stack: Stack, module: Value, name: Value, { onImport }: Reading): void {
  const isNamed = typeof module === "string" && typeof name === "string";
  onImport(isNamed ? { module, name } : undefined);
  stack.push(isNamed ? { kind: "import", module, name } : null);
}

/** What an import makes of its arguments; what anything else makes nobody knows. */
function call(stack: Stack, args: Value): void {
  const by = stack.pop();
  stack.push(isOf(by, "import") ? { kind: "made", by, args } : null);
}

function setItems(push: (value: Value) => void, items: readonly Value[], dict: Value): void {
  if (items.length <= 2 * MOST_ITEMS)
    for (let at = 0; at + 1 < items.length; at += 2) put(dict, items[at] ?? null, items[at + 1] ?? null);
  push(dict);
}

function build(cursor: Cursor, stack: Stack, reading: Reading): Promise<void> | undefined {
  const state = stack.pop();
  const made = stack.top();
  if (!isOf(made, "made")) return undefined;
  if (!isWrapper(made.by)) {
    // Who reads it looks at what it is, and not at how it was made.
    if (isOf(made.args, "tuple") && made.args.items.some((one) => isOf(one, "import") && isWrapper(one)))
      throw new BadPickle("makes an array of joblib's in a way that joblib does not");
    return undefined;
  }
  reading.onWrapper();
  return reading.isJoblib ? passArray(cursor, state, reading) : undefined;
}

function isWrapper({ module, name }: Import): boolean {
  return /^joblib\.numpy_pickle(_compat)?$/.test(module) && name === "NumpyArrayWrapper";
}

/** Joblib writes an array between two opcodes: its padding and its bytes, or, of objects, a pickle. */
async function passArray(cursor: Cursor, state: Value, reading: Reading): Promise<void> {
  const { bytes, isPadded, isPickled } = sizeOfArray(state);
  if (isPickled) return readPickle(cursor, reading);
  if (isPadded) {
    if (!(await cursor.fill(1))) throw new EndOfBytes();
    await cursor.skip(cursor.byte());
  }
  await cursor.skip(bytes);
}
