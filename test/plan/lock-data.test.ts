import { suite } from "uvu";
import * as assert from "uvu/assert";
import { parentPointer, pointerTo, segmentsOf } from "../../src/document/locate.ts";
import { parseDocument } from "../../src/document/parse.ts";
import { writeYaml } from "../../src/document/write.ts";
import { digestOf } from "../../src/model/digest.ts";
import type { LockFile } from "../../src/model/lock-file.ts";
import type { Serializable, SerializableRecord } from "../../src/model/serializable.ts";
import { BadLock, lockFromData, lockToData, writerOfLock } from "../../src/plan/lock-data.ts";

const test = suite("the data of a lock");

const digest = digestOf("it");

const full: LockFile = {
  mlpackage: { imageFormat: 1, server: { version: "1.2.0-rc.1", digest: digestOf("server") } },
  baseImage: { image: "python:3.12-slim", digest },
  models: {
    bert: {
      source: "models/bert",
      files: { "config.json": { digest, size: 2 }, "deep/weights.bin": { digest, size: 4_000_000_000 } },
    },
    ridge: { source: "https://example.com/ridge.pkl", files: { "ridge.pkl": { digest, size: 0 } } },
  },
  environment: {
    asked: { systemPackages: digestOf("apt"), python: digestOf("pip") },
    platforms: {
      "linux/amd64": {
        systemPackages: { curl: "7.88.1-10+deb12u5", "libc6:i386": "1:2.36~rc1-9" },
        python: [
          { name: "numpy", version: "2.1.0", digest },
          {
            name: "torch",
            version: "1!2.1.0+cpu",
            digest,
            url: "https://example.com/a%20b/torch.whl#subdirectory=x",
          },
        ],
      },
      "linux/arm/v7": { systemPackages: {}, python: [] },
    },
  },
};

for (const [what, lock] of [
  ["everything", full],
  ["nothing", { models: {} }],
  ["an image without a server of ours", { mlpackage: { imageFormat: 7 }, models: {} }],
  ["a base alone", { models: {}, baseImage: { image: "a", digest } }],
] as const) {
  test(`what is written is what is read: ${what}`, async () => {
    assert.equal(lockFromData(lockToData(lock)), lock);
    assert.equal(await throughYaml(lock), lock);
  });
}

/** As it lies in its file. */
async function throughYaml(lock: LockFile): Promise<LockFile> {
  const parsed = parseDocument({ path: "mlpackage.lock", text: await writeYaml(lockToData(lock)) });
  if (!parsed.ok) throw new Error("it cannot be read");
  return lockFromData(parsed.value.value);
}

test("there is a line for each thing that is pinned, sorted", async () => {
  assert.equal((await writeYaml(lockToData(full))).split("\n"), [
    "version: 1",
    "mlpackage:",
    "  image_format: 1",
    `  server: 1.2.0-rc.1 ${digestOf("server")}`,
    "base_image:",
    "  image: python:3.12-slim",
    `  digest: ${digest}`,
    "models:",
    "  bert:",
    "    source: models/bert",
    "    files:",
    `      config.json: ${digest} 2`,
    `      deep/weights.bin: ${digest} 4000000000`,
    "  ridge:",
    "    source: https://example.com/ridge.pkl",
    "    files:",
    `      ridge.pkl: ${digest} 0`,
    "environment:",
    "  asked:",
    `    system_packages: ${digestOf("apt")}`,
    `    python: ${digestOf("pip")}`,
    "  platforms:",
    "    linux/amd64:",
    "      system_packages:",
    "        curl: 7.88.1-10+deb12u5",
    "        libc6:i386: 1:2.36~rc1-9",
    "      python:",
    `        numpy: 2.1.0 ${digest}`,
    `        torch: 1!2.1.0+cpu ${digest} https://example.com/a%20b/torch.whl#subdirectory=x`,
    "    linux/arm/v7: {}",
    "",
  ]);
});

test("the same lock is the same text, in whatever order it was made", async () => {
  const turned = <T>(values: Readonly<Record<string, T>>) =>
    Object.fromEntries(Object.entries(values).toReversed());
  const { mlpackage, models, environment } = full;
  const packages = environment?.platforms["linux/amd64"] ?? { systemPackages: {}, python: [] };
  const other: LockFile = {
    ...(environment && {
      environment: {
        asked: { python: environment.asked.python, systemPackages: environment.asked.systemPackages },
        platforms: turned({
          ...environment.platforms,
          "linux/amd64": {
            python: packages.python.toReversed(),
            systemPackages: turned(packages.systemPackages),
          },
        }),
      },
    }),
    models: turned(
      Object.fromEntries(
        Object.entries(models).map(([name, { source, files }]) => [name, { files: turned(files), source }]),
      ),
    ),
    baseImage: { digest, image: "python:3.12-slim" },
    ...(mlpackage?.server && { mlpackage: { server: mlpackage.server, imageFormat: 1 } }),
  };
  assert.is(await writeYaml(lockToData(other)), await writeYaml(lockToData(full)));
});

