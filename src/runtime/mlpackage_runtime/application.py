"""The routes, as a plain WSGI application."""

from __future__ import annotations

import socket
from typing import Any, Callable, Iterable, NamedTuple

from gunicorn.http.errors import ParseException

from .body import WHOLE
from .cors import Cors
from .entry_script import EntryScript
from .log import log_exception
from .log_context import enter_request
from .refusal import Refusal
from .responses import (
    ALIVE,
    HEALTHY,
    INTERNAL_ERROR,
    NOT_FOUND,
    READY,
    STARTING,
    Response,
    empty,
    exposition,
    not_allowed,
    refused,
)
from .run_input import Environ
from .scoring import Scoring
from .lazy_routes import LazyProtocol, Served, answer_docs
from .swagger import Swagger
from .tracing import Trace, trace_request
from .version import VERSION

RETIRE = "mlpackage.retire"
"""Set in a request's environ when the worker that answered it is to be replaced."""

_SERVER_VERSION = ("x-ms-server-version", f"mlpackage/{VERSION}")
_SCORE_ALLOWS = "GET, POST, OPTIONS"
_PAGE_ALLOWS = "HEAD, OPTIONS, GET"
_LARGEST_DISCARD = 1 << 22


class Surroundings(NamedTuple):
    """What an answer can depend on besides the script."""

    is_ready: Callable[[], bool]
    render_metrics: Callable[[], str]
    swagger: Swagger
    cors: Cors
    served: Served


class Application:
    def __init__(self, script: EntryScript, scoring_timeout_ms: int, surroundings: Surroundings) -> None:
        self._input = script.input
        self._scoring = Scoring(script, scoring_timeout_ms)
        self._cors = surroundings.cors
        self._protocol = LazyProtocol(surroundings.served, script, self._scoring)
        pages: dict[str, Callable[[Environ], Response]] = {
            "/": lambda _: HEALTHY,
            "/livez": lambda _: ALIVE,
            "/readyz": lambda _: READY if surroundings.is_ready() else STARTING,
            "/metrics": lambda _: exposition(surroundings.render_metrics()),
            "/swagger.json": surroundings.swagger.answer,
            "/docs": answer_docs,
        }
        self._pages = pages

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        trace = trace_request(environ)
        enter_request(trace.request_id, environ.get("HTTP_TRACEPARENT", ""))
        try:
            response = self._answer(environ, trace)
        except Exception as error:
            log_exception(f"internal error, request {trace.request_id}", error)
            response = INTERNAL_ERROR
        if response.retire:
            environ[RETIRE] = True

        is_read = _discard_body(environ)
        headers = [*response.headers, *self._cors.headers_for(environ), *trace.headers, _SERVER_VERSION]
        body = response.body
        if isinstance(body, bytes):
            headers.append(("Content-Length", str(len(body))))
            if is_read:
                _send_together(environ["gunicorn.socket"])
        start_response(response.status, headers)
        if body is None or environ["REQUEST_METHOD"] == "HEAD":
            return ()
        return (body,) if isinstance(body, bytes) else body

    def _answer(self, environ: Environ, trace: Trace) -> Response:
        if trace.refusal is not None:
            return refused(trace.refusal.status, str(trace.refusal))
        path = environ["PATH_INFO"]
        if path == "/score":
            return self._score(environ, trace)
        page = self._pages.get(path)
        if page is not None:
            return _page(environ, page)
        return self._protocol.answer(environ, trace.request_id) if self._protocol.has(path) else NOT_FOUND

    def _score(self, environ: Environ, trace: Trace) -> Response:
        method = environ["REQUEST_METHOD"]
        if method not in self._input.methods:
            return empty(("Allow", _SCORE_ALLOWS)) if method == "OPTIONS" else not_allowed(_SCORE_ALLOWS)
        try:
            arguments = self._input.read(environ)
        except Refusal as refusal:
            return refused(refusal.status, str(refusal))
        return self._scoring.score(arguments, environ, trace.request_id)


def _page(environ: Environ, page: Callable[[Environ], Response]) -> Response:
    method = environ["REQUEST_METHOD"]
    if method in ("GET", "HEAD"):
        return page(environ)
    return empty(("Allow", _PAGE_ALLOWS)) if method == "OPTIONS" else not_allowed(_PAGE_ALLOWS)


def _send_together(connection: socket.socket) -> None:
    """Head and body in one packet, once gunicorn has closed the connection: it writes the one and then the other,
    and a second packet takes longer than most of what is done here."""
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 1)


def _discard_body(environ: Environ) -> bool:
    """Reads what no one has read: a connection closed with bytes left in it is reset, and what was not sent by
    then is lost. False where too much is left."""
    if WHOLE in environ or not (environ.get("CONTENT_LENGTH") or "HTTP_TRANSFER_ENCODING" in environ):
        return True
    discarded = 0
    try:
        while discarded < _LARGEST_DISCARD:
            chunk = environ["wsgi.input"].read(1 << 16)
            if not chunk:
                return True
            discarded += len(chunk)
    except (OSError, ParseException):
        pass
    return False
