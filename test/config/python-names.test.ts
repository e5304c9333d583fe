import { suite } from "uvu";
import * as assert from "uvu/assert";
import { mayDefine } from "../../src/config/python-names.ts";

const test = suite("mayDefine");

const sources: readonly (readonly [source: string, defines: boolean])[] = [
  ["def run(data):\n    return data\n", true],
  ["def run (data): return data", true],
  ["async def run(data):\n    return data\n", true],
  ["import json\r\n\r\ndef run(data):\r\n    pass\r\n", true],
  ["@input_schema('data', x)\ndef run(data):\n    pass\n", true],
  ["if FAST:\n    def run(data):\n        pass\n", true],
  ["try:\n    import fast\nexcept ImportError:\n\tdef run(data):\n\t\tpass\n", true],
  ["run = lambda data: data", true],
  ["run: Callable[[str], str] = make()", true],
  ["init, run = make()", true],
  ["(run, init) = make()", true],
  ["init = run = make", true],
  ["x = 1; run = make", true],
  ["class run:\n    pass", true],
  ["from model import run", true],
  ["from model import init, run as run", true],
  ["from model import predict as run", true],
  ["from model import (\n    init,\n    run,\n)", true],
  ["from .model import init, \\\n    run", true],
  ["from model import *", true],
  ["import run", true],
  ["globals()['run'] = make", true],
  ["exec(open('model.py').read())", true],
  ["with make() as run:\n    pass", true],
  ["if (run := make()):\n    pass", true],
  ["", false],
  ["import json\n", false],
  ["def running(data):\n    pass\n", false],
  ["def rerun(data):\n    pass\n", false],
  ["class Model:\n    def run(self, data, scale=1):\n        pass\n", false],
  ["def make():\n    def run(data):\n        pass\n    return run\n", false],
  ["# def run(data):\n", false],
  ["result = run(data)\n", false],
  ["if run == 1:\n    pass\n", false],
  ["model.run = make\n", false],
  ["from run import make\n", true],
];

for (const [source, defines] of sources) {
  test(`${JSON.stringify(source)} ${defines ? "may define" : "does not define"} run`, () => {
    assert.is(mayDefine(source, "run"), defines);
  });
}

test("takes no long time over long lines", () => {
  const started = performance.now();
  mayDefine(`x = [${"a, ".repeat(200_000)}]\n`, "run");
  mayDefine(`${"run ".repeat(50_000)}\n`, "run");
  assert.ok(performance.now() - started < 5_000);
});

test.run();
