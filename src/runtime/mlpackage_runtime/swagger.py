"""`/swagger.json`: what the service takes and gives, for clients that generate code from it."""

from __future__ import annotations

import json
import os
from typing import Any, Callable, NamedTuple, Tuple
from urllib.parse import parse_qs

from .openapi import describe_in_2, describe_in_3
from .outputs import encode_output
from .responses import Response, document, not_found
from .run_input import Environ
from .schema_input import find_schemas, is_schema_decorated
from .settings import Settings
from .start_failure import StartFailure


class _Version(NamedTuple):
    name: str
    aliases: Tuple[str, ...]
    """By which it may be asked for; the last is `inference_schema`'s own."""
    files: Tuple[str, ...]
    """Of the user's, in whose place we describe nothing."""
    describe: Callable[..., Any]


_VERSIONS = (
    _Version("2", ("2", "2.0"), ("swagger.json", "swagger2.json"), describe_in_2),
    _Version("3", ("3", "3.0"), ("swagger3.json",), lambda **of: describe_in_3("3.0.0", **of)),
    _Version("3.1", ("3.1",), ("swagger3.1.json",), lambda **of: describe_in_3("3.1.0", **of)),
)


class Swagger:
    def __init__(self, settings: Settings, run: Callable[..., Any]) -> None:
        self._texts: dict[str, str] = {}
        self._supported: list[str] = []
        folders = (settings.app_root, _source_directory(settings))
        for version in _VERSIONS:
            text = _read_first(folders, version.files) or _describe(version, settings, run)
            if text is not None:
                self._texts.update(dict.fromkeys(version.aliases, text))
                self._supported.append(version.name)

    def answer(self, environ: Environ) -> Response:
        wanted = parse_qs(environ["QUERY_STRING"], keep_blank_values=True).get("version", ["2"])[0]
        text = self._texts.get(wanted)
        if text is not None:
            return document(text)
        supported = ", ".join(self._supported)
        if any(wanted in version.aliases for version in _VERSIONS):
            return not_found(
                f"Swagger version [{wanted}] is not supported for the scoring script. "
                f"Supported swagger versions: [{supported}]."
            )
        return not_found(f"Swagger version [{wanted}] is not valid. Supported versions: [{supported}].")


def _source_directory(settings: Settings) -> str:
    """Below the app root by its own name, so the first folder on the way to the script."""
    relative = os.path.relpath(settings.entry_script, settings.app_root)
    first, _, rest = relative.partition(os.sep)
    is_below = rest and first != os.pardir
    return os.path.join(settings.app_root, first) if is_below else settings.app_root


def _read_first(folders: tuple[str, ...], files: tuple[str, ...]) -> str | None:
    for path in (os.path.join(folder, file) for folder in folders for file in files):
        try:
            with open(path, encoding="utf-8") as file:
                return json.dumps(json.load(file))
        except (FileNotFoundError, NotADirectoryError):
            continue
        except (OSError, ValueError) as error:
            raise StartFailure(f"{path} cannot be read as JSON: {error}") from None
    return None


def _describe(version: _Version, settings: Settings, run: Callable[..., Any]) -> str | None:
    """Nothing where a sample of the script has no form in that version."""
    given: Any = {"type": "object", "example": {}}
    returned = given
    if is_schema_decorated(run):
        schemas = find_schemas()
        if version.aliases[-1] not in schemas.get_supported_versions(run):
            return None
        given, returned = schemas.get_input_schema(run), schemas.get_output_schema(run)
    described = version.describe(
        name=settings.service_name, version=settings.service_version, given=given, returned=returned
    )
    return encode_output(described).decode()
