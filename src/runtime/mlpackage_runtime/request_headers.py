"""The headers of a request, as the script is given them."""

from __future__ import annotations

from typing import Any, Mapping


def request_headers(environ: Mapping[str, Any]) -> dict[str, str]:
    """Names in title case."""
    headers = {
        key[len("HTTP_") :].replace("_", "-").title(): value
        for key, value in environ.items()
        if key.startswith("HTTP_")
    }
    for key, name in (("CONTENT_TYPE", "Content-Type"), ("CONTENT_LENGTH", "Content-Length")):
        if environ.get(key):
            headers[name] = environ[key]
    return headers
