"""`/docs`: a page for people, which reads `/swagger.json` and sends what is typed into it to `/score`.

Imported when it is asked for the first time: most services never are.
"""

from __future__ import annotations

import base64
import hashlib
import os
import re

from .responses import Response
from .run_input import Environ

_FILE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "docs.html")


def answer_docs(environ: Environ) -> Response:
    """What a browser has already it is not sent again."""
    is_known = _ETAG in (tag.strip() for tag in environ.get("HTTP_IF_NONE_MATCH", "").split(","))
    return Response("304 Not Modified", _HEADERS, None) if is_known else Response("200 OK", _HEADERS, _PAGE)


def _policy(page: bytes) -> str:
    """The page runs its own script, has its own style, and speaks to this service alone."""
    hashes = {
        name: " ".join(_source(content) for content in re.findall(b"<%s>(.*?)</%s>" % (name, name), page, re.DOTALL))
        for name in (b"script", b"style")
    }
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src {hashes[b'script']}",
            f"style-src {hashes[b'style']}",
            "connect-src 'self'",
            "img-src data:",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
        )
    )


def _source(content: bytes) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(content).digest()).decode()}'"


def _read(file: str) -> bytes:
    with open(file, "rb") as opened:
        return opened.read()


_PAGE = _read(_FILE)
_ETAG = f'"{hashlib.sha256(_PAGE).hexdigest()[:16]}"'
_HEADERS = (
    ("Content-Type", "text/html; charset=utf-8"),
    ("Cache-Control", "public, max-age=3600"),
    ("ETag", _ETAG),
    ("Content-Security-Policy", _policy(_PAGE)),
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "no-referrer"),
)
