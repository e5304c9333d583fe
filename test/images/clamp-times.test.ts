import { closeSync, linkSync, lutimesSync, openSync, readdirSync, symlinkSync, writeSync } from "node:fs";
import path from "node:path";
import { execa } from "execa";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { BrokenArchive, clampTimes } from "../../src/images/clamp-times.ts";
import { bytesOf } from "../../src/model/chunks.ts";
import { makeFolder } from "../fakes/temporary-folder.ts";

const test = suite("clamp times");

const BLOCK = 512;
const LATEST = 1_600_000_000;
const END = Buffer.alloc(2 * BLOCK);

async function* inChunks(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < bytes.length; start += size) yield bytes.subarray(start, start + size);
}

function clamp(bytes: Uint8Array, size = 1 << 16): Promise<Buffer> {
  return bytesOf(clampTimes(inChunks(bytes, size), LATEST));
}

const faultOf = (chunks: Promise<unknown>) => chunks.catch((error: unknown) => error);

function assertSame(actual: Buffer, expected: Buffer): void {
  const place = actual.findIndex((byte, index) => byte !== expected[index]);
  assert.is(place, -1, `they differ at byte ${place}`);
  assert.is(actual.length, expected.length);
}

type Fields = {
  readonly type?: string;
  readonly mode?: number;
  /** A number is written as octal digits, anything else as it stands. The size is that of the content, unless told. */
  readonly time?: number | Buffer;
  readonly size?: number | Buffer;
  readonly magic?: string;
  readonly content?: string | Buffer;
};

/** An entry as Go's archive/tar writes it. */
function entry(fields: Fields = {}, name = "a"): Buffer {
  const { type = "0", mode = 0o644, time = LATEST, magic = "ustar\x0000" } = fields;
  const content = Buffer.from(fields.content ?? "");
  const header = Buffer.alloc(BLOCK);
  const octal = (value: number, count: number) => Buffer.from(`${value.toString(8).padStart(count, "0")}\0`);
  const put = (start: number, value: number | Buffer, count: number) =>
    header.set(typeof value === "number" ? octal(value, count) : value, start);
  header.write(name);
  for (const start of [100, 108, 116]) put(start, start === 100 ? mode : 0, 7);
  put(124, fields.size ?? content.length, 11);
  put(136, time, 11);
  header.write(type, 156);
  header.write(magic, 257, "latin1");
  header.fill(" ", 148, 156);
  put(148, sumOf(header), 6);
  return Buffer.concat([header, content, Buffer.alloc(-content.length & (BLOCK - 1))]);
}

const sumOf = (bytes: Buffer) => bytes.reduce((sum, byte) => sum + byte, 0);

function record(key: string, value: string | Buffer): Buffer {
  const rest = Buffer.concat([Buffer.from(` ${key}=`), Buffer.from(value), Buffer.from("\n")]);
  const length = [1, 2, 3, 4].map((digits) => rest.length + digits).find((n, i) => `${n}`.length === i + 1);
  return Buffer.concat([Buffer.from(String(length)), rest]);
}

function extended(...records: readonly (string | Buffer)[]): Buffer {
  const content = Buffer.concat(records.map((one) => Buffer.from(one)));
  return entry({ type: "x", mode: 0, time: 0, content }, "PaxHeaders.0/a");
}

/** A layer as BuildKit has Go's archive/tar write it; without a time, as it is to come out. */
function goLayer(time?: string): Buffer {
  const seconds = time === undefined ? LATEST : Number.parseInt(time, 10);
  const times = time === undefined ? [] : ["atime", "ctime", "mtime"].map((key) => record(key, time));
  const capability = Buffer.from("01000002ff0a0d3d00802020e9ff", "hex");
  return Buffer.concat([
    entry({ type: "5", mode: 0o755, time: seconds }, "etc/"),
    extended(record("SCHILY.xattr.security.capability", capability), record("a.é", "=\n\0"), ...times),
    entry({ mode: 0o4755, time: seconds, content: "ELF" }, "etc/ping"),
    extended(record("path", "modèle".repeat(30)), ...times, record("uid", "3000000000")),
    entry({ mode: 0, time: seconds, content: Buffer.alloc(3 * BLOCK) }, "mod_le"),
    ...(times.length === 0 ? [] : [extended(...times)]),
    entry({ time: seconds }, "etc/.wh.gone"),
    END,
  ]);
}

