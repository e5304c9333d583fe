"""The socket that all processes of the server accept from, and how much of their time it lets a client take.

A worker is at one client at a time, so one that is silent would be a service that is silent. Whoever connects
and says nothing is kept waiting by the system, and no worker hears of it: browsers do so, and probes of ports.
Whoever stops half-way is given up by the system calls themselves, at no cost to anybody else. The sockets of the
connections have all that from this one; whoever never quite stops is `connection.py`'s.
"""

from __future__ import annotations

import contextlib
import socket
import struct

from .start_failure import StartFailure

_SILENT_CLIENT_S = 3600


def listen(port: int, client_timeout_s: float) -> socket.socket:
    """`client_timeout_s` of 0 is never."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    _be_patient(listener, client_timeout_s)
    try:
        listener.bind(("0.0.0.0", port))
    except OSError as error:
        raise StartFailure(f"port {port} cannot be listened on: {error.strerror}") from None
    listener.listen()
    return listener


def _be_patient(listener: socket.socket, client_timeout_s: float) -> None:
    with contextlib.suppress(OSError):  # not every sandbox knows it
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_DEFER_ACCEPT, _SILENT_CLIENT_S)
    limit = struct.pack("@ll", int(client_timeout_s), int(client_timeout_s % 1 * 1_000_000))
    for option in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
        listener.setsockopt(socket.SOL_SOCKET, option, limit)
