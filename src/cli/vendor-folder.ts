import path from "node:path";
import { type Diagnostic, errorDiagnostic } from "../model/diagnostic.ts";
import type { Digest } from "../model/digest.ts";
import type { Files } from "../model/host.ts";
import { fail, type Result, succeed } from "../model/result.ts";
import { type Vendor, VendorChanged, type VendoredFile, type VendorList } from "../model/vendor.ts";
import {
  isUnfinishedVendor,
  readEarlierList,
  readVendorList,
  VENDOR_BEGINNING,
  writeUnfinishedList,
  writeVendorList,
} from "../plan/vendor-data.ts";
import { resolveForSession } from "./check-written-file.ts";
import type { Session } from "./session.ts";

/** What is in the folder, and written last. */
const VENDOR_FILE = "vendor.json";

/** All that is written besides. */
const FOLDERS = ["base", "models", "python", "debian"];

/**
 * The folder that `--vendor` names.
 *
 * Errors: `cli/no-vendor-folder`, `cli/unfinished-vendor-folder`.
 */
export async function openVendor(session: Session, folder: string): Promise<Result<Vendor>> {
  const place = resolveForSession(session, folder);
  const text = await readList(place, session.host.files);
  const list = text === undefined ? undefined : readVendorList(text);
  if (list !== undefined) return succeed(createVendor(place, folder, list, session.host.files));
  return fail(wordUnusable(folder, text));
}

function wordUnusable(folder: string, text: string | undefined): Diagnostic {
  const hint = `type \`mlpackage vendor ${folder}\` where there is a network`;
  const file = `${folder}/${VENDOR_FILE}`;
  if (text === undefined) return errorDiagnostic("cli/no-vendor-folder", `there is no \`${file}\``, { hint });
  if (isUnfinishedVendor(text))
    return errorDiagnostic(
      "cli/unfinished-vendor-folder",
      `\`${folder}\` is incomplete: \`mlpackage vendor\` was interrupted`,
      {
        hint: `type \`mlpackage vendor ${folder}\` where there is a network, to go on`,
      },
    );
  return errorDiagnostic("cli/no-vendor-folder", `\`${file}\` does not list a vendor folder`, { hint });
}

async function readList(place: string, files: Files): Promise<string | undefined> {
  const file = path.join(place, VENDOR_FILE);
  return (await files.status(file))?.type === "file" ? files.readText(file) : undefined;
}

/** `shown` is what the call names the folder. */
function createVendor(folder: string, shown: string, list: VendorList, files: Files): Vendor {
  const byDigest = new Map(list.files.map((file) => [file.digest, file]));

  async function demand({ path: name, digest }: VendoredFile): Promise<string> {
    const place = path.join(folder, name);
    const found = await files.digestIfFile(place);
    if (found?.digest === digest) return place;
    throw new VendorChanged(path.join(shown, name), found === undefined ? "is gone" : "has other bytes");
  }

  return {
    folder,
    list,
    demand,
    async find(digest: Digest) {
      const file = byDigest.get(digest);
      return file && demand(file);
    },
  };
}

/**
 * The folder as far as it may be completed: what is there and right, if only some of it.
 *
 * Errors: `cli/place-taken`, `cli/link-in-vendor-folder`.
 */
export async function openForVendoring(session: Session, folder: string): Promise<Result<Vendor>> {
  const { files } = session.host;
  const place = resolveForSession(session, folder);
  const found = await files.status(place);
  const text = found?.type === "directory" ? await readList(place, files) : undefined;
  const isEmpty =
    found === undefined || (found.type === "directory" && (await files.list(place)).length === 0);
  if (!isEmpty && text?.startsWith(VENDOR_BEGINNING) !== true) return fail(wordTaken(folder, found?.type));
  const list = readEarlierList(text ?? "") ?? { files: [] };
  const linked = await findLinked(place, folder, list, files);
  if (linked.length > 0) return fail(...linked);
  const whole = createVendor(place, folder, list, files);
  const right = await Promise.all(list.files.map((file) => isRight(file, whole)));
  const kept = list.files.filter((_file, index) => right[index]);
  const hasWholeBase = list.files.every((file) => file.part !== "base" || kept.includes(file));
  const { base, ...rest } = { ...list, files: kept };
  return succeed(createVendor(place, folder, base && hasWholeBase ? { base, ...rest } : rest, files));
}

