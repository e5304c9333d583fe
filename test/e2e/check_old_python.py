"""Finds what Python 3.8 could not run in the sources below a folder: its grammar, and what came to the library later."""

import ast
import os
import sys

OLDEST = (3, 8)

GENERIC_SINCE_39 = {"list", "dict", "tuple", "set", "frozenset", "type"}

NEWER_MODULES = {"graphlib", "tomllib", "zoneinfo", "annotationlib", "compression"}

NEWER_NAMES = {
    "removeprefix", "removesuffix", "bit_count", "is_relative_to", "with_stem", "readlink", "hardlink_to",
    "pairwise", "batched", "aclosing", "chdir_context", "unparse", "randbytes", "to_thread", "TaskGroup",
    "add_note", "ExceptionGroup", "BaseExceptionGroup", "EncodingWarning", "aiter", "anext", "file_digest",
    "Annotated", "ParamSpec", "Concatenate", "TypeAlias", "TypeGuard", "Self", "Never", "Required", "NotRequired",
    "LiteralString", "Unpack", "override", "StrEnum", "UTC", "getLevelNamesMapping", "getHandlerByName",
    "stdlib_module_names", "orig_argv", "process_cpu_count", "waitstatus_to_exitcode", "pidfd_open", "nullcontext_async",
}

NEWER_KEYWORDS = {"strict": "zip", "slots": "dataclass", "kw_only": "dataclass", "key": "bisect", "usedforsecurity": "md5"}


def find_newer(source):
    """Line and reason of each."""
    try:
        tree = ast.parse(source, feature_version=OLDEST)
    except SyntaxError as error:
        yield error.lineno, "the grammar is newer"
        return
    unread = set(annotations_of(tree)) if is_deferred(tree) else set()
    for node in ast.walk(tree):
        if node in unread:
            continue
        reason = newer(node)
        if reason:
            yield node.lineno, reason


def is_deferred(tree):
    """Annotations are then never evaluated, and may be of any version."""
    return any(
        isinstance(node, ast.ImportFrom) and node.module == "__future__" and node.names[0].name == "annotations"
        for node in tree.body
    )


def annotations_of(tree):
    for node in ast.walk(tree):
        roots = [getattr(node, "annotation", None), getattr(node, "returns", None)]
        for root in roots:
            if root is not None:
                yield from ast.walk(root)


def newer(node):
    if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name) and node.value.id in GENERIC_SINCE_39:
        return "`%s[...]` outside an annotation" % node.value.id
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        modules = [alias.name for alias in node.names] + [getattr(node, "module", None) or ""]
        found = NEWER_MODULES.union(NEWER_NAMES).intersection(part for name in modules for part in name.split("."))
        return "`%s` is newer" % found.pop() if found else None
    name = node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else None
    if name in NEWER_NAMES:
        return "`%s` is newer" % name
    if isinstance(node, ast.Call):
        called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if called == "cache" or (called == "format_exception" and len(node.args) < 3):
            return "`%s` as it is called is newer" % called
        for keyword in node.keywords:
            if NEWER_KEYWORDS.get(keyword.arg) == called:
                return "`%s(%s=...)` is newer" % (called, keyword.arg)
    return None


def sources_below(folder):
    for place, _, names in os.walk(folder):
        for name in names:
            if name.endswith(".py"):
                yield os.path.join(place, name)


count = 0
for path in sorted(sources_below(sys.argv[1])):
    with open(path, encoding="utf-8") as file:
        count += 1
        for line, reason in find_newer(file.read()):
            print("%s:%s: %s" % (os.path.relpath(path, sys.argv[1]), line, reason))
print("%d files" % count)
