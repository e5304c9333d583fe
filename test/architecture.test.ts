import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";

/** Holds the layer table of `src/README.md`, and a few conventions no other tool checks, over every file. */
const test = suite("architecture");

const root = fileURLToPath(new URL("..", import.meta.url));

type SourceText = { readonly path: string; readonly folder: string; readonly text: string };
type Import = { readonly from: SourceText; readonly specifier: string };
type Allowance = (name: string) => boolean;
type Layer = { readonly folders: Allowance; readonly builtins: Allowance; readonly packages: Allowance };

const layers = readLayers(readFileSync(path.join(root, "src/README.md"), "utf8"));
const sources = readFiles("src", (file) => /\.([jt]s|tsx)$/.test(file) && !file.endsWith(".generated.js"));
const tests = readFiles("test", (file) => file.endsWith(".test.ts"));
const imports = sources.flatMap(importsOf);

test("there is something to look at", () => {
  assert.ok(layers.size >= 10, `only ${layers.size} layers in src/README.md`);
  assert.ok(sources.length >= 100, `only ${sources.length} files in src`);
  assert.ok(imports.length >= 300, `only ${imports.length} imports in src`);
  assert.ok(tests.length >= 10, `only ${tests.length} test files`);
});

test("every folder of code is a layer, and every layer a folder", () => {
  assert.equal([...new Set(sources.map(({ folder }) => folder))].sort(), [...layers.keys()].sort());
});

test("folders import only the folders their layer may", () => {
  const broken = imports.filter(({ from, specifier }) => {
    const folder = specifier.startsWith(".") ? folderOf(targetOf(from, specifier)) : from.folder;
    return folder !== from.folder && layers.get(from.folder)?.folders(folder) !== true;
  });
  assert.equal(broken.map(describe), []);
});

test("folders use only the built-ins of Node their layer may", () => {
  const broken = imports.filter(({ from, specifier }) => {
    const name = /^node:([^/]+)/.exec(specifier)?.[1];
    return name !== undefined && layers.get(from.folder)?.builtins(name) !== true;
  });
  assert.equal(broken.map(describe), []);
});

test("folders use only the packages their layer may", () => {
  const broken = imports.filter(({ from, specifier }) => {
    const name = /^(@[^/]+\/[^/]+|[^@./][^/]*)/.exec(specifier)?.[1];
    const isPackage = name !== undefined && !name.startsWith("node:");
    return isPackage && layers.get(from.folder)?.packages(name) !== true;
  });
  assert.equal(broken.map(describe), []);
});

test("no file leads back to itself", () => assert.equal(findCycle(), undefined));

/** What begins: in a terminal, and in a reader's browser. */
const DOORS: ReadonlySet<string> = new Set(["src/cli/main.ts", "src/page/browser.tsx"]);

test("the process, the clock and chance are met in host and main alone", () => {
  const world =
    /\b(?:process|console)\b(?=[.;,)\]])|\bDate\.now\b|\bnew Date\(\)|\bMath\.random\b|\bperformance\./;
  const isDoor = ({ path: file, folder }: SourceText) => folder === "host" || DOORS.has(file);
  assert.ok(sources.filter(isDoor).some(({ text }) => world.test(codeOf(text))));
  const broken = sources.filter((file) => !isDoor(file) && world.test(codeOf(file.text)));
  assert.equal(
    broken.map(({ path: file }) => file),
    [],
  );
});

test("files and folders have names that say something, in kebab-case", () => {
  const parts = [...sources, ...tests].flatMap(({ path: file }) => file.split("/"));
  const broken = parts.filter(
    (part) =>
      !/^[a-z0-9]+(-[a-z0-9]+)*(\.generated|\.test)?(\.d)?(\.([jt]s|tsx))?$/.test(part) ||
      /^(utils?|core|common|helpers?)(\.|$)/.test(part),
  );
  assert.equal([...new Set(broken)], []);
});

