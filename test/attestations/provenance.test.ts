import { suite } from "uvu";
import * as assert from "uvu/assert";
import { provenanceOf } from "../../src/attestations/provenance.ts";
import { PREDICATE_TYPES, readStatement, writeStatement } from "../../src/attestations/statement.ts";
import { digestOf } from "../../src/model/digest.ts";
import { AMD64, makeFacts } from "../fakes/image-facts.ts";

const test = suite("provenance");

type Descriptor = {
  readonly name?: string;
  readonly uri?: string;
  readonly digest?: Readonly<Record<string, string>>;
  readonly [other: string]: unknown;
};

type Statement = {
  readonly _type: string;
  readonly subject: readonly Descriptor[];
  readonly predicateType: string;
  readonly predicate: {
    readonly buildDefinition: {
      readonly buildType: string;
      readonly externalParameters: Readonly<Record<string, unknown>>;
      readonly resolvedDependencies: readonly Descriptor[];
    };
    readonly runDetails: { readonly builder: { readonly id: string }; readonly [other: string]: unknown };
  };
};

function write(facts = makeFacts()): Statement {
  const subject = { name: facts.repository, digest: facts.digest };
  return JSON.parse(writeStatement(subject, PREDICATE_TYPES.provenance, provenanceOf(facts)));
}

const DIGESTS: Readonly<Record<string, RegExp>> = {
  sha256: /^[0-9a-f]{64}$/,
  gitCommit: /^([0-9a-f]{40}|[0-9a-f]{64})$/,
};
const KNOWN_FIELDS = ["name", "uri", "digest", "content", "downloadLocation", "mediaType", "annotations"];

/** What in-toto's statement 1 and resource descriptor, and SLSA's provenance 1, demand of their fields. */
function problemsOf({ _type, subject, predicateType, predicate }: Statement): readonly string[] {
  const { buildDefinition, runDetails } = predicate;
  const isUri = (text: string | undefined) => text !== undefined && URL.canParse(text);
  const descriptors = [...subject, ...buildDefinition.resolvedDependencies];
  return [
    ...(_type === "https://in-toto.io/Statement/v1" ? [] : ["the type of the statement"]),
    ...(subject.length > 0 && subject.every(({ digest }) => digest?.sha256)
      ? []
      : ["a subject has no digest"]),
    ...(predicateType === "https://slsa.dev/provenance/v1" ? [] : ["the type of the predicate"]),
    ...(isUri(buildDefinition.buildType) ? [] : ["buildType is no URI"]),
    ...(isUri(runDetails.builder.id) ? [] : ["builder.id is no URI"]),
    ...(Object.keys(buildDefinition.externalParameters).length > 0 ? [] : ["no external parameters"]),
    ...descriptors.flatMap((one) => [
      ...(one.uri !== undefined || one.digest !== undefined ? [] : [`${JSON.stringify(one)} says nothing`]),
      ...(one.uri === undefined || isUri(one.uri) ? [] : [`${one.uri} is no URI`]),
      ...Object.keys(one).filter((key) => !KNOWN_FIELDS.includes(key)),
      ...Object.entries(one.digest ?? {}).flatMap(([kind, hex]) =>
        DIGESTS[kind]?.test(hex) ? [] : [`${kind} ${hex}`],
      ),
    ]),
  ];
}

test("it keeps the rules of in-toto and SLSA, and breaking them is found", () => {
  const statement = write();
  assert.equal(problemsOf(statement), []);
  assert.ok(statement.predicate.buildDefinition.resolvedDependencies.length > 8);
  const { subject: _subject, ...rest } = statement;
  assert.equal(problemsOf({ ...rest, subject: [{ name: "x" }] }).length, 2);
});

test("all that went in is among its dependencies, each once", () => {
  const { resolvedDependencies } = write().predicate.buildDefinition;
  const words = resolvedDependencies.map(
    ({ name, uri, digest }) => uri ?? name ?? Object.keys(digest ?? {})[0],
  );
  assert.equal(words.slice(0, 5), [
    "git+https://git.example.com/d.git",
    `pkg:oci/python@${digestOf("base")}?repository_url=docker.io/library/python&tag=3.12-slim`,
    "models/ridge/3/ridge.pkl",
    "https://models.example.com/bert.tar",
    "https://models.example.com/bert.tar",
  ]);
  assert.ok(words.includes("code/score.py"));
  assert.ok(words.includes("pkg:pypi/numpy@2.1.0"));
  assert.ok(words.includes("pkg:deb/debian/libc6@2:2.36-9?arch=i386"));
  const twice = write(makeFacts({ platforms: [AMD64, { ...AMD64, platform: "linux/arm64" }] }));
  const all = twice.predicate.buildDefinition.resolvedDependencies.map((one) => JSON.stringify(one));
  assert.is(new Set(all).size, all.length);
  assert.ok(all.some((one) => one.includes("libgomp1@12.2.0-14%2Bdeb12u1?arch=arm64")));
});

test("what was overridden is told, without a value that may be a secret", () => {
  const { externalParameters } = write().predicate.buildDefinition;
  assert.equal(externalParameters.set, { "build.labels.team": "risk", "environment.variables.TOKEN": null });
  assert.not.match(JSON.stringify(write()), "s3cret");
});

test("neither times nor numbers of runs: the same facts give the same text", () => {
  assert.equal(write(), write());
  assert.equal(Object.keys(write().predicate.runDetails), ["builder"]);
});

test("what is read back: the subject and what is said of it, and nothing of what is no statement", () => {
  const subject = { name: "a", digest: digestOf("a") };
  const read = readStatement(writeStatement(subject, "https://example.com/p", {}));
  assert.equal(read, { predicateType: "https://example.com/p", subjects: [digestOf("a")] });
  for (const text of ["", "[]", "null", '{"_type":"x"}', '{"_type":"https://in-toto.io/Statement/v1"}'])
    assert.is(readStatement(text), undefined, text);
  const odd =
    '{"_type":"https://in-toto.io/Statement/v1","predicateType":"p","subject":[null,{"digest":{"sha256":1}}]}';
  assert.equal(readStatement(odd)?.subjects, []);
});

test.run();
