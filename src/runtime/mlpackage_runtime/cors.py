"""Which web pages of other origins may read the answers."""

from __future__ import annotations

from typing import Any, Mapping, Tuple

_METHODS = ("GET", "POST")


class Cors:
    """`origins` are those that are allowed; `*` is any."""

    def __init__(self, origins: Tuple[str, ...]) -> None:
        self._origins = frozenset(origin.lower() for origin in origins)

    def headers_for(self, environ: Mapping[str, Any]) -> list[tuple[str, str]]:
        """The Fetch Standard's: the origin is echoed, so a cache must keep the answers to each apart."""
        origin = environ.get("HTTP_ORIGIN")
        if not origin or not origin.isprintable():
            return []
        if "*" not in self._origins and origin.lower() not in self._origins:
            return []
        headers = [("Access-Control-Allow-Origin", origin), ("Vary", "Origin")]
        if environ["REQUEST_METHOD"] == "OPTIONS":
            headers += _preflight_headers(environ)
        return headers


def _preflight_headers(environ: Mapping[str, Any]) -> list[tuple[str, str]]:
    if environ.get("HTTP_ACCESS_CONTROL_REQUEST_METHOD", "").upper() not in _METHODS:
        return []
    allowed = [("Access-Control-Allow-Methods", ", ".join(_METHODS))]
    wanted = environ.get("HTTP_ACCESS_CONTROL_REQUEST_HEADERS")
    return [*allowed, ("Access-Control-Allow-Headers", wanted)] if wanted and wanted.isprintable() else allowed
