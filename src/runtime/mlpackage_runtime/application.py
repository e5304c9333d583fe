"""The routes, as a plain WSGI application."""

from __future__ import annotations

from typing import Any, Callable, Iterable, MutableMapping

from .entry_script import EntryScript
from .inputs import BadRequest
from .log import log_exception
from .responses import (
    ALIVE,
    HEALTHY,
    INTERNAL_ERROR,
    NOT_FOUND,
    READY,
    STARTING,
    Response,
    empty,
    not_allowed,
    refused,
)
from .scoring import Scoring
from .tracing import Trace, trace_request
from .version import VERSION

Environ = MutableMapping[str, Any]

RETIRE = "mlpackage.retire"
"""Set in a request's environ when the worker that answered it is to be replaced."""

_SERVER_VERSION = ("x-ms-server-version", f"mlpackage/{VERSION}")
_SCORE_ALLOWS = "GET, POST, OPTIONS"
_PAGE_ALLOWS = "HEAD, OPTIONS, GET"
_LARGEST_DISCARD = 1 << 22


class Application:
    def __init__(self, script: EntryScript, scoring_timeout_ms: int, is_ready: Callable[[], bool]) -> None:
        self._read_arguments = script.read_arguments
        self._scoring = Scoring(script.run, scoring_timeout_ms)
        self._is_ready = is_ready
        self._routes: dict[str, Callable[[Environ, Trace], Response]] = {
            "/": lambda environ, trace: _page(environ, HEALTHY),
            "/livez": lambda environ, trace: _page(environ, ALIVE),
            "/readyz": lambda environ, trace: _page(environ, READY if self._is_ready() else STARTING),
            "/score": self._score,
        }

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        trace = trace_request(environ)
        try:
            response = self._answer(environ, trace)
        except Exception as error:
            log_exception(f"internal error, request {trace.request_id}", error)
            response = INTERNAL_ERROR
        if response.retire:
            environ[RETIRE] = True

        _discard_body(environ)
        length = ("Content-Length", str(len(response.body)))
        start_response(response.status, [*response.headers, *trace.headers, _SERVER_VERSION, length])
        return () if environ["REQUEST_METHOD"] == "HEAD" else (response.body,)

    def _answer(self, environ: Environ, trace: Trace) -> Response:
        if trace.refusal is not None:
            return refused("431 Request Header Fields Too Large", trace.refusal)
        route = self._routes.get(environ["PATH_INFO"])
        return NOT_FOUND if route is None else route(environ, trace)

    def _score(self, environ: Environ, trace: Trace) -> Response:
        method = environ["REQUEST_METHOD"]
        if method == "OPTIONS":
            return empty(("Allow", _SCORE_ALLOWS))
        if method not in ("POST", "GET"):
            return not_allowed(_SCORE_ALLOWS)
        try:
            arguments = self._read_arguments(environ)
        except BadRequest as error:
            return refused("400 Bad Request", str(error))
        return self._scoring.score(arguments, trace.request_id)


def _page(environ: Environ, page: Response) -> Response:
    method = environ["REQUEST_METHOD"]
    if method in ("GET", "HEAD"):
        return page
    return empty(("Allow", _PAGE_ALLOWS)) if method == "OPTIONS" else not_allowed(_PAGE_ALLOWS)


def _discard_body(environ: Environ) -> None:
    """Reads what no one has read: a connection closed with bytes left in it is reset, and its answer lost."""
    if not environ.get("CONTENT_LENGTH") and "HTTP_TRANSFER_ENCODING" not in environ:
        return
    discarded = 0
    try:
        while discarded < _LARGEST_DISCARD:
            chunk = environ["wsgi.input"].read(1 << 16)
            if not chunk:
                return
            discarded += len(chunk)
    except OSError:
        return
