"""An HTTP server for when no worker can answer: one thing to everybody, but for a few pages that need no worker."""

from __future__ import annotations

import socket
from typing import Mapping

from .responses import Response
from .version import VERSION

_CLIENT_TIMEOUT_S = 5


def make_standby_server(listener: socket.socket, answer: Response, pages: Mapping[str, Response]):
    """Takes in one at a time by `handle_request()`, and answers each in a thread: a slow client holds up nobody.

    Its own imports are here, where they delay no one: the workers never need them.
    """
    from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        server_version = f"mlpackage/{VERSION}"
        timeout = _CLIENT_TIMEOUT_S

        def respond(self) -> None:
            page = pages.get(self.path.partition("?")[0]) if self.command in ("GET", "HEAD") else None
            self.send(page or answer)
            self.drain()

        do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = respond

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
