"""Why the server cannot start."""

from __future__ import annotations

from .log import log_error, log_exception

START_FAILED = 3
"""The exit status of a server that could not start; gunicorn's own for a worker that did not boot."""


class StartFailure(Exception):
    """Says what is wrong with the image or its script; `__cause__` is what the script raised, if it did."""

    def report(self) -> None:
        if self.__cause__ is None:
            log_error(str(self))
        else:
            log_exception(str(self), self.__cause__)
