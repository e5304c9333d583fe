import { suite } from "uvu";
import * as assert from "uvu/assert";
import { isSecretName, maskText, maskWords } from "../../../src/images/inspect/mask-secrets.ts";

const test = suite("mask-secrets");

for (const name of [
  "API_TOKEN",
  "DB_PASSWORD",
  "AWS_SECRET_ACCESS_KEY",
  "apikey",
  "MY_KEY",
  "SAS",
  "PGPASSWD",
])
  test(`${name} is named like a secret`, () => assert.ok(isSecretName(name)));

for (const name of [
  "PATH",
  "WORKER_COUNT",
  "KEYBOARD",
  "OMP_NUM_THREADS",
  "AUTHOR",
  "org.opencontainers.image.title",
])
  test(`${name} is not`, () => assert.not(isSecretName(name)));

test("texts lose what is secret in them, and keep the rest", () => {
  assert.is(maskText("ARG TOKEN=abc RUN x --n=1"), "ARG TOKEN=*** RUN x --n=1");
  assert.is(
    maskText("curl https://me:pw@models.example.com/a?sig=abc&x=1"),
    "curl https://***@models.example.com/a?sig=***&x=1",
  );
  assert.is(maskText('-H "Authorization: Bearer abc.def"'), '-H "Authorization: Bearer ***"');
});

test("a flag that is named like a secret has it in the next word", () => {
  assert.equal(maskWords(["serve", "--token", "abc", "--port", "80"]), [
    "serve",
    "--token",
    "***",
    "--port",
    "80",
  ]);
});

test.run();
