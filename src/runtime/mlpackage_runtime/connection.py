"""The connection to one client, who may take as long as its bytes are worth."""

from __future__ import annotations

import errno
import os
import socket
from time import monotonic
from typing import Any

_LOWEST_RATE = 16 * 1024
"""In bytes a second. Whoever sends as many is waited for, however long it takes."""
_SIGN_EVERY_S = 0.5


class Connection(socket.socket):
    """Gives up a client that sends too slowly, as the system gives up one that sends nothing.

    The system's limit begins anew with each byte, and a byte now and then would keep the worker for itself. Here the
    time that was waited is added up, head and body: `patience_s`, and a second more for each 16 KiB that came. Of a
    client that is within it the worker gives signs of life, or it would be replaced in the middle of a long upload.
    """

    def __init__(self, accepted: socket.socket, patience_s: float, worker: Any) -> None:
        """Takes the place of `accepted`. A `patience_s` of 0 has no end."""
        super().__init__(accepted.family, accepted.type, accepted.proto, accepted.detach())
        self._patience_s = patience_s
        self._worker = worker
        self._signed_at = monotonic()
        self._waited_s = 0.0
        self._received = 0

    def recv(self, *size: int) -> bytes:
        began = monotonic()
        data = super().recv(*size)
        now = monotonic()
        self._waited_s += now - began
        self._received += len(data)
        if self._patience_s and self._waited_s > self._patience_s + self._received / _LOWEST_RATE:
            raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))
        if now - self._signed_at > _SIGN_EVERY_S:
            self._signed_at = now
            self._worker.notify()
        return data
