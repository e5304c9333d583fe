"""Routes that most services are never asked for: their code is imported with the first request to them."""

from __future__ import annotations

from typing import Any, Callable, NamedTuple

from .entry_script import EntryScript
from .responses import Response
from .run_input import Environ
from .scoring import Scoring


class Served(NamedTuple):
    """What the Open Inference Protocol tells of the service, and cannot know of the script."""

    model_name: str
    model_version: str
    body_limit: int
    is_ready: Callable[[], bool]


def answer_docs(environ: Environ) -> Response:
    from .docs import answer_docs

    return answer_docs(environ)


class LazyProtocol:
    """All below `/v2`."""

    def __init__(self, served: Served, script: EntryScript, scoring: Scoring) -> None:
        self._of = (served, script, scoring)
        self._protocol: Any = None

    def has(self, path: str) -> bool:
        return path == "/v2" or path.startswith("/v2/")

    def answer(self, environ: Environ, request_id: str) -> Response:
        if self._protocol is None:
            from .v2.routes import Protocol

            self._protocol = Protocol(*self._of)
        return self._protocol.answer(environ, request_id)
