import { suite } from "uvu";
import * as assert from "uvu/assert";
import { askYargs } from "../../src/cli/ask-yargs.ts";
import type { Options } from "../../src/cli/option.ts";
import { COMMANDS, COMMON_OPTIONS } from "../../src/cli/options.ts";
import { type Call, readArguments } from "../../src/cli/read-arguments.ts";
import { seededRandom } from "../fakes/random.ts";

const test = suite("reading arguments");

const common = {
  file: ["mlpackage.yaml"],
  profile: [],
  directory: ".",
  set: [],
  json: false,
  quiet: false,
  verbose: false,
  color: true,
  progress: "auto",
};

/** What yargs reads, or how it refuses. */
async function yargsReads(words: readonly string[]): Promise<Call | string | undefined> {
  return askYargs(words, "1.2.3").catch((error: Error) => error.name);
}

const plain = (call: Call | string | undefined) =>
  typeof call === "object" ? { ...call, command: call.command.name } : call;

test("what is not given has its default", () => {
  assert.equal(plain(readArguments(["apply"])), {
    command: "apply",
    common,
    values: {
      plan: undefined,
      only: [],
      cache: true,
      test: true,
      jobs: 8,
      "keep-going": false,
      "lock-timeout": undefined,
      trace: undefined,
      frozen: undefined,
      offline: false,
      vendor: undefined,
      junit: undefined,
      report: undefined,
      "deny-unsafe-pickle": false,
    },
  });
});

test("what is given comes in its type", () => {
  const words =
    "-C over/there apply --only build test --set a=b --set c.d=e --no-cache --no-test -j 4 -k --lock-timeout 30s --no-frozen p";
  const call = readArguments([
    ...words.split(" ").slice(0, -1),
    "--trace",
    "t.json",
    "--no-color",
    "plan.json",
  ]);
  assert.equal(plain(call), {
    command: "apply",
    common: { ...common, directory: "over/there", set: ["a=b", "c.d=e"], color: false },
    values: {
      plan: "plan.json",
      only: ["build", "test"],
      cache: false,
      test: false,
      jobs: 4,
      "keep-going": true,
      "lock-timeout": 30_000,
      trace: "t.json",
      frozen: false,
      offline: false,
      vendor: undefined,
      junit: undefined,
      report: undefined,
      "deny-unsafe-pickle": false,
    },
  });
});

const ordinary = [
  "validate",
  "validate --json",
  "-f other.yaml validate",
  "--file=other.yaml validate -q",
  "plan",
  "-f a.yaml -f b.yaml validate --file=c.yaml",
  "apply --profile gpu --profile=ci",
  "config",
  "config --origin --json",
  "plan --detailed-exitcode",
  "plan --out plan.json",
  "plan --only build test --no-cache",
  "plan --only build --only test",
  "apply",
  "apply plan.json",
  "apply -C x/y --set name=z --no-color",
  "apply --set a=b --set c=d=e --progress plain",
  "apply --set=a=b",
  "apply --no-cache -j 4 -k",
  "apply --jobs=12 --keep-going --trace=t.json",
  "apply plan.json --lock-timeout 5m",
  "apply --only build --json",
  "apply --no-test",
  "apply --test",
  "apply --frozen",
  "apply --no-frozen plan.json",
  "apply --offline --vendor kept",
  "apply --junit tests.xml",
  "apply --report mlpackage-report.html",
  "ui --port 8080",
  "deploy --format compose --replicas 2 --namespace models --name ridge",
  "apply --deny-unsafe-pickle",
  "plan --deny-unsafe-pickle",
  "lock --deny-unsafe-pickle",
  "test",
  "test rows --junit tests.xml",
  "test --filter rows latency -k",
  "vendor kept --frozen -j 2",
  "lock",
  "lock --diff --json",
  "lock -j 2 --upgrade python ridge --trace t.json",
  "lock --upgrade base_image --upgrade models",
  "plan --no-test --out plan.json",
  "verify",
  "verify registry.example.com/a:1 -j 2",
  "verify registry.example.com/a:1 --key cosign.pub --no-rebuild",
  "inspect registry.example.com/a:1 --platform linux/arm64 --no-files",
  "inspect image.tar --json --full",
  "diff registry.example.com/a:1 image.tar --json",
  "why build",
  "why fetch:ridge --no-cache",
  "why build --no-test",
  "graph --format dot",
  "graph --no-test",
  "run -p 6789 -d",
  "run --detach",
  "run --watch",
  "stop",
  "logs --follow --tail 5",
  "logs -f",
  "-f other.yaml logs -f -q",
  "-C f logs -f",
  "logs --file other.yaml",
  "score --data {} --url http://localhost:1/score",
  "score --data @file --content-type text/plain",
  "score --data {} --repeat 100 --concurrency 4 --json",
  "score --data {} -n 100 -c 4",
  "client",
  "client --lang curl --url http://localhost:1/score",
  "save imagefiles -j 1",
  "save ./x --trace t",
  "save ./x --frozen",
  "pull -v",
  "registry --show-password",
  "model inspect registry.example.com/team/ridge:3 --json",
  "model pull registry.example.com/team/ridge:3 here --force",
  "model push registry.example.com/team/ridge:3 --only ridge bert -j 2 -k --lock-timeout 30s --trace t.json",
  "cache ls",
  "cache gc --max-size 20GB",
  "cache export cache.tar",
  "doctor",
  "explain",
  "schema",
  "completion fish",
  "init",
  "init models --force",
  "init -C models --dry-run --template",
  "init --from cog.yaml",
];

for (const line of ordinary) {
  test(`\`${line}\` is read without yargs, and just as yargs reads it`, async () => {
    const words = line.split(" ");
    const call = readArguments(words);
    assert.ok(call !== undefined);
    assert.equal(plain(call), plain(await yargsReads(words)));
  });
}

