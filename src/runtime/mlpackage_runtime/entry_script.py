"""The user's script: found, imported as its author would expect, and checked."""

from __future__ import annotations

import importlib.util
import inspect
import os
import sys
from importlib.machinery import SourceFileLoader
from types import ModuleType
from typing import Any, Callable, NamedTuple

from .inputs import input_for
from .run_input import RunInput
from .shims import offer_shims
from .start_failure import StartFailure


class EntryScript(NamedTuple):
    run: Callable[..., Any]
    input: RunInput
    tensors: Any = None
    """What it says itself of the tensors that it takes: a `v2.declaration.Declaration`."""


def start_entry_script(path: str, app_root: str, body_limit: int) -> EntryScript:
    """Imports the script and calls its `init()`. Whatever fails is a `StartFailure`."""
    script = os.path.relpath(path, app_root)
    offer_shims()
    module = _import_script(path, app_root, script)
    init = _function(module, "init", script)
    run = _function(module, "run", script)
    run_input = input_for(run, body_limit)
    try:
        init()
    except BaseException as error:
        raise StartFailure(f"init() of {script} did not return") from error
    return EntryScript(run, run_input, _find_tensors(module, run_input, script))


def _import_script(path: str, app_root: str, script: str) -> ModuleType:
    name = _module_name(path)
    _put_first_on_path(os.path.dirname(path), app_root)
    spec = importlib.util.spec_from_file_location(name, path, loader=SourceFileLoader(name, path))
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException as error:
        raise StartFailure(f"{script} cannot be imported") from error
    return module


def _find_tensors(module: ModuleType, run_input: RunInput, script: str) -> Any:
    """Imports what reads it for those alone that say something."""
    if not hasattr(module, "TENSOR_INPUTS"):
        return None
    from .v2.declaration import declared_by

    if run_input.from_values is None:
        raise StartFailure(f"{script} declares TENSOR_INPUTS, but its run() is given the request itself, by @rawhttp")
    return declared_by(module)


def _module_name(path: str) -> str:
    """The file's stem, so that a pickle finds the classes that the script defines.

    A stem that already means something else, in the standard library or in an installed package,
    stays with that: `statistics.py` as an entry script must not break the `statistics` of others.
    """
    stem = os.path.splitext(os.path.basename(path))[0]
    if not stem.isidentifier() or stem in sys.modules:
        return "mlpackage_entry_script"
    found = importlib.util.find_spec(stem)
    is_free = found is None or found.origin == path
    return stem if is_free else "mlpackage_entry_script"


def _put_first_on_path(*folders: str) -> None:
    others = [entry for entry in sys.path if entry not in folders]
    sys.path[:] = [*dict.fromkeys(folders), *others]


def _function(module: ModuleType, name: str, script: str) -> Callable[..., Any]:
    function = getattr(module, name, None)
    if not callable(function):
        raise StartFailure(f"{script} does not define {name}()")
    if inspect.iscoroutinefunction(function):
        raise StartFailure(f"{name}() of {script} is `async`: it is called, not awaited")
    return function
