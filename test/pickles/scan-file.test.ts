import { execFileSync } from "node:child_process";
import { statSync } from "node:fs";
import path from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { dangerOf } from "../../src/pickles/dangers.ts";
import { isHarmless } from "../../src/pickles/harmless-imports.ts";
import { type Found, scanFile } from "../../src/pickles/scan-file.ts";
import { makeHost } from "../fakes/host.ts";
import { makeFolder } from "../fakes/temporary-folder.ts";

const test = suite("pickles");

/** A class of any name, as if its module were there: pickling looks only for the names. */
const PRELUDE = `
import pickle, pickletools, struct, io, os, sys, types, zipfile, zlib, gzip, collections
def stand_in(module, name, base=object):
    parts = module.split('.')
    for i in range(len(parts)):
        m = '.'.join(parts[:i + 1])
        sys.modules.setdefault(m, types.ModuleType(m))
    made = type(name, (base,), {'__module__': module, '__qualname__': name})
    setattr(sys.modules[module], name, made)
    return made
class Run:
    def __init__(self, f, *args): self.f, self.args = f, args
    def __reduce__(self): return self.f, self.args
def text(t): return b'\\x8c' + bytes([len(t)]) + t.encode()
def imported(module, name): return text(module) + text(name) + b'\\x93'
`;

/** What python writes into a file of that name. */
function written(name: string, code: string): string {
  const folder = makeFolder();
  const place = path.join(folder, name);
  execFileSync("python3", [
    "-c",
    `${PRELUDE}\nout = open(${JSON.stringify(place)}, 'wb')\n${code}\nout.close()`,
  ]);
  return place;
}

async function scan(place: string): Promise<readonly string[]> {
  const file = { path: path.basename(place), place, size: statSync(place).size };
  return wordFound(await scanFile(file, { files: makeHost().files, signal: new AbortController().signal }));
}

function wordFound(found: readonly Found[]): readonly string[] {
  return found.map(({ path: file, imports, unread }) =>
    [file, ...imports.map((one) => `${one.module}.${one.name}`), ...(unread ? [`? ${unread}`] : [])].join(
      " ",
    ),
  );
}

const PROTOCOLS = [0, 1, 2, 3, 4, 5];

for (const protocol of PROTOCOLS) {
  test(`protocol ${protocol}: plain things and classes of libraries are harmless`, async () => {
    const place = written(
      "model.pkl",
      `Ridge = stand_in('sklearn.linear_model._ridge', 'Ridge')
r = Ridge(); r.__dict__ = {'alpha': 0.5, 'coef_': list(range(5000)), 'names': {'a', 'b'}, 'b': b'x' * 100000, 'big': 2 ** 70,
  'none': None, 'flags': (True, False), 'nested': [(1, 2, 3, 4, 'x' * 300)], 'o': collections.OrderedDict(a=1.5), 'é€😀': 'a\\nb\\\\c'}
r.self = r
pickle.dump(r, out, ${protocol})`,
    );
    assert.equal(await scan(place), []);
  });

  test(`protocol ${protocol}: a command is found, wherever it stands`, async () => {
    const place = written(
      "model.pkl",
      `pickle.dump({'weights': [0.5] * 5000, 'deep': [[{'x': (1, [Run(os.system, 'true')])}]]}, out, ${protocol})`,
    );
    assert.equal(await scan(place), ["model.pkl posix.system"]);
  });
}

