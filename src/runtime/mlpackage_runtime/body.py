"""The body of a request, read whole before the script hears of it."""

from __future__ import annotations

import io
from typing import Any, MutableMapping

from gunicorn.http.errors import ParseException

from .refusal import Refusal

Environ = MutableMapping[str, Any]

WHOLE = "mlpackage.body_is_read"
"""Set in a request's environ once nothing of its body is left in the connection, or it is waited for no more."""


def read_body(environ: Environ, limit: int) -> bytes:
    """Never a part of it: a client that went away half-way must not be scored. A `limit` of 0 is none."""
    length = int(environ.get("CONTENT_LENGTH") or 0)
    if limit and length > limit:
        raise _too_large(limit)
    try:
        body = environ["wsgi.input"].read(limit + 1) if limit else environ["wsgi.input"].read()
    except BlockingIOError:
        environ[WHOLE] = True
        raise Refusal("The body did not arrive in time.", "408 Request Timeout") from None
    except (OSError, ParseException) as error:
        raise Refusal(f"The body cannot be read: {error}") from None
    if limit and len(body) > limit:
        raise _too_large(limit)
    if len(body) < length:
        raise Refusal("The body is shorter than its Content-Length.")
    environ[WHOLE] = True
    return body


def hold_body(environ: Environ, limit: int) -> None:
    """Puts the body, read, in the place of the connection it comes from."""
    body = read_body(environ, limit)
    environ.pop("HTTP_TRANSFER_ENCODING", None)
    environ.update({"wsgi.input": io.BytesIO(body), "CONTENT_LENGTH": str(len(body))})


def _too_large(limit: int) -> Refusal:
    return Refusal(f"The body must not exceed {limit} bytes.", "413 Request Entity Too Large")
