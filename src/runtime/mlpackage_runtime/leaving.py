"""Ways for a process to end before it serves."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from typing import Iterator


@contextlib.contextmanager
def leaving_at_once_when_told() -> Iterator[None]:
    """For as long as no request can be in flight: a model that is still being loaded is nothing to wait for.

    Without a handler the first process of a container would not even hear SIGTERM.
    """
    handlers = {
        number: signal.signal(number, lambda *_: leave(0))
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT)
    }
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)


def leave(status: int) -> None:
    """Ends the process now. The usual way would first wait for threads that the script has started."""
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(status)