function wordTaken(folder: string, type: string | undefined): Diagnostic {
  const message = type === "directory" ? "is not a vendor folder" : "is not a folder";
  return errorDiagnostic("cli/place-taken", `\`${folder}\` ${message}`, {
    hint: "choose a new or an empty folder",
  });
}

async function isRight(file: VendoredFile, vendor: Vendor): Promise<boolean> {
  try {
    await vendor.demand(file);
    return true;
  } catch (error) {
    if (!(error instanceof VendorChanged)) throw error;
    return false;
  }
}

/**
 * Lays the folder out, its list last: one that was begun and never finished says so, and what it had before. `placeOf`
 * gives where the bytes of a file are. What the list does not name is removed. Tells how many files were written;
 * undefined where it was interrupted.
 *
 * Errors: `cli/link-in-vendor-folder`.
 */
export async function writeVendor(
  folder: string,
  list: VendorList,
  placeOf: (file: VendoredFile) => Promise<string>,
  { host: { files }, signal }: Pick<Session, "host" | "signal">,
): Promise<Result<number | undefined>> {
  const linked = await findLinked(folder, folder, list, files);
  if (linked.length > 0) return fail(...linked);
  const listFile = path.join(folder, VENDOR_FILE);
  const before = (await readList(folder, files)) ?? "";
  if (before !== writeVendorList(list))
    await files.writeAtomically(listFile, writeUnfinishedList(readEarlierList(before) ?? { files: [] }));
  let written = 0;
  for (const file of list.files) {
    if (signal.aborted) return succeed(undefined);
    const place = path.join(folder, file.path);
    if ((await files.digestIfFile(place))?.digest === file.digest) continue;
    await files.writeStream(place, files.readStream(await placeOf(file)));
    written += 1;
  }
  const linkedSince = await findLinked(folder, folder, list, files);
  if (linkedSince.length > 0) return fail(...linkedSince);
  await files.writeAtomically(listFile, writeVendorList(list));
  await removeOthers(folder, list, files);
  return succeed(written);
}

/** Links where folders of ours should be: what lies behind one is somebody's, to be neither written over nor removed. */
async function findLinked(
  folder: string,
  shown: string,
  list: VendorList,
  files: Files,
): Promise<readonly Diagnostic[]> {
  const root = await files.realPath(folder);
  if (root === undefined) return [];
  const places = new Set([...FOLDERS, ...list.files.flatMap((file) => foldersAbove(file.path))]);
  const linked: string[] = [];
  for (const place of [...places].sort()) {
    const real = await files.realPath(path.join(folder, place));
    const isBehindLink = linked.some((link) => place.startsWith(`${link}/`));
    if (real !== undefined && real !== path.join(root, place) && !isBehindLink) linked.push(place);
  }
  return linked.map((place) =>
    errorDiagnostic(
      "cli/link-in-vendor-folder",
      `\`${path.join(shown, place)}\` is a link to another place`,
      {
        hint: "remove the link: what it leads to would be overwritten",
      },
    ),
  );
}

/** `models/a` of `models/a/b.bin`, and `models`. */
function foldersAbove(file: string): readonly string[] {
  const segments = file.split("/");
  return segments.slice(1).map((_segment, index) => segments.slice(0, index + 1).join("/"));
}

async function removeOthers(folder: string, list: VendorList, files: Files): Promise<void> {
  const named = new Set(list.files.map((file) => file.path));
  for (const name of FOLDERS) {
    const place = path.join(folder, name);
    if ((await files.status(place))?.type !== "directory") continue;
    const others = (await files.listTree(place)).filter((entry) => !named.has(`${name}/${entry.path}`));
    await Promise.all(others.map((entry) => files.remove(path.join(place, entry.path))));
    if (![...named].some((one) => one.startsWith(`${name}/`))) await files.remove(place);
  }
}