const HOSTILE: readonly (readonly [what: string, name: string, code: string, told: readonly string[]])[] = [
  [
    "text of the oldest protocol",
    "m.pkl",
    `out.write(b"cos\\nsystem\\n(S'true'\\ntR.")`,
    ["m.pkl os.system"],
  ],
  ["that opcode for an instance", "m.pkl", `out.write(b"(S'true'\\nios\\nsystem\\n.")`, ["m.pkl os.system"]],
  ["an object of a mark", "m.pkl", `out.write(b"(cos\\nsystem\\nS'true'\\no.")`, ["m.pkl os.system"]],
  [
    "names that come from the memo",
    "m.pkl",
    "out.write(b'\\x80\\x04' + text('os') + b'\\x94' + text('system') + b'\\x940' + b'0' + b'h\\x00h\\x01\\x93' + text('true') + b'\\x85R.')",
    ["m.pkl os.system"],
  ],
  [
    "a memo whose number is given twice",
    "m.pkl",
    "out.write(b'\\x80\\x04' + text('sklearn') + b'q\\x00' + text('os') + b'q\\x00' + b'00h\\x00' + text('system') + b'\\x93' + text('true') + b'\\x85R.')",
    ["m.pkl os.system"],
  ],
  [
    "names that were written with escapes",
    "m.pkl",
    `out.write(b"\\x80\\x04S'\\\\x6f\\\\163'\\nV\\\\u0073ystem\\n\\x93S'true'\\n\\x85R.")`,
    ["m.pkl os.system"],
  ],
  [
    "names below what is dropped again",
    "m.pkl",
    "out.write(b'\\x80\\x04' + text('os') + text('collections') + b'0' + text('system') + b'2' + b'0' + b'\\x93' + text('true') + b'\\x85R.')",
    ["m.pkl os.system"],
  ],
  [
    "a name that nobody can know",
    "m.pkl",
    "out.write(b'\\x80\\x04' + imported('collections', 'OrderedDict') + b')R' + text('system') + b'\\x93.')",
    ["m.pkl ? imports something that nobody can name"],
  ],
  [
    "eval by its old name",
    "m.pkl",
    `out.write(b"c__builtin__\\neval\\n(S'1'\\ntR.")`,
    ["m.pkl __builtin__.eval"],
  ],
  [
    "a function behind a dot",
    "m.pkl",
    "out.write(b'\\x80\\x04' + imported('sklearn.base', 'os.system') + text('true') + b'\\x85R.')",
    ["m.pkl sklearn.base.os.system"],
  ],
  [
    "one behind a harmless one",
    "m.pkl",
    "out.write(pickle.dumps([1, 2, 3]) + pickle.dumps(Run(os.system, 'true')))",
    ["m.pkl posix.system"],
  ],
  [
    "one that breaks off after it has run",
    "m.pkl",
    "out.write(pickle.dumps(Run(os.system, 'true'))[:-1] + b'\\xff')",
    ["m.pkl posix.system ? has a byte 0xff where an opcode should be"],
  ],
  [
    "one that is cut off",
    "m.pkl",
    "out.write(pickle.dumps(list(range(1000)))[:500])",
    ["m.pkl ? ends too early"],
  ],
  [
    "a length of more than there is",
    "m.pkl",
    "out.write(b'\\x80\\x04\\x8e' + struct.pack('<Q', 2 ** 62) + b'x.')",
    ["m.pkl ? has a length that makes no sense"],
  ],
  [
    "a long length",
    "m.pkl",
    "out.write(b'\\x80\\x04\\x8e' + struct.pack('<Q', 2 ** 40) + b'x.')",
    ["m.pkl ? ends too early"],
  ],
  [
    "an extension of the registry",
    "m.pkl",
    "out.write(b'\\x80\\x02\\x82\\x01.')",
    ["m.pkl ? imports something that nobody can name"],
  ],
  [
    "a hundred thousand opcodes before",
    "m.pkl",
    "out.write(b'\\x80\\x04' + b'N0' * 100000 + imported('os', 'system') + text('true') + b'\\x85R.')",
    ["m.pkl os.system"],
  ],
  [
    "no pickle under the name of one",
    "m.pkl",
    "out.write(b'\\x00' * 50)",
    ["m.pkl ? has a byte 0x00 where an opcode should be"],
  ],
  [
    "one without a name that tells",
    "weights",
    "pickle.dump(Run(os.system, 'true'), out)",
    ["weights posix.system"],
  ],
  [
    "one in a folder of Transformers",
    "pytorch_model.bin",
    "pickle.dump(Run(eval, '1'), out)",
    ["pytorch_model.bin builtins.eval"],
  ],
  [
    "one inside PyTorch's zip",
    "model.pt",
    `z = zipfile.ZipFile(out, 'w')
z.writestr('model/data.pkl', pickle.dumps(Run(os.system, 'true'), 2))
z.writestr('model/data/0', b'\\x80\\x02' + b'x' * 100)
z.writestr('model/version', '3\\n')
z.close()`,
    ["model.pt/model/data.pkl posix.system"],
  ],
  [
    "one inside a zip that is deflated",
    "model.pt",
    `z = zipfile.ZipFile(out, 'w', zipfile.ZIP_DEFLATED)
z.writestr('model/data.pkl', pickle.dumps([0] * 100000 + [Run(os.system, 'true')], 2))
z.close()`,
    ["model.pt/model/data.pkl posix.system"],
  ],
  [
    "an array of objects",
    "array.npy",
    `h = b"{'descr': '|O', 'fortran_order': False, 'shape': (1,), }"
h += b' ' * (117 - len(h)) + b'\\n'
out.write(b'\\x93NUMPY\\x01\\x00' + struct.pack('<H', len(h)) + h + pickle.dumps([Run(os.system, 'true')]))`,
    ["array.npy posix.system"],
  ],
  [
    "one that joblib compressed",
    "model.joblib",
    "out.write(zlib.compress(pickle.dumps(Run(os.system, 'true'))))",
    ["model.joblib posix.system"],
  ],
  [
    "one that gzip compressed",
    "model.pkl",
    "out.write(gzip.compress(pickle.dumps(Run(eval, '1'))))",
    ["model.pkl builtins.eval"],
  ],
  [
    "one that is compressed in another way",
    "model.joblib",
    "import lzma; out.write(lzma.compress(pickle.dumps(1)))",
    ["model.joblib ? is compressed with a method that is not supported"],
  ],
  [
    "code of one's own",
    "model.pkl",
    "pickle.dump(stand_in('mycompany.models', 'Churn')(), out)",
    ["model.pkl mycompany.models.Churn"],
  ],
];

