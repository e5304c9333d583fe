"""What signals do to the main process and to a worker while the one is forked from the other."""

from __future__ import annotations

import contextlib
import signal
from typing import Iterator

_STOP = (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT)
_HELD = (*_STOP, signal.SIGCHLD)


@contextlib.contextmanager
def holding_signals() -> Iterator[None]:
    """None is lost: each is delivered afterwards."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _HELD)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def hear_signals() -> None:
    """In a new worker. Until it has handlers of its own it ends as any process does when it is told to: those
    that it was forked with make a note for the main process, and it would serve on."""
    for number in _STOP:
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _HELD)