const PYTHON = `
import io, sys, tarfile
tarfile.RECORDSIZE = tarfile.BLOCKSIZE
form, young, old = sys.argv[1], *[float(one) if "." in one else int(one) for one in sys.argv[2:]]
long = form != "USTAR"
out = io.BytesIO()
with tarfile.open(fileobj=out, mode="w", format=getattr(tarfile, form + "_FORMAT")) as archive:
    def add(name, kind=tarfile.REGTYPE, content=b"", **fields):
        info = tarfile.TarInfo(name)
        info.type, info.size, info.mtime = kind, len(content), young
        for key, value in fields.items(): setattr(info, key, value)
        archive.addfile(info, io.BytesIO(content))
    add("var", tarfile.DIRTYPE, mode=0o1777)
    add("var/old", content=b"x", mtime=old)
    for size in [0, 1, 511, 512, 513]: add(f"var/{size}", content=b"x" * size)
    add("var/zeros", content=bytes(2048), mode=0)
    add("var/su", content=b"#!", mode=0o6755, uid=3000000000 if long else 2097151, gid=1000, uname="é")
    add("deep/" * 25 + "d" * (300 if long else 90), content=b"deep")
    add("modèle/日本.bin", content=b"m")
    add("var/link", tarfile.SYMTYPE, linkname="../" * 30 + "é" * (80 if long else 2), mode=0o777)
    add("var/hard", tarfile.LNKTYPE, linkname="var/old")
    add("var/.wh.gone"); add("var/.wh..wh..opq")
    add("dev/zero", tarfile.CHRTYPE, devmajor=1, devminor=5); add("dev/gone", tarfile.CHRTYPE)
    add("dev/disk", tarfile.BLKTYPE, devmajor=8); add("dev/pipe", tarfile.FIFOTYPE)
sys.stdout.buffer.write(out.getvalue())
`;

async function outputOf(
  command: string,
  args: readonly string[],
  input: Buffer = Buffer.of(),
): Promise<Buffer> {
  const env = { LC_ALL: "C.UTF-8", TZ: "UTC" };
  const { stdout } = await execa(command, args, { input, env, encoding: "buffer", stripFinalNewline: false });
  return Buffer.from(stdout);
}

function python(format: string, young: string, old: string): Promise<Buffer> {
  return outputOf("python3", ["-c", PYTHON, format, young, old]);
}

/** What GNU tar makes of a folder whose files have these times. */
function gnuTar(args: readonly string[], young: string, old: string): Promise<Buffer> {
  const long = args[0] === "--format=v7" ? {} : { [`${"n".repeat(80)}/${"é".repeat(48)}`]: "long" };
  const folder = makeFolder({ plain: "plain", empty: "", "run.sh": "#!", "modèle/日本.bin": "m", ...long });
  symlinkSync("../some/é", path.join(folder, "link"));
  linkSync(path.join(folder, "plain"), path.join(folder, "second"));
  if (args.includes("--sparse")) writeSparse(path.join(folder, "sparse"));
  for (const name of [...readdirSync(folder, { recursive: true, encoding: "utf8" }), "."])
    lutimesSync(path.join(folder, name), 1, name === "empty" ? old : young);
  const common = ["--owner=é:70000", "--group=g:70001", "--sort=name", "--blocking-factor=1", "--file=-"];
  return outputOf("tar", ["--create", ...args, ...common, `--directory=${folder}`, "."]);
}

/** With so many holes that the map of an old sparse file goes on in a second block. */
function writeSparse(place: string): void {
  const file = openSync(place, "w");
  for (let index = 0; index < 30; index++) writeSync(file, `data ${index}`, index << 17);
  closeSync(file);
}

