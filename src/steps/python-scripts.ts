/**
 * Prints what the source distributions in a folder are built with, a requirement a line: as `pyproject.toml` says it
 * (PEP 518), and what setuptools asks for besides where it is old.
 */
export const BUILD_REQUIREMENTS_SCRIPT = `import pathlib, sys, tarfile, zipfile
try:
    import tomllib
except ImportError:
    from pip._vendor import tomli as tomllib

def read(archive):
    if zipfile.is_zipfile(archive):
        with zipfile.ZipFile(archive) as opened:
            named = [n for n in opened.namelist() if n.count("/") == 1 and n.endswith("/pyproject.toml")]
            return opened.read(named[0]).decode() if named else ""
    with tarfile.open(archive) as opened:
        named = [m for m in opened if m.name.count("/") == 1 and m.name.endswith("/pyproject.toml")]
        return opened.extractfile(named[0]).read().decode() if named else ""

found = set()
for archive in pathlib.Path(sys.argv[1]).iterdir():
    if archive.suffix != ".whl":
        system = tomllib.loads(read(archive)).get("build-system", {})
        requires = system.get("requires", ["setuptools>=40.8.0"])
        found.update(requires, ["wheel"] if any(r.startswith("setuptools") for r in requires) else [])
print("\\n".join(sorted(found)), end="\\n" if found else "")
`;

/**
 * A package that was asked for by its address is installed from a folder, and pip notes that (PEP 610). Notes the address
 * instead, as without a vendor folder. Takes name, place and address of each such package; one of another platform is not
 * there.
 */
export const ADDRESSES_SCRIPT = `import base64, csv, hashlib, importlib.metadata, io, json, pathlib, sys

arguments = iter(sys.argv[1:])
for name, before, address in zip(arguments, arguments, arguments):
    try:
        files = importlib.metadata.distribution(name).files
        note = next(f for f in files if f.name == "direct_url.json")
    except (importlib.metadata.PackageNotFoundError, StopIteration):
        continue
    place = pathlib.Path(note.locate())
    noted = json.loads(place.read_text())
    if noted["url"] != before:
        continue
    place.write_text(json.dumps({**noted, "url": address}, sort_keys=True))
    record = pathlib.Path(next(f for f in files if f.name == "RECORD").locate())
    content = place.read_bytes()
    digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).decode().rstrip("=")
    with record.open(newline="") as opened:
        rows = list(csv.reader(opened))
    new = io.StringIO()
    for row in rows:
        is_note = row[0] == str(note)
        csv.writer(new).writerow([row[0], f"sha256={digest}", len(content)] if is_note else row)
    record.write_bytes(new.getvalue().encode())
`;