test("every suite is run: uvu passes over one that is not", () => {
  const broken = tests.filter(({ text }) => {
    const suites = [...text.matchAll(/const (\w+) = \w*[sS]uite\(/g)].map(([, name]) => name);
    return !/\.run\(\);$/m.test(text) || !suites.every((name) => text.includes(`${name}.run();`));
  });
  assert.equal(
    broken.map(({ path: file }) => file),
    [],
  );
});

test("the folders of test are those of src", () => {
  const others = new Set(["contract", "e2e"]);
  const nested = tests.filter(({ path: file }) => file.split("/").length > 2);
  const broken = nested.filter(({ folder }) => !layers.has(folder) && !others.has(folder));
  assert.equal(
    broken.map(({ path: file }) => file),
    [],
  );
});

/** The rows of the table whose head begins with `folder | may import`. */
function readLayers(markdown: string): ReadonlyMap<string, Layer> {
  const [, table = ""] = markdown.split(/^\| folder \| may import .*\n\|[-|]+\n/m);
  const rows = /^(?:\|.*\n)*/.exec(table)?.[0].trim().split("\n") ?? [];
  return new Map(
    rows.map((row) => {
      const [folder = "", folders = "", builtins = "", packages = ""] = row
        .slice(1, -1)
        .split("|")
        .map((cell) => cell.trim().replaceAll("`", ""));
      return [
        folder,
        { folders: readCell(folders), builtins: readCell(builtins), packages: readCell(packages) },
      ];
    }),
  );
}

function readCell(cell: string): Allowance {
  const names = new Set(cell.split(", "));
  return (name) => cell === "any" || names.has(name);
}

function readFiles(folder: string, isWanted: (file: string) => boolean): readonly SourceText[] {
  return readdirSync(path.join(root, folder), { recursive: true, encoding: "utf8" })
    .filter(isWanted)
    .map((file) => path.posix.join(folder, file))
    .map((file) => ({
      path: file,
      folder: folderOf(file),
      text: readFileSync(path.join(root, file), "utf8"),
    }))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
}

function folderOf(file: string): string {
  return file.split("/")[1] ?? "";
}

/** Static and dynamic imports, exports from, and imports in the place of a type. */
function importsOf(from: SourceText): readonly Import[] {
  const statements =
    /^(?:import|export)\b[^;"']*?\bfrom\s*["']([^"']+)["']|^import\s*["']([^"']+)["']|\bimport\(\s*["']([^"']+)["']/gm;
  return [...from.text.matchAll(statements)].map(([, named, bare, dynamic]) => ({
    from,
    specifier: named ?? bare ?? dynamic ?? "",
  }));
}

function targetOf(from: SourceText, specifier: string): string {
  return path.posix.join(path.posix.dirname(from.path), specifier);
}

function describe({ from, specifier }: Import): string {
  return `${from.path} imports ${specifier}`;
}

function findCycle(): string | undefined {
  const targets = new Map(sources.map(({ path: file }) => [file, new Set<string>()]));
  for (const { from, specifier } of imports) {
    if (specifier.startsWith(".")) targets.get(from.path)?.add(targetOf(from, specifier));
  }
  const done = new Set<string>();
  const visit = (file: string, trail: readonly string[]): string | undefined => {
    if (trail.includes(file)) return [...trail.slice(trail.indexOf(file)), file].join(" → ");
    if (done.has(file)) return undefined;
    for (const target of targets.get(file) ?? []) {
      const cycle = visit(target, [...trail, file]);
      if (cycle !== undefined) return cycle;
    }
    done.add(file);
    return undefined;
  };
  return [...targets.keys()].map((file) => visit(file, [])).find((cycle) => cycle !== undefined);
}

/** A file without its comments and plain strings. */
function codeOf(text: string): string {
  return text.replace(/"(?:\\.|[^"\\\n])*"|\/\*[\s\S]*?\*\/|\/\/.*$/gm, "");
}

test.run();