/** What GNU tar lists; instead of a time, whether it is one that may be. */
async function list(bytes: Buffer): Promise<string> {
  const text = (await outputOf("tar", ["--list", "--verbose", "--full-time", "--file=-"], bytes)).toString();
  return text
    .replace(/ (2020-09-13 12:26:40|1970-01-01 00:16:40) /g, " right ")
    .replace(/ \d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)? /g, " wrong ")
    .replace(/ +/g, " ");
}

type Write = (young: string, old: string) => Promise<Buffer>;

const PAX = ["--format=posix", "--pax-option=exthdr.name=%d/PaxHeaders/%f"];

/** What writes an archive with these times, and the same with times that need no change. */
const WRITERS: Readonly<Record<string, readonly [Write, Write?]>> = {
  "Python, ustar": [(...times) => python("USTAR", ...times)],
  "Python, pax": [(...times) => python("PAX", ...times)],
  "Python, gnu": [(...times) => python("GNU", ...times)],
  "GNU tar, v7": [(...times) => gnuTar(["--format=v7"], ...times)],
  "GNU tar, ustar": [(...times) => gnuTar(["--format=ustar"], ...times)],
  "GNU tar, gnu": [(...times) => gnuTar(["--format=gnu", "--sparse"], ...times)],
  "GNU tar, pax": [
    (...times) => gnuTar(PAX, ...times),
    (...times) => gnuTar([...PAX, "--pax-option=delete=atime,delete=ctime"], ...times),
  ],
  Go: [async (young) => goLayer(young), async () => goLayer()],
};

for (const [name, [write, writeNormal = write]] of Object.entries(WRITERS)) {
  test(`${name}: whenever it was made, it is as if made at the latest, and then stays so`, async () => {
    const normal = await writeNormal(String(LATEST), "1000");
    assertSame(await clamp(normal), normal);
    assertSame(await clamp(Buffer.concat([normal, Buffer.alloc(10 << 10)])), normal);
    const first = await write("1700000000.5", "1000.75");
    assertSame(await clamp(first), normal);
    assertSame(await clamp(await write("1750000000.1234567", "1000.123")), normal);
    const listed = await list(first);
    assert.match(listed, " wrong ");
    assert.is(await list(normal), listed.replaceAll(" wrong ", " right "));
  });
}

for (const size of [1, 7, 511, 512, 513, 1 << 20]) {
  test(`chunks of ${size} bytes make no difference`, async () => {
    assertSame(await clamp(goLayer("1700000000.5"), size), goLayer());
  });
}

test("GNU's headers for incremental backups have times too", async () => {
  const archive = await gnuTar(["--format=gnu", "--incremental"], "1700000000.5", "1000");
  assert.match(archive.toString("latin1", 345, 369), /^\d{11}\0\d{11}\0$/);
  assertSame((await clamp(archive)).subarray(345, 369), Buffer.alloc(24));
});

const binary = (hex: string) => Buffer.from(hex.padEnd(24, "0"), "hex");
const binaryOf = (value: number) => binary(`80${value.toString(16).padStart(22, "0")}`);
const digits = (text: string) => Buffer.from(text, "latin1");
const global = (content: Buffer) => entry({ type: "g", mode: 0, time: 0, content }, "pax_global_header");
const after = (...headers: readonly Buffer[]) => Buffer.concat([...headers, entry({ time: 1234 })]);
const dated = (...times: readonly string[]) => extended(...times.map((time) => record("mtime", time)));
const sized = (...sizes: readonly string[]) => extended(...sizes.map((size) => record("size", size)));

