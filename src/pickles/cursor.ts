/** Bytes that are read from some place on, as often as asked; `isSeekable` where that costs nothing. */
export type Bytes = {
  readonly read: (start: number) => AsyncIterable<Uint8Array>;
  readonly isSeekable: boolean;
};

/** A shorter way is read through: to begin anew costs about as much. */
const WORTH_SEEKING_BYTES = 4 << 20;

const NOTHING = Buffer.alloc(0);

/** There are fewer bytes than are asked for. */
export class EndOfBytes extends Error {}

/** A place in bytes that are gone through once. What is at hand is taken at once, for there may be millions of small things. */
export class Cursor {
  readonly #bytes: Bytes;
  #chunks: AsyncIterator<Uint8Array> | undefined;
  #buffer: Buffer = NOTHING;
  #at = 0;
  /** Of the end of the buffer. */
  #read = 0;

  constructor(bytes: Bytes, start = 0) {
    this.#bytes = bytes;
    this.#read = start;
  }

  get position(): number {
    return this.#read - this.#buffer.length + this.#at;
  }

  /** How many bytes are at hand. */
  get ready(): number {
    return this.#buffer.length - this.#at;
  }

  /** Sees to it that so many bytes are at hand, or all that are left; true if there are as many. */
  async fill(count: number): Promise<boolean> {
    while (this.ready < count) {
      this.#chunks ??= this.#bytes.read(this.position + this.ready)[Symbol.asyncIterator]();
      const { done, value } = await this.#chunks.next();
      if (done === true) return false;
      const rest = this.#buffer.subarray(this.#at);
      this.#buffer = rest.length === 0 ? asBuffer(value) : Buffer.concat([rest, value]);
      this.#at = 0;
      this.#read += value.length;
    }
    return true;
  }

  /** A byte that is at hand. */
  byte(): number {
    const byte = this.#buffer[this.#at];
    if (byte === undefined) throw new EndOfBytes();
    this.#at += 1;
    return byte;
  }

  /** So many bytes that are at hand; they are other ones after the next `fill`. */
  take(count: number): Buffer {
    if (this.ready < count) throw new EndOfBytes();
    const taken = this.#buffer.subarray(this.#at, this.#at + count);
    this.#at += count;
    return taken;
  }

  /** Up to a line break, which is passed over; undefined where so many bytes have none. */
  async line(mostBytes: number): Promise<string | undefined> {
    for (let wanted = 128; ; wanted *= 4) {
      const isMore = await this.fill(Math.min(wanted, mostBytes));
      const end = this.#buffer.indexOf(0x0a, this.#at);
      if (end >= 0) {
        const line = this.#buffer.toString("utf8", this.#at, end);
        this.#at = end + 1;
        return line;
      }
      if (!isMore) throw new EndOfBytes();
      if (wanted >= mostBytes) return undefined;
    }
  }

  /** Passes over so many bytes, without holding them. */
  skip(count: number): Promise<void> | undefined {
    if (this.ready < count) return this.#skipFar(count);
    this.#at += count;
    return undefined;
  }

  async #skipFar(count: number): Promise<void> {
    const left = count - this.ready;
    if (this.#bytes.isSeekable && left >= WORTH_SEEKING_BYTES) {
      const target = this.position + count - 1;
      await this.close();
      [this.#buffer, this.#at, this.#read] = [NOTHING, 0, target];
      // There must be a last byte of what is skipped.
      if (!(await this.fill(1))) throw new EndOfBytes();
      this.#at += 1;
      return;
    }
    for (let passed = 0; passed < count; ) {
      if (this.ready === 0 && !(await this.fill(1))) throw new EndOfBytes();
      const taken = Math.min(this.ready, count - passed);
      this.#at += taken;
      passed += taken;
    }
  }

  async close(): Promise<void> {
    await this.#chunks?.return?.();
    this.#chunks = undefined;
  }
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
