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

from .responses import ALIVE, STARTING, Response
from .version import VERSION

_CLIENT_TIMEOUT_S = 5


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


def _keep_door(listener: socket.socket, relief: int, presence: int) -> None:
    """The life of the process. `relief` also ends when the server dies, and the doorkeeper with it."""
    try:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        server = _make_server(listener)
        while relief not in select.select([listener, relief], [], [])[0]:
            server.handle_request()
        os.close(presence)
        server.server_close()
    except BaseException:
        traceback.print_exc()
    finally:
        # Never as a worker that could not boot, which would end the server.
        os._exit(0)


def _make_server(listener: socket.socket):
    """Imported here, where it delays no one: the workers never need it."""
    from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        server_version = f"mlpackage/{VERSION}"
        timeout = _CLIENT_TIMEOUT_S

        def answer(self) -> None:
            is_liveness = self.path.partition("?")[0] == "/livez" and self.command in ("GET", "HEAD")
            self.send(ALIVE if is_liveness else STARTING)
            self.drain()

        do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = answer

        def send(self, response: Response) -> None:
            self.send_response(*_split_status(response.status))
            for name, value in response.headers:
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(response.body)))
            self.send_header("Connection", "close")
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(response.body)

        def drain(self) -> None:
            """A connection closed with bytes left in it is reset, and its answer lost."""
            self.connection.shutdown(socket.SHUT_WR)
            while self.rfile.read1(1 << 16):
                pass

        def log_message(self, *_: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = False
        timeout = 0

        def handle_error(self, *_: object) -> None:
            pass

    server = Server(listener.getsockname(), Handler, bind_and_activate=False)
    server.socket.close()
    listener.setblocking(False)
    server.socket = listener
    return server


def _split_status(status: str) -> tuple[int, str]:
    code, _, reason = status.partition(" ")
    return int(code), reason
