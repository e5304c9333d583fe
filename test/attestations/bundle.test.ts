import { generateKeyPairSync } from "node:crypto";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { openBundle, readPublicKey } from "../../src/attestations/bundle.ts";
import { PREDICATE_TYPES, writeStatement } from "../../src/attestations/statement.ts";
import { digestOf } from "../../src/model/digest.ts";
import { makeBundle, makeKeys } from "../fakes/signer.ts";

const test = suite("bundle");

const subject = { name: "registry.example.com/ü", digest: digestOf("manifest") };
const statement = writeStatement(subject, PREDICATE_TYPES.provenance, { ä: 1 });
const keys = makeKeys();

function open(bundle: string, pem = keys.publicKey) {
  const key = readPublicKey(pem);
  if (key === undefined) throw new Error("there is no key");
  return openBundle(bundle, key);
}

for (const [what, make, hash] of [
  ["P-256", () => generateKeyPairSync("ec", { namedCurve: "P-256" }), "sha256"],
  ["P-384 with the hash of its curve", () => generateKeyPairSync("ec", { namedCurve: "P-384" }), "sha384"],
  ["P-384 with SHA-256", () => generateKeyPairSync("ec", { namedCurve: "P-384" }), "sha256"],
  ["P-521", () => generateKeyPairSync("ec", { namedCurve: "P-521" }), "sha512"],
  ["RSA", () => generateKeyPairSync("rsa", { modulusLength: 2048 }), "sha256"],
  ["Ed25519", () => generateKeyPairSync("ed25519"), null],
] as const) {
  test(`${what}: what was signed is read`, () => {
    const pair = makeKeys(make);
    const opened = open(makeBundle(statement, pair, hash), pair.publicKey);
    assert.equal(opened, {
      predicateType: PREDICATE_TYPES.provenance,
      subjects: [subject.digest],
      text: statement,
    });
  });
}

test("another key, another statement and another signature are none", () => {
  const bundle = makeBundle(statement, keys);
  assert.ok(open(bundle));
  assert.is(open(bundle, makeKeys().publicKey), undefined);
  const { dsseEnvelope, ...rest } = JSON.parse(bundle);
  const forge = (change: object) => JSON.stringify({ ...rest, dsseEnvelope: { ...dsseEnvelope, ...change } });
  assert.ok(open(forge({})));
  const other = statement.replace(subject.digest.slice(7), digestOf("other").slice(7));
  assert.is(open(forge({ payload: Buffer.from(other).toString("base64") })), undefined);
  assert.is(open(forge({ payloadType: "text/plain" })), undefined);
  assert.is(open(forge({ signatures: [] })), undefined);
  assert.is(open(forge({ signatures: [{ sig: "AAAA" }, null, {}] })), undefined);
});

test("more signatures than anybody writes are none", () => {
  const { dsseEnvelope, ...rest } = JSON.parse(makeBundle(statement, keys));
  const [signature] = dsseEnvelope.signatures;
  const withWrong = (count: number) => {
    const signatures = [...Array.from({ length: count }, () => ({ sig: "AAAA" })), signature];
    return JSON.stringify({ ...rest, dsseEnvelope: { ...dsseEnvelope, signatures } });
  };
  assert.ok(open(withWrong(15)));
  assert.is(open(withWrong(16)), undefined);
});

test("what is signed and no statement is none, nor is any other text", () => {
  assert.is(open(makeBundle("hello", keys)), undefined);
  for (const text of ["", "null", "[]", "{}", '{"dsseEnvelope":1}', '{"dsseEnvelope":{"payload":"x"}}'])
    assert.is(open(text), undefined, text);
});

test("a public key is one, and nothing else is", () => {
  assert.ok(readPublicKey(keys.publicKey));
  const pem = keys.privateKey.export({ type: "pkcs8", format: "pem" }).toString();
  const broken = "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n";
  for (const text of ["", "hello", pem, broken]) assert.is(readPublicKey(text), undefined, text);
});

test.run();
