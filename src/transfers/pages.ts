import { SourceFault } from "../model/place.ts";

/** Far more files than a model has. */
const MOST_FILES = 100_000;

/** All entries of a list that comes in pages; a list that goes in circles, or has no end, is refused. */
export async function readPages<Entry>(
  what: string,
  readPage: (token: string | undefined) => Promise<{
    readonly entries: readonly Entry[];
    /** Of the next page; undefined after the last. */
    readonly next: string | undefined;
  }>,
): Promise<readonly Entry[]> {
  const entries: Entry[] = [];
  const tokens = new Set<string>();
  for (let token: string | undefined; ; ) {
    const page = await readPage(token);
    for (const entry of page.entries) entries.push(entry);
    token = page.next;
    if (token === undefined) return entries;
    if (tokens.has(token) || entries.length > MOST_FILES || tokens.size > MOST_FILES) throw wordEndless(what);
    tokens.add(token);
  }
}

function wordEndless(what: string): SourceFault {
  return new SourceFault(
    "source/endless-list",
    `the list of ${what} has more than ${MOST_FILES} files`,
    "write the path of a folder further down, or of one file",
  );
}
