"""Answers as plain data, and those that are always the same."""

from __future__ import annotations

import json
from typing import Iterable, NamedTuple, Tuple, Union

Headers = Tuple[Tuple[str, str], ...]

_HTML = ("Content-Type", "text/html; charset=utf-8")
_TEXT = ("Content-Type", "text/plain; charset=utf-8")
_JSON = ("Content-Type", "application/json")
_RUN_WAS_WELL = ("x-ms-run-function-failed", "False")
_RUN_FAILED = ("x-ms-run-function-failed", "True")

_SCORED_HEADERS: Headers = (_JSON, _RUN_WAS_WELL)


class Response(NamedTuple):
    status: str
    headers: Headers
    body: Union[bytes, Iterable[bytes], None]
    """Bytes that are all there, pieces that are sent as they come, or nothing where the status allows no body."""
    retire: bool = False
    """Whether the worker that gave this answer is to be replaced once it is sent."""


def scored(body: bytes) -> Response:
    """What `run` returned."""
    return Response("200 OK", _SCORED_HEADERS, body)


def timed(response: Response, elapsed_ms: float) -> Response:
    """With the time that `run` took to return."""
    headers = (*response.headers, ("x-ms-run-fn-exec-ms", f"{elapsed_ms:.3f}"))
    return Response(response.status, headers, response.body)


def document(text: str) -> Response:
    return Response("200 OK", _SCORED_HEADERS, text.encode())


def exposition(text: str) -> Response:
    """Prometheus' own form."""
    return Response("200 OK", (("Content-Type", "text/plain; version=0.0.4; charset=utf-8"),), text.encode())


def not_found(message: str) -> Response:
    return refused("404 Not Found", message)


def failed(message: str, retire: bool = False) -> Response:
    """`run` did not return."""
    return Response("500 Internal Server Error", (_JSON, _RUN_FAILED), _message(message), retire)


def refused(status: str, message: str, *headers: tuple[str, str]) -> Response:
    """The request never came to `run`."""
    return Response(status, (_JSON, _RUN_WAS_WELL, *headers), _message(message))


def not_allowed(allowed: str) -> Response:
    return refused(
        "405 Method Not Allowed", "The method is not allowed for the requested URL.", ("Allow", allowed)
    )


def empty(*headers: tuple[str, str]) -> Response:
    return Response("200 OK", (_HTML, *headers), b"")


def _message(message: str) -> bytes:
    return json.dumps({"message": message}).encode()


HEALTHY = Response("200 OK", (_HTML,), b"Healthy")
ALIVE = Response("200 OK", (_TEXT,), b"Alive")
READY = Response("200 OK", (_TEXT,), b"Ready")
LIVE = Response("200 OK", (_JSON,), b'{"live": true}')
STARTING = refused("503 Service Unavailable", "The service is starting.", ("Retry-After", "1"))
BUSY = refused("503 Service Unavailable", "The service is busy.", ("Retry-After", "1"))
NOT_FOUND = not_found(
    "The requested URL was not found on the server. "
    "If you entered the URL manually please check your spelling and try again.",
)
INTERNAL_ERROR = refused(
    "500 Internal Server Error", "An unexpected internal error occurred. Check the logs for more info."
)