test("the ordinary calls have every command and every option among them", () => {
  const calls = ordinary.map((line) => readArguments(line.split(" ")));
  assert.equal(
    [...new Set(calls.map((call) => call?.command.name))].sort(),
    COMMANDS.map(({ name }) => name).sort(),
  );
  const written = ordinary.join(" ").split(/[ =]/);
  const options = [COMMON_OPTIONS, ...COMMANDS.map(({ options: own }) => own)].flatMap((own) =>
    Object.entries(own),
  );
  const unwritten = options.filter(
    ([name, { alias }]) => !written.some((word) => [`--${name}`, `--no-${name}`, `-${alias}`].includes(word)),
  );
  assert.equal(unwritten, []);
});

const leftToYargs = [
  [],
  [""],
  ["--help"],
  ["apply", "--help"],
  ["--version"],
  ["aply"],
  ["apply", "--jobs"],
  ["apply", "--jobs", "many"],
  ["apply", "--jobs", "-1"],
  ["apply", "--jobs", "4", "--jobs", "5"],
  ["apply", "-j4"],
  ["apply", "-kq"],
  ["apply", "--keepGoing"],
  ["apply", "--json=true"],
  ["apply", "--json", "false"],
  ["apply", "--only"],
  ["apply", "--no-file"],
  ["apply", "--no-test=true"],
  ["apply", "--frozen=true"],
  ["apply", "--frozen", "--no-frozen"],
  ["plan", "--frozen"],
  ["lock", "--upgrade"],
  ["lock", "python"],
  ["save", "imagefiles", "--no-test"],
  ["apply", "--no-"],
  ["apply", "--constructor"],
  ["apply", "--progress", "loud"],
  ["apply", "--lock-timeout", "soon"],
  ["apply", "one", "two"],
  ["apply", "1.0"],
  ["apply", "--", "x"],
  ["apply", "-"],
  ["save"],
  ["cache", "eat"],
  ["score", "--data", "-"],
  ["score", "--data", ""],
] as const;

for (const words of leftToYargs) {
  test(`\`${words.join(" ")}\` is left to yargs`, () => assert.is(readArguments(words), undefined));
}

const refused = [
  ["aply"],
  ["apply", "--jobs"],
  ["apply", "--loud"],
  ["save", "imagefiles", "--no-test"],
  ["plan", "--frozen"],
  ["lock", "--frozen"],
  ["lock", "python"],
  ["apply", "--progress", "loud"],
  ["apply", "--lock-timeout", "soon"],
  ["save"],
  ["cache", "eat"],
] as const;

for (const words of refused) {
  test(`yargs refuses \`${words.join(" ")}\``, async () => {
    assert.match((await yargsReads(words)) as string, /^(UsageError|YError)$/);
  });
}

test("no positional has the name of an option, for yargs tells them apart by name alone", () => {
  const clashes = COMMANDS.flatMap(({ options, positionals }) =>
    positionals.filter(({ name }) => name in COMMON_OPTIONS || name in options),
  );
  assert.equal(clashes, []);
});

test("yargs reads what is written in rarer ways", async () => {
  const call = await yargsReads(["apply", "-kj4"]);
  assert.equal(typeof call === "object" && { ...call.values }, {
    ...readArguments(["apply", "-k", "-j", "4"])?.values,
  });
});

for (const [words, frozen] of [
  [["apply"], undefined],
  [["apply", "--frozen=true"], true],
  [["apply", "--no-frozen"], false],
] as const) {
  test(`\`${words.join(" ")}\`: yargs tells apart what was not said at all`, async () => {
    const call = await yargsReads(words);
    assert.is(typeof call === "object" && call.values.frozen, frozen);
  });
}

/** Flags of all commands, in all their ways to be written, among values that are easily mistaken. */
function anyWords(random: () => number): readonly string[] {
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T;
  const command = pick(COMMANDS);
  const options: Options = {
    ...COMMON_OPTIONS,
    ...command.options,
    ...(random() < 0.1 && pick(COMMANDS).options),
  };
  const texts = [
    "a",
    "a=b",
    "build",
    "plain",
    "dot",
    "30s",
    "4",
    "08",
    "1e3",
    "0x1",
    "-5",
    "-",
    "",
    "true",
    "no",
    "é",
  ];
  const oneFlag = (): readonly string[] => {
    const [name, option] = pick(Object.entries(options));
    const flag = option.alias !== undefined && random() < 0.5 ? `-${option.alias}` : `--${name}`;
    if (option.type === "boolean") return [pick([flag, flag, `--no-${name}`, `--${name}=true`])];
    const value = option.type === "number" && random() < 0.8 ? "7" : pick(texts);
    return pick([[flag, value], [flag, value], [flag, value, pick(texts)], [`${flag}=${value}`], [flag]]);
  };
  const places = command.positionals.map((one) => pick(one.choices ?? ["x", "./y", "z.json", ...texts]));
  const parts = [[command.name, ...places], ...Array.from({ length: Math.floor(random() * 4) }, oneFlag)];
  return random() < 0.3 ? parts.toReversed().flat() : parts.flat();
}

test("whatever is read without yargs, yargs reads just so", async () => {
  const random = seededRandom(20261122);
  let read = 0;
  for (let round = 0; round < 600; round += 1) {
    const words = anyWords(random);
    const call = readArguments(words);
    if (call === undefined) continue;
    read += 1;
    assert.equal(plain(await yargsReads(words)), plain(call), JSON.stringify(words));
  }
  assert.ok(read > 150, `only ${read} of the calls were read`);
});

test.run();
