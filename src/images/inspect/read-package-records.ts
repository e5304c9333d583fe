type Package = { readonly name: string; readonly version: string };

/** The head of a Python distribution's METADATA: fields as in mail (PEP 566), up to the first empty line. */
export function readPythonMetadata(head: string): Package | undefined {
  const [fields = ""] = head.split(/\r?\n\r?\n/, 1);
  const name = fieldOf(fields, "Name");
  const version = fieldOf(fields, "Version");
  return name === undefined || version === undefined ? undefined : { name, version };
}

/** The packages of `dpkg`'s status file, or of `apk`'s database; those that are removed and left their settings do not count. */
export function readSystemPackages(database: string): readonly Package[] {
  return database.split(/\r?\n\r?\n/).flatMap((stanza) => {
    const status = fieldOf(stanza, "Status");
    if (status !== undefined && !/ installed$/.test(status)) return [];
    const name = fieldOf(stanza, "Package") ?? fieldOf(stanza, "P");
    const version = fieldOf(stanza, "Version") ?? fieldOf(stanza, "V");
    return name === undefined || version === undefined ? [] : [{ name, version }];
  });
}

export function readServerVersion(source: string): string | undefined {
  return /^VERSION = "([^"\n]*)"$/m.exec(source)?.[1];
}

function fieldOf(text: string, field: string): string | undefined {
  const line = text.split(/\r?\n/).find((one) => one.startsWith(`${field}:`));
  const value = line?.slice(field.length + 1).trim();
  return value === "" ? undefined : value;
}