for (const [what, name, code, told] of HOSTILE)
  test(`tells ${what}`, async () => {
    assert.equal(await scan(written(name, code)), told);
  });

/** As joblib writes an array: a wrapper, and its raw bytes behind the opcode that gives it its state. */
const JOBLIB = `
W = stand_in('joblib.numpy_pickle', 'NumpyArrayWrapper')
D = stand_in('numpy', 'dtype')
A = stand_in('numpy', 'ndarray')
class Dtype:
    def __init__(self, code): self.code = code
    def __reduce__(self): return D, (self.code, False, True), None
def wrapper(raw, code, shape):
    w = W(); w.__dict__ = {'subclass': A, 'shape': shape, 'order': 'C', 'dtype': Dtype(code), 'allow_mmap': True, 'numpy_array_alignment_bytes': 16}
    return w
def dump(parts):
    out.write(b'\\x80\\x04(')
    for part in parts:
        if isinstance(part, tuple):
            raw, code, shape = part
            out.write(pickle._dumps(wrapper(raw, code, shape), 3)[2:-1])
            out.write(b'\\x05' + b'\\xff' * 5 + raw)
        else: out.write(part)
    out.write(b'l.')
`;

test("the raw arrays of joblib are passed over", async () => {
  const place = written(
    "model.joblib",
    `${JOBLIB}\ndump([(b'\\x00\\xff' * 4000, 'f8', (10, 100)), (b'.' * 400, 'U10', (10,)), (b'c' * 24, 'S8', (3,)), b'K\\x01'])`,
  );
  assert.equal(await scan(place), []);
});

test("what stands behind an array of joblib's is found", async () => {
  const evil = "imported('os', 'system') + text('true') + b'\\x85R'";
  const place = written("model.joblib", `${JOBLIB}\ndump([(b'\\x00' * 8000, 'f8', (1000,)), ${evil}])`);
  assert.equal(await scan(place), ["model.joblib os.system"]);
});

test("what is hidden in what only joblib would pass over is found", async () => {
  const evil = "imported('os', 'system') + text('true') + b'\\x85R.'";
  const place = written(
    "model.pkl",
    `${JOBLIB}
raw = ${evil}
out.write(b'\\x80\\x04(' + pickle._dumps(wrapper(raw, 'S1', (len(raw) + 6,)), 3)[2:-1] + raw + b'x' * 6 + b'l.')`,
  );
  assert.equal((await scan(place))[0]?.startsWith("model.pkl os.system"), true);
});