/** The data of the full lock with another value at a pointer; without any where that is undefined. */
function withAt(pointer: string, value: Serializable | undefined): Serializable {
  const data = structuredClone(lockToData(full));
  const holder = valueAt(data, parentPointer(pointer)) as Record<string, Serializable>;
  const last = segmentsOf(pointer).at(-1) ?? "";
  if (value === undefined) delete holder[last];
  else Object.defineProperty(holder, last, { value, enumerable: true });
  return data;
}

function valueAt(data: Serializable, pointer: string): Serializable | undefined {
  return segmentsOf(pointer).reduce<Serializable | undefined>(
    (node, segment) => (node as SerializableRecord | undefined)?.[segment],
    data,
  );
}

/** Where a lock is found to be none of ours; undefined where it is let through. */
function refusalOf(data: Serializable): string | undefined {
  try {
    lockFromData(data);
    return undefined;
  } catch (error) {
    if (error instanceof BadLock) return error.pointer;
    throw error;
  }
}

function assertRefused(pointer: string, data: Serializable): void {
  assert.is(refusalOf(data), pointer, JSON.stringify(data));
}

for (const data of [null, "version: 1", 1, true, [], [{ version: 1 }]]) {
  test(`no lock: ${JSON.stringify(data)}`, () => assertRefused("", data));
}

for (const version of [0, 2, "1", 1.5, null, true, [1]]) {
  test(`the version ${JSON.stringify(version)} is another's`, () => {
    assertRefused("/version", withAt("/version", version));
  });
}

const everywhere = pointersOf(lockToData(full)).filter((pointer) => pointer !== "/version");

/** Of everything that there is below. */
function pointersOf(value: Serializable, above = ""): readonly string[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, member]) => {
    const pointer = pointerTo(above, key);
    return [pointer, ...pointersOf(member ?? null, pointer)];
  });
}

for (const pointer of everywhere) {
  test(`nothing of another type gets in at ${pointer}`, () => {
    const number = pointer === "/mlpackage/image_format" ? 0.5 : 5;
    for (const value of [null, number, true, [], ["a"], [{}]]) assertRefused(pointer, withAt(pointer, value));
    const isText = typeof valueAt(lockToData(full), pointer) === "string";
    assertRefused(pointer, withAt(pointer, isText ? { a: "b" } : "text"));
  });
}

const APT = "/environment/platforms/linux~1amd64/system_packages";
const PIP = "/environment/platforms/linux~1amd64/python";
const pinned = `1.0 ${digest}`;

for (const pointer of [
  "/other",
  "/__proto__",
  "/constructor",
  "/base_image/reference",
  "/mlpackage/version",
  "/models/ridge/include",
  "/models/ridge/__proto__",
  "/environment/python",
  "/environment/asked/all",
  "/environment/platforms/linux~1amd64/conda",
  "/a~1b~0c",
]) {
  test(`nothing else gets in: ${pointer}`, () => assertRefused(pointer, withAt(pointer, { a: "b" })));
}

for (const pointer of [
  "/base_image/digest",
  "/environment/asked/python",
  "/environment/asked/system_packages",
]) {
  for (const text of ["", "sha256:0", digest.toUpperCase(), `${digest} `, `${digest}\n`, `x${digest}`]) {
    test(`no digest at ${pointer}: ${JSON.stringify(text)}`, () =>
      assertRefused(pointer, withAt(pointer, text)));
  }
}

const smuggled = [
  "",
  " ",
  "-1",
  "--pre",
  "1.0 --index-url=http://evil",
  "1.0 -i http://evil",
  "1.0\n--index-url=http://evil",
  "1.0\nRUN rm -rf /",
  "1.0\r",
  "1.0\t",
  "1.0;true",
  "1.0 && true",
  "$(true)",
  "1.0`true`",
  "1.0'",
  '1.0"',
  "1.0\\",
  "1.0/../x",
  "1.0*",
  "1.0,<2",
  "1.0 # x",
  "1.0\u2028",
  "é",
];

for (const text of smuggled) {
  test(`no version: ${JSON.stringify(text)}`, () => {
    assertRefused(`${APT}/curl`, withAt(`${APT}/curl`, text));
    for (const value of [text, `${text} ${digest}`, `${text}\n${digest}`, `1.0 ${text}`, `${pinned} ${text}`])
      assertRefused(`${PIP}/numpy`, withAt(`${PIP}/numpy`, value));
  });
}

test("no version that has apt remove the package", () => {
  assertRefused(`${APT}/curl`, withAt(`${APT}/curl`, "1.0-"));
});

