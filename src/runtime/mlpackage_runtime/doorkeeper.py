"""Answers the port until the first worker can.

A process of its own rather than a port that stays shut: loading a model takes minutes at times, and
whoever looks after the container must be able to tell "starting" from "dead" meanwhile. A process
rather than a thread: it shares neither the interpreter lock with a script that is busy loading, nor
its forks and signals.

All processes accept from the one listening socket, so nothing is lost when the doorkeeper leaves:
who was not let in yet is next for the worker.
"""

from __future__ import annotations

import os
import select
import signal
import socket
import traceback

from .responses import ALIVE, LIVE, STARTING
from .standby import make_standby_server


class Doorkeeper:
    """Started in the main process, before any worker is; relieved by the first worker that is ready."""

    def __init__(self, listener: socket.socket) -> None:
        relief, self._relief = os.pipe()
        self._absence, presence = os.pipe()
        if os.fork() == 0:
            os.close(self._relief)
            os.close(self._absence)
            _keep_door(listener, relief, presence)
        os.close(relief)
        os.close(presence)

    def relieve(self) -> None:
        """Returns when the doorkeeper takes in no one any more; at once if it has been relieved before."""
        try:
            os.write(self._relief, b".")
        except BrokenPipeError:
            return
        os.read(self._absence, 1)

    def forget(self) -> None:
        """Once it has left, in the main process: another takes its place."""
        os.close(self._relief)
        os.close(self._absence)


def _keep_door(listener: socket.socket, relief: int, presence: int) -> None:
    """The life of the process. `relief` also ends when the server dies, and the doorkeeper with it."""
    try:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        server = make_standby_server(listener, STARTING, {"/livez": ALIVE, "/v2/health/live": LIVE})
        while relief not in select.select([listener, relief], [], [])[0]:
            server.handle_request()
        os.close(presence)
        server.server_close()
    except BaseException:
        traceback.print_exc()
    finally:
        # Never as a worker that could not boot, which would end the server.
        os._exit(0)