const times: Readonly<Record<string, readonly [archive: Buffer, time: number]>> = {
  "of the latest second": [entry({ time: LATEST }), LATEST],
  "of the next": [entry({ time: LATEST + 1 }), LATEST],
  "of as many octal digits as there can be": [entry({ time: digits("777777777777") }), LATEST],
  missing: [entry({ time: Buffer.alloc(12) }), 0],
  "between spaces": [entry({ time: digits("    1750 \0\0\0") }), 1000],
  "in binary": [entry({ time: binaryOf(1000) }), 1000],
  "in binary, too late": [entry({ time: binaryOf(2 ** 40) }), LATEST],
  "in binary, and all of its bytes": [entry({ time: binary("81") }), LATEST],
  "in binary, before 1970": [entry({ time: Buffer.alloc(12, 0xff) }), 0],
  "in binary, long before 1970": [entry({ time: binary("c0") }), 0],
  "later than a header can say": [after(dated("9999999999.5")), LATEST],
  "to which the next second is nearer": [after(dated("999.99999999999999999")), 999],
  "in a record, before 1970": [after(dated("-0.5")), 0],
  "in an empty record": [after(dated("")), 1234],
  "in two records": [after(dated("99", "98")), 98],
  "in records of other times": [after(extended(record("atime", "5.5"), record("ctime", "6"))), 1234],
  "of birth": [after(extended(record("LIBARCHIVE.creationtime", "7.5"))), 1234],
  "for all that follow": [after(global(record("mtime", "1800000000.5"))), 1234],
};

for (const [what, [archive, time]] of Object.entries(times)) {
  test(`a time ${what}`, async () => {
    assertSame(await clamp(Buffer.concat([archive, END])), Buffer.concat([entry({ time }), END]));
  });
}

const long = entry({ type: "L", time: 0, content: "long/".repeat(30) }, "././@LongLink");

/** What has zeros for content, which would be the archive's end if it were not seen to belong to the entry. */
const zeros = (time: number, size: number | Buffer = END.length) => entry({ time, size, content: END });

const extents: Readonly<Record<string, (time: number) => readonly Buffer[]>> = {
  "where a binary number says": (time) => [zeros(time, binaryOf(1024))],
  "where digits between spaces say": (time) => [zeros(time, digits("       2000 "))],
  "where a record says": (time) => [sized("1024"), zeros(time, 0)],
  "where the last of two records says": (time) => [sized("1", "1024"), zeros(time, 0)],
  "where its header says, a record being empty": (time) => [sized(""), zeros(time)],
  "where a record says, before a long name": (time) => [sized("1024"), long, zeros(time, 0)],
  "where its header says, a record being another's": (time) => [sized("0"), entry({ time }), zeros(time)],
  "where its header says, after a global one": (time) => [global(record("size", "1")), zeros(time)],
  "after its content, of no known type": (time) => [entry({ time, type: "Z", content: END })],
  "after its content, in version 7": (time) => [entry({ time, type: "\0", magic: "", content: END })],
  "at once, whatever it says": (time) => [..."123456"].map((type) => entry({ time, type, size: BLOCK })),
};

for (const [what, write] of Object.entries(extents)) {
  test(`an entry ends ${what}`, async () => {
    const archive = (time: number) => Buffer.concat([...write(time), entry({ time, content: "b" }), END]);
    assertSame(await clamp(archive(LATEST + 1)), archive(LATEST));
  });
}

test("the checksum of an old tool, for which bytes have signs", async () => {
  const archive = Buffer.concat([entry({}, "é"), END]);
  const [sum] = /[0-7]+/.exec(archive.toString("latin1", 148)) ?? [""];
  archive.write((Number.parseInt(sum, 8) - 2 * 256).toString(8).padStart(6, "0"), 148);
  assertSame(await clamp(archive), Buffer.concat([entry({}, "é"), END]));
});

test("an archive broken off", async () => {
  const archive = Buffer.concat([goLayer("1700000000.5").subarray(0, -END.length), long, entry()]);
  for (let length = 0; length <= archive.length; length += BLOCK / 4) {
    const fault = await faultOf(clamp(archive.subarray(0, length)));
    assert.instance(fault, BrokenArchive, `after ${length} bytes`);
  }
  const withHalfAnEnd = Buffer.concat([archive, END.subarray(BLOCK)]);
  assertSame(await clamp(withHalfAnEnd), await clamp(Buffer.concat([archive, END])));
});

