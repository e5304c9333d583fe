"""Keeps the queue in front of the workers short: who would have to wait behind too many is told to come again.

The queue is the kernel's, of connections that no worker has accepted yet. It tells how long it is, but not when
it grows, so a process of its own looks now and then and takes in what is too much: those that have waited
longest, as they are the likeliest to have given up, and all others then wait less.
"""

from __future__ import annotations

import os
import select
import signal
import socket
import struct
import traceback

from .responses import ALIVE, BUSY, HEALTHY, LIVE
from .standby import make_standby_server

_INTERVAL_S = 0.02

# Of Linux' `struct tcp_info`: eight bytes and four numbers come before `tcpi_unacked`, the queue of a listener.
_QUEUE = struct.Struct("24xI")


class Overflow:
    """Started in the main process, before any worker is; ends with it, or when it is told to."""

    def __init__(self, listener: socket.socket, limit: int) -> None:
        end, self._end = os.pipe()
        if os.fork() == 0:
            os.close(self._end)
            _turn_away(listener, limit, end)
        os.close(end)

    def dismiss(self) -> None:
        """Once nobody is let in any more: the port must not stay open for this process alone."""
        try:
            os.write(self._end, b".")
        except OSError:
            pass


def _turn_away(listener: socket.socket, limit: int, end: int) -> None:
    try:
        for number in (signal.SIGINT, signal.SIGTERM):  # meant for the server, which says when
            signal.signal(number, signal.SIG_IGN)
        server = make_standby_server(listener, BUSY, {"/": HEALTHY, "/livez": ALIVE, "/v2/health/live": LIVE})
        while not select.select([end], [], [], _INTERVAL_S)[0]:
            for _ in range(_queue_length(listener) - limit):
                server.handle_request()
        listener.close()
        server.server_close()
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(0)


def _queue_length(listener: socket.socket) -> int:
    return _QUEUE.unpack(listener.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _QUEUE.size))[0]
