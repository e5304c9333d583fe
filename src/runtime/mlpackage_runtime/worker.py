"""What answers requests: gunicorn's worker, one client at a time."""

from __future__ import annotations

import socket
from typing import Any

from gunicorn.workers.sync import SyncWorker

from .connection import Connection


class Worker(SyncWorker):
    patience_s: float
    """With a client; set before the worker is forked."""

    def handle(self, listener: Any, client: socket.socket, address: Any) -> None:
        super().handle(listener, Connection(client, self.patience_s, self), address)
