"""A limit on the time that a piece of the script's code may take."""

from __future__ import annotations

import signal
from typing import Any


class DeadlineExceeded(BaseException):
    """Raised inside the code that took too long. Not an `Exception`, so that a script's own
    `except Exception` does not take it for one of its errors."""


class Deadline:
    """A context manager, for the main thread and to be used again and again.

    The alarm interrupts Python code, and system calls that can be interrupted. A call into native
    code hears of it only when it returns: there, gunicorn's worker timeout is the limit.
    """

    def __init__(self, limit_ms: int) -> None:
        self._limit_s = limit_ms / 1000
        self._is_armed = False
        signal.signal(signal.SIGALRM, self._on_alarm)

    def __enter__(self) -> None:
        self._is_armed = True
        signal.setitimer(signal.ITIMER_REAL, self._limit_s)

    def __exit__(self, *_: Any) -> None:
        self._is_armed = False
        signal.setitimer(signal.ITIMER_REAL, 0)

    def _on_alarm(self, *_: Any) -> None:
        # An alarm that went off as the code returned is handled a moment later, perhaps outside.
        if self._is_armed:
            self._is_armed = False
            raise DeadlineExceeded()
