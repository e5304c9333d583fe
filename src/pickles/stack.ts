import type { Value } from "./value.ts";

/** More are on no stack of a model, whose lists are put together a thousand items at a time. */
const MOST_VALUES = 5_000_000;

/** Of things that are more than a text or a number. */
const MOST_REMEMBERED = 1_000_000;

/** A pickle that no unpickler would go on with, or that asks for more than is sensible; the message goes on from "it". */
export class BadPickle extends Error {}

/** The stack and the memo of an unpickler. Both are kept exactly as Python keeps them: a name may come from either. */
export class Stack {
  readonly #values: Value[] = [];
  readonly #marks: number[] = [];
  readonly #memo: Value[] = [];
  #remembered = 0;

  push(value: Value): void {
    if (this.#values.length >= MOST_VALUES) throw new BadPickle("puts too much on its stack");
    this.#values.push(value);
  }

  /** Nothing below the last mark can be taken. */
  pop(): Value {
    if (this.#values.length <= (this.#marks.at(-1) ?? 0)) throw new BadPickle("takes more than there is");
    return this.#values.pop() ?? null;
  }

  top(): Value {
    if (this.#values.length <= (this.#marks.at(-1) ?? 0)) throw new BadPickle("looks for more than there is");
    return this.#values.at(-1) ?? null;
  }

  mark(): void {
    if (this.#marks.length >= MOST_VALUES) throw new BadPickle("puts too much on its stack");
    this.#marks.push(this.#values.length);
  }

  /** All that was put on since the last mark, which goes. */
  popMark(): Value[] {
    const mark = this.#marks.pop();
    if (mark === undefined) throw new BadPickle("looks for a mark that is not there");
    return this.#values.splice(mark);
  }

  /** The opcode of that name takes a mark as well. */
  popAny(): void {
    if (this.#marks.at(-1) === this.#values.length) this.#marks.pop();
    else this.pop();
  }

  /** Without an index, under the number of those that are remembered. */
  remember(index = this.#remembered): void {
    if (!Number.isSafeInteger(index) || index < 0 || index > MOST_VALUES * 20)
      throw new BadPickle("remembers something under a number that makes no sense");
    if (this.#memo[index] === undefined) this.#remembered += 1;
    const value = this.top();
    // A name must be found again in any case; what only tells how long an array is may be forgotten.
    this.#memo[index] = typeof value === "object" && index >= MOST_REMEMBERED ? null : value;
  }

  recall(index: number): void {
    const value = this.#memo[index];
    if (value === undefined) throw new BadPickle("remembers what was never there");
    this.push(value);
  }
}
