"""The query of a request, as data."""

from __future__ import annotations

import json
from typing import Any, Mapping
from urllib.parse import parse_qsl


def query_text(environ: Mapping[str, Any]) -> str:
    return environ["QUERY_STRING"].encode("latin-1").decode("utf-8", "replace")


def query_values(environ: Mapping[str, Any]) -> dict[str, Any]:
    """Each parameter, as JSON if it is some; one that is given several times becomes a list."""
    values: dict[str, list[Any]] = {}
    for name, text in parse_qsl(query_text(environ), keep_blank_values=True):
        values.setdefault(name, []).append(_as_json_or_text(text))
    return {name: found[0] if len(found) == 1 else found for name, found in values.items()}


def _as_json_or_text(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text