test("a header of which any byte is another", async () => {
  for (let index = 0; index < BLOCK; index++) {
    const archive = Buffer.concat([entry(), END]);
    archive[index] = (archive[index] ?? 0) ^ 1;
    // What stands after the digits of the checksum says nothing.
    if (index === 154 || index === 155) continue;
    assert.instance(await faultOf(clamp(archive)), BrokenArchive, `byte ${index}`);
  }
});

const GIANT = binaryOf(2 ** 40);

const broken: Readonly<Record<string, readonly Buffer[]>> = {
  "no tar": [Buffer.alloc(2048, "x")],
  "more after one block of zeros": [END.subarray(BLOCK), entry()],
  "zeros after a record": [extended("6 a=b\n\0\0"), entry()],
  "a time of yesterday": [dated("yesterday"), entry()],
  "an extended header at the end": [entry(), extended(record("a", "b"))],
  "two of them for one entry": [sized("0"), dated("0"), entry()],
  "an extended header of a terabyte": [entry({ type: "x", size: GIANT })],
  "a global header of a terabyte": [entry({ type: "g", size: GIANT })],
  "a long name of a terabyte": [entry({ type: "L", size: GIANT })],
  "a file of nine gigabytes, in binary": [entry({ size: binaryOf(9 * 2 ** 30) })],
  "a file of nine gigabytes, in a record": [sized(String(9 * 2 ** 30)), entry()],
  "a size below zero": [entry({ size: Buffer.alloc(12, 0xff) })],
  "a size beyond all numbers": [entry({ size: binary("81") })],
  "a size that is no number": [entry({ size: digits("0000000000x\0") })],
  "a time that is no number": [entry({ time: digits("0000000000x\0") })],
};

const lines = "5 a=b|99 a=b\n|0 a=b\n|-6 a=b\n|6 a-b\n|six a=b\n|0x8 a=b\n|1e1 ab=cd\n| 7 a=b\n|a=b\n|6";
const sizes = ["-1", "abc", "1e3", "0x10", "1.5", " 1"].map((size) => record("size", size));

for (const [what, parts] of [
  ...Object.entries(broken),
  ...[...lines.split("|"), ...sizes].map((one) => [`the record ${one}`, [extended(one), entry()]] as const),
]) {
  test(`broken: ${what}`, async () => {
    const archive = Buffer.concat([...parts, END]);
    for (const size of [1, 1 << 16]) assert.instance(await faultOf(clamp(archive, size)), BrokenArchive);
  });
}

/** A source that tells how often it was asked for more than its beginning, and whether it was closed. */
function source(beginning: Uint8Array, more: () => Uint8Array) {
  const state = { asked: 0, isClosed: false };
  async function* generate(): AsyncGenerator<Uint8Array> {
    try {
      for (yield beginning; ; yield more()) state.asked++;
    } finally {
      state.isClosed = true;
    }
  }
  return { chunks: generate(), state };
}

test("who wants no more closes the source", async () => {
  const { chunks, state } = source(entry({ size: GIANT }), () => END);
  for await (const _chunk of clampTimes(chunks, LATEST)) if (state.asked === 2) break;
  assert.equal(state, { asked: 2, isClosed: true });
});

test("of a broken archive no more is read, and its source is closed", async () => {
  const { chunks, state } = source(entry({ type: "x", size: GIANT }), () => END);
  assert.instance(await faultOf(bytesOf(clampTimes(chunks, LATEST))), BrokenArchive);
  assert.equal(state, { asked: 0, isClosed: true });
});

for (const [where, beginning] of [
  ["within", entry({ size: GIANT })] as const,
  ["after", goLayer()] as const,
]) {
  test(`the fault of who sends the archive is told as it is: ${where} it`, async () => {
    const fault = new Error("the engine went away");
    const { chunks } = source(beginning, () => {
      throw fault;
    });
    assert.is(await faultOf(bytesOf(clampTimes(chunks, LATEST))), fault);
  });
}

test.run();
