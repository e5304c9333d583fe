import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Transferring } from "../../src/model/event.ts";
import { wordBytes, wordTransfer } from "../../src/report/word-transfer.ts";

const test = suite("words of a transfer");

const sizes: readonly (readonly [bytes: number, text: string])[] = [
  [-5, "0 B"],
  [0, "0 B"],
  [999, "999 B"],
  [1000, "1.0 kB"],
  [9940, "9.9 kB"],
  [9960, "10 kB"],
  [999_600, "1.0 MB"],
  [412_000_000, "412 MB"],
  [1_240_000_000, "1.2 GB"],
  [86_400_000_000, "86 GB"],
  [5e15, "5000 TB"],
];

for (const [bytes, text] of sizes) test(`${bytes} is ${text}`, () => assert.is(wordBytes(bytes), text));

const rate = { bytesPerSecond: 86_000_000 };

const told: readonly (readonly [transfer: Omit<Transferring, "type">, text: string])[] = [
  [{ progress: { bytes: 412e6 } }, "412 MB"],
  [{ progress: { bytes: 412e6, totalBytes: 1.2e9 } }, "412 MB of 1.2 GB"],
  [
    { progress: { bytes: 412e6, totalBytes: 1.2e9, counts: { done: 0, all: 1 } }, ...rate },
    "412 MB of 1.2 GB, 86 MB/s",
  ],
  [
    { progress: { bytes: 412e6, totalBytes: 1.2e9, counts: { done: 3, all: 12 } }, ...rate },
    "412 MB of 1.2 GB, 86 MB/s, 3 of 12 files",
  ],
  [
    {
      progress: {
        bytes: 412e6,
        waiting: { reason: "models.example.com answers 429 for `/x`", forMs: 55_000 },
      },
    },
    "waits 55 s: models.example.com answers 429 for `/x`",
  ],
  [{ progress: { bytes: 0, waiting: { reason: "gone", forMs: 500 } } }, "waits 0.5 s: gone"],
];

for (const [transfer, text] of told)
  test(text, () => assert.is(wordTransfer({ type: "transferring", ...transfer }), text));

test.run();
