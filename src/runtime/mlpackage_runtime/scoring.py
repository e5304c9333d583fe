"""One call of `run`, whatever comes of it."""

from __future__ import annotations

from time import perf_counter
from typing import Any, Callable

from .deadline import Deadline, DeadlineExceeded
from .entry_script import EntryScript
from .log import log_error, log_exception
from .outputs import encode_output
from .responses import INTERNAL_ERROR, Response, failed, refused, scored, timed
from .run_input import Environ
from .script_responses import is_response, to_response

Render = Callable[[Any, Environ, str], Response]
"""From what `run` returned to the answer."""

_RAISED = "An unexpected error occurred in scoring script. Check the logs for more info."


class Scoring:
    """Calls `run` within its time. What goes wrong is told in full in the log, and to the client not at all."""

    def __init__(self, script: EntryScript, timeout_ms: int) -> None:
        self._run = script.run
        self._explain = script.input.explain
        self._timeout_ms = timeout_ms
        self._deadline = Deadline(timeout_ms)

    def score(
        self, arguments: dict[str, Any], environ: Environ, request_id: str, render: Render | None = None
    ) -> Response:
        started = perf_counter()
        try:
            with self._deadline:
                value = self._run(**arguments)
            elapsed_ms = (perf_counter() - started) * 1000
        except DeadlineExceeded as error:
            log_exception(f"run() took longer than {self._timeout_ms} ms, request {request_id}", error)
            return failed(f"Scoring timeout after {self._timeout_ms} ms")
        except (SystemExit, KeyboardInterrupt) as error:
            # Asked to end, by the script itself or by a signal. The client is not left without an answer.
            log_exception(f"run() asked the process to end, request {request_id}", error)
            return failed(_RAISED, retire=True)
        except BaseException as error:
            reason = self._explain(error)
            if reason is not None:
                return refused("400 Bad Request", reason)
            log_exception(f"run() raised, request {request_id}", error)
            return failed(_RAISED)

        try:
            answer = (render or _render)(value, environ, request_id)
        except Exception as error:
            log_error(f"run() returned what cannot be sent, request {request_id}: {error}")
            return INTERNAL_ERROR
        return timed(answer, elapsed_ms)


def _render(value: Any, environ: Environ, request_id: str) -> Response:
    return to_response(value, environ, request_id) if is_response(value) else scored(encode_output(value))