for (const name of [
  ...smuggled.filter((text) => text !== ""),
  "",
  "__proto__",
  "-curl",
  "Curl",
  "curl=1.0",
  "curl==1.0",
  "curl[x]",
  "curl @ http://evil",
  "curl\n--pre",
  "a_b",
]) {
  test(`no name: ${JSON.stringify(name)}`, () => {
    for (const [list, value] of [
      [APT, "1.0"],
      [PIP, pinned],
    ] as const) {
      const pointer = pointerTo(list, name);
      assertRefused(pointer, withAt(pointer, value));
    }
  });
}

for (const url of [
  "http://",
  "file:///etc/passwd",
  "git+https://example.com/a.git",
  "/tmp/a.whl",
  "--pre",
  "https://evil\n--pre",
  "https://evil\t--pre",
  "https://evil\\",
  "https://evil'",
  'https://evil"',
  "https://evil/${AWS_SECRET_ACCESS_KEY}/a.whl",
  "HTTPS",
]) {
  test(`no address: ${JSON.stringify(url)}`, () => {
    assertRefused(`${PIP}/torch`, withAt(`${PIP}/torch`, `${pinned} ${url}`));
  });
}

for (const format of [0, -1, 1.5, 2 ** 53, "1"]) {
  test(`no image format: ${JSON.stringify(format)}`, () =>
    assertRefused("/mlpackage/image_format", withAt("/mlpackage/image_format", format)));
}

const archive = (url: string): Serializable => ({
  version: 1,
  conda: { asked: digest, platforms: { "linux/amd64": { foo: `${url} ${digest} 1` } } },
});

test("the address of a package of conda", () =>
  assert.ok(lockFromData(archive("https://conda.example:8080/t/noarch/foo-1!1.0+a-py_0.conda")).conda));

for (const [url, wheel] of [
  ["https://[/foo-1.0-0.conda", "https://[/a.whl"],
  ["https://x:y/foo-1.0-0.conda", "https://x:y/a.whl"],
  ["https://u:p@host/foo-1.0-0.conda", "https://u:p@host/a.whl"],
  ["https://host/#/foo-1.0-0.conda", "https://host/$a.whl"],
  ["https://host/?a/foo-1.0-0.conda", "https://host/a.whl?b"],
  ["https://host/\u001b[2J/foo-1.0-0.conda", "https://host/\u001b[2J/a.whl"],
] as const)
  test(`no address that anybody could be sent to: ${JSON.stringify(url)}`, () => {
    assertRefused("/conda/platforms/linux~1amd64/foo", archive(url));
    assertRefused(`${PIP}/torch`, withAt(`${PIP}/torch`, `${pinned} ${wheel}`));
  });

for (const text of [...smuggled, "1.0", "1.0.0;true", "1.0.0$(true)", "v1.0.0"]) {
  test(`no server: ${JSON.stringify(text)}`, () => {
    for (const value of [text, `${text} ${digest}`, `1.0.0 ${text}`, `1.0.0 ${digest} ${text}`])
      assertRefused("/mlpackage/server", withAt("/mlpackage/server", value));
  });
}

for (const [what, data, writer] of [
  ["a lock of ours", lockToData(full), "1.2.0-rc.1"],
  ["one that we do not understand otherwise", withAt("/version", 2), "1.2.0-rc.1"],
  ["one that has more", withAt("/mlpackage/zstd", "1.5"), "1.2.0-rc.1"],
  ["one without it", withAt("/mlpackage", undefined), undefined],
  ["one that has us type something", withAt("/mlpackage/server", `1.0.0;true ${digest}`), undefined],
  ["no lock", [1], undefined],
] as const) {
  test(`who wrote ${what}`, () => assert.is(writerOfLock(data), writer));
}

for (const text of [
  "",
  digest,
  `${digest} `,
  `${digest} -1`,
  `${digest} 1.5`,
  `${digest} 1e3`,
  `${digest} 1\n`,
  `${digest} 1 2`,
  `${digest}  1`,
  "sha256:0 1",
  `1 ${digest}`,
  `${digest} ${"9".repeat(16)}`,
]) {
  test(`no file: ${JSON.stringify(text)}`, () => {
    const pointer = "/models/bert/files/deep~1weights.bin";
    assertRefused(pointer, withAt(pointer, text));
  });
}

for (const pointer of [
  "/version",
  "/mlpackage/image_format",
  "/base_image/image",
  "/base_image/digest",
  "/models/ridge/source",
  "/models/ridge/files",
  "/environment/asked",
  "/environment/asked/python",
  "/environment/platforms",
]) {
  test(`what is missing is told: ${pointer}`, () => assertRefused(pointer, withAt(pointer, undefined)));
}

test("a name that every object has is a name like any other", () => {
  const textOf = (files: string) =>
    `{"version": 1, "models": {"__proto__": {"source": "a", "files": ${files}}}}`;
  assertRefused("/models/__proto__/files/__proto__", JSON.parse(textOf('{"__proto__": "b"}')));
  const { models } = lockFromData(JSON.parse(textOf("{}")));
  assert.equal(Object.keys(models), ["__proto__"]);
  assert.is(({} as { readonly source?: string }).source, undefined);
});

test.run();