test("PyTorch's old files are several pickles, and raw numbers behind them", async () => {
  const place = written(
    "model.pth",
    `out.write(b'\\x80\\x02\\x8a\\x0al\\xfc\\x9cF\\xf9 j\\xa8P\\x19.' + pickle.dumps(1001, 2) + pickle.dumps({'little_endian': True}, 2))
T = stand_in('torch', 'FloatStorage')
out.write(pickle.dumps({'w': T}, 2) + pickle.dumps(['0'], 2) + struct.pack('<q', 4) + b'\\x00\\x00\\x80\\x3f' * 4)`,
  );
  assert.equal(await scan(place), []);
});

test("what is no pickle is passed over in silence", async () => {
  for (const [name, code] of [
    ["README", "out.write(b'changelog\\nall of it\\n. and more')"],
    ["weights.bin", "out.write(b'\\x00\\x00\\x80\\x3f' * 1000)"],
    ["model.onnx", "pickle.dump(Run(os.system, 'true'), out)"],
    [
      "array.npy",
      "out.write(b'\\x93NUMPY\\x01\\x00' + struct.pack('<H', 70) + b\"{'descr': '<f8', 'fortran_order': False, 'shape': (1,), }\".ljust(69) + b'\\n' + b'\\x00' * 8)",
    ],
    ["empty.pkl", ""],
  ] as const)
    assert.equal(await scan(written(name, code)), [], name);
});

test("a gigabyte of arrays is passed over, not read", async () => {
  const place = path.join(makeFolder(), "model.pkl");
  const evil = written("evil.pkl", "pickle.dump(Run(os.system, 'true'), out)");
  execFileSync("python3", [
    "-c",
    `import struct
out = open(${JSON.stringify(place)}, 'wb')
out.write(b'\\x80\\x04(')
for _ in range(8):
    out.write(b'\\x8e' + struct.pack('<Q', 1 << 27))
    out.seek(1 << 27, 1)
out.write(b'0' * 8 + b'1' + open(${JSON.stringify(evil)}, 'rb').read()[2:])`,
  ]);
  assert.ok(statSync(place).size > 2 ** 30);
  const began = performance.now();
  assert.equal(await scan(place), ["model.pkl posix.system"]);
  assert.ok(performance.now() - began < 3000, `took ${performance.now() - began} ms`);
});

test("a pickle of a million small things is read in seconds, and in little memory", async () => {
  const place = written(
    "model.pkl",
    "pickle.dump({'vocabulary': {f'word{i}': i for i in range(300000)}, 'numbers': [i / 7 for i in range(1000000)]}, out, 4)",
  );
  const began = performance.now();
  assert.equal(await scan(place), []);
  assert.ok(performance.now() - began < 8000, `took ${performance.now() - began} ms`);
});

for (const [name, isSafe] of [
  ["numpy.core.multiarray._reconstruct", true],
  ["numpy._core.numeric._frombuffer", true],
  ["sklearn.tree._tree.Tree", true],
  ["sklearn._loss._loss.__pyx_unpickle_CyHalfSquaredError", true],
  ["scipy.sparse._csr.csr_matrix", true],
  ["pandas.core.frame.DataFrame", true],
  ["torch._utils._rebuild_tensor_v2", true],
  ["torch.nn.modules.linear.Linear", true],
  ["xgboost.sklearn.XGBClassifier", true],
  ["lightgbm.basic.Booster", true],
  ["copy_reg._reconstructor", true],
  ["torch.storage._load_from_bytes", false],
  ["torch.hub.load", false],
  ["numpy.core._ufunc_reconstruct", false],
  ["numpy.testing._private.utils.runstring", false],
  ["scipy.stats._distn_infrastructure.rv_continuous", false],
  ["joblib.externals.loky.backend.popen_loky_posix.Popen", false],
  ["sklearn.utils._testing.TempMemmap", false],
  ["joblib.load", false],
  ["operator.attrgetter", false],
  ["builtins.getattr", false],
  ["builtins.exec", false],
  ["subprocess.Popen", false],
  ["nt.system", false],
  ["runpy.run_path", false],
  ["importlib.import_module", false],
  ["constructor.constructor", false],
] as const)
  test(`${name} is ${isSafe ? "" : "not "}harmless`, () => {
    const at = name.lastIndexOf(".");
    const one = { module: name.slice(0, at), name: name.slice(at + 1) };
    assert.is(isHarmless(one), isSafe);
  });

