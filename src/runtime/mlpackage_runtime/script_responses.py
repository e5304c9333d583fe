"""Answers that the script has made itself: an `AMLResponse`, Azure ML's own or ours, or any other of Flask.

All of them are WSGI applications, and are asked as such.
"""

from __future__ import annotations

from typing import Any, Iterable, Iterator

from .log import log_error
from .responses import Response
from .run_input import Environ

_FAILED = "x-ms-run-function-failed"
_OURS = frozenset({"content-length", "x-request-id", "x-ms-request-id", "x-ms-client-request-id", "x-ms-server-version"})
_WITHOUT_BODY = (204, 304)
_UNSENDABLE = ("\r", "\n", "\0")


def is_response(value: Any) -> bool:
    return callable(value) and hasattr(value, "status_code") and hasattr(value, "headers")


def to_response(value: Any, environ: Environ, request_id: str) -> Response:
    """Raises a `ValueError` where a part of it cannot be sent."""
    started: list[Any] = []
    pieces = value(environ, lambda status, headers, *_: started.extend((status, headers)))
    status, headers = started
    code = int(status[:3])
    if not 200 <= code <= 599:
        raise ValueError(f"{status!r} is no status of an answer")
    sent = [_sendable(name, field) for name, field in headers if name.lower() not in _OURS]
    said = [field for field in sent if field[0].lower() == _FAILED]
    if code >= 500 or not said:
        sent = [field for field in sent if field not in said] + [(_FAILED, str(code >= 500))]
    if code in _WITHOUT_BODY:
        return Response(status, tuple(sent), None)
    is_whole = isinstance(pieces, (tuple, list)) or any(name.lower() == "content-length" for name, _ in headers)
    body = b"".join(pieces) if is_whole else _Stream(pieces, request_id)
    return Response(status, tuple(sent), body)


def _sendable(name: str, value: str) -> tuple[str, str]:
    name.encode("ascii")
    value.encode("latin-1")
    if not name or any(character in name + value for character in _UNSENDABLE):
        raise ValueError(f"the header {name!r} cannot be sent as {value!r}")
    return name, value


class _Stream:
    """Pieces that the script still makes while they are sent. When that fails the connection breaks off: the
    status has long been sent, and a client must not take what it has for the whole."""

    def __init__(self, pieces: Iterable[bytes], request_id: str) -> None:
        self._pieces = pieces
        self._request_id = request_id

    def __iter__(self) -> Iterator[bytes]:
        try:
            yield from self._pieces
        except GeneratorExit:
            raise
        except BaseException as error:
            log_error(f"the answer of run() broke off, request {self._request_id}: {error!r}")
            if isinstance(error, Exception):
                raise
            # With the status of a worker that could not start, it would end the server.
            raise RuntimeError("run() has ended the process") from error

    def close(self) -> None:
        close = getattr(self._pieces, "close", None)
        if close is not None:
            close()
