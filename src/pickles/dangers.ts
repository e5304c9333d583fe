import type { Import } from "./value.ts";

type Danger = { readonly isIt: RegExp; readonly can: string };

/** By `module.name`, the first that fits. */
const DANGERS: readonly Danger[] = [
  {
    isIt: /^(os|posix|nt|subprocess|pty|commands|popen2|_posixsubprocess|multiprocessing|concurrent|asyncio)\./,
    can: "can run any command",
  },
  {
    isIt: /^(builtins|__builtin__)\.(eval|exec|execfile|compile|input|breakpoint)$/,
    can: "can run any Python code",
  },
  {
    isIt: /^(runpy|code|codeop|timeit|cProfile|profile|pdb|bdb|doctest|trace|idlelib|unittest|pydoc|site|venv|ensurepip)\./,
    can: "can run any Python code",
  },
  {
    isIt: /^(types|marshal|_?ctypes|cffi|dis|inspect|sys)\./,
    can: "can run code that the pickle brings along",
  },
  { isIt: /^scipy\.stats\./, can: "can run code that the pickle brings along" },
  {
    isIt: /\brunstring$|\._?numpy\.testing|^numpy\.testing|^numpy\.f2py|^numpy\.distutils/,
    can: "can run any Python code",
  },
  {
    isIt: /^torch\.(hub|utils\.cpp_extension|package|fx|jit|_dynamo|_inductor)\b/,
    can: "can run code from elsewhere",
  },
  {
    isIt: /^(pip|setuptools|distutils|pkg_resources|conda)\b/,
    can: "can install and run code from elsewhere",
  },
  {
    isIt: /^(builtins|__builtin__)\.(getattr|setattr|delattr|__import__|globals|locals|vars|apply|type|map|filter|super)$/,
    can: "can reach any other function",
  },
  { isIt: /^(_?operator|importlib|imp|pkgutil|functools|zipimport)\b/, can: "can reach any other function" },
  { isIt: /_ufunc_reconstruct$/, can: "can reach any other function" },
  {
    isIt: /^(pickle|_pickle|cPickle|dill|cloudpickle|shelve|joblib)\b|\b(load|loads|read_pickle|_load_from_bytes)$/,
    can: "can unpickle something else, which was not looked through",
  },
  {
    isIt: /^(socket|ssl|http|httplib|urllib|urllib2|requests|aiohttp|ftplib|smtplib|telnetlib|poplib|imaplib|xmlrpc|webbrowser|socketserver)\b/,
    can: "can speak to other machines",
  },
  {
    isIt: /^(builtins|__builtin__)\.(open|file)$|^(_?io|shutil|tempfile|glob|fileinput|linecache|zipfile|tarfile|sqlite3|logging)\b/,
    can: "can read or write files",
  },
];

/** What an import can do that is none of the harmless ones; undefined where only its author knows. */
export function dangerOf({ module, name }: Import): string | undefined {
  return DANGERS.find(({ isIt }) => isIt.test(`${module}.${name}`))?.can;
}