test("what an import can do is said where it is known", () => {
  assert.is(dangerOf({ module: "posix", name: "system" }), "can run any command");
  assert.is(dangerOf({ module: "builtins", name: "eval" }), "can run any Python code");
  assert.is(dangerOf({ module: "builtins", name: "getattr" }), "can reach any other function");
  assert.is(dangerOf({ module: "webbrowser", name: "open" }), "can speak to other machines");
  assert.is(dangerOf({ module: "mycompany.models", name: "Churn" }), undefined);
});

/** Ways past a reader that is less patient than a loader: each of them runs what it names. */
const EVIL = "pickle.dumps(Run(os.system, 'echo'), 2)";
const HIDDEN: readonly (readonly [what: string, name: string, code: string])[] = [
  ["behind what never ends", "x.ckpt", "out.write(b\"cos\\nsystem\\n(S'echo'\\ntR\\xff\")"],
  ["under a name of no pickle", "x.bin", "out.write(b\"cos\\nsystem\\n(S'echo'\\ntR\\xff\")"],
  ["compressed, under another name", "x.bin", `out.write(gzip.compress(${EVIL}))`],
  ["compressed, as joblib and pandas name it", "x.pkl.gz", `out.write(gzip.compress(${EVIL}))`],
  ["compressed by zlib", "x.joblib.z", `out.write(zlib.compress(${EVIL}))`],
  ...["0o120777", "0o040755", "0o010644"].map(
    (mode) =>
      [
        `in a zip, with the mode ${mode}`,
        "x.pt",
        `z = zipfile.ZipFile(out, 'w'); i = zipfile.ZipInfo('archive/data.pkl'); i.create_system = 3; i.external_attr = ${mode} << 16; z.writestr(i, ${EVIL}); z.close()`,
      ] as const,
  ),
  [
    "in a zip, under a second name",
    "x.pt",
    `z = zipfile.ZipFile(out, 'w'); i = zipfile.ZipInfo('archive/data.pkl'); n = b'archive/x.json'; i.extra = struct.pack('<HHBI', 0x7075, 5 + len(n), 1, zlib.crc32(b'archive/data.pkl')) + n; z.writestr(i, ${EVIL}); z.close()`,
  ],
  [
    "in an array whose type is spelt out",
    "x.npy",
    `h = b"{'descr': 'object', 'fortran_order': False, 'shape': (1,), }\\n"; out.write(b'\\x93NUMPY\\x01\\x00' + struct.pack('<H', len(h)) + h + ${EVIL})`,
  ],
  [
    "behind a wrapper of joblib's that was made in another way",
    "x.joblib",
    `out.write(b'\\x80\\x02ccopyreg\\n__newobj__\\ncjoblib.numpy_pickle\\nNumpyArrayWrapper\\n\\x85R}b' + ${EVIL}[2:])`,
  ],
  [
    "in a second pickle, by a name that it makes up",
    "x.pt",
    `out.write(pickle.dumps(1, 2) + b'\\x80\\x04cbuiltins\\nstr\\n(B' + struct.pack('<I', 2) + b'os' + text('ascii') + b'tR' + text('system') + b'\\x93' + text('echo') + b'\\x85R\\xff')`,
  ],
  [
    "in another file, that joblib would read",
    "x.joblib",
    "out.write(b'cjoblib.numpy_pickle\\nNDArrayWrapper\\n)\\x81.')",
  ],
];

for (const [what, name, code] of HIDDEN)
  test(`${what} nothing is hidden`, async () => {
    const found = await scan(written(name, code));
    assert.ok(found.length > 0, "it was passed for harmless");
  });

test.run();
