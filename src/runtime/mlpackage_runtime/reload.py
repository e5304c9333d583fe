"""New code for a server that goes on serving: what `mlpackage run --watch` asks for by SIGHUP.

Workers are started on the files as they are now. The old ones serve until all of the new are ready, and where one
of these does not get ready, they stay. gunicorn's own reload ends the old at once, and with a script that does not
load the whole server.
"""

from __future__ import annotations

import os
import signal
import sys
from time import monotonic
from typing import Any

from .readiness import Readiness

_NEVER = -1
_PATIENCE_S = 1


def report_ready() -> None:
    """From a worker to the main process, which would look by itself once a second."""
    os.kill(os.getppid(), signal.SIGWINCH)


class Reloading:
    """Goes before gunicorn's arbiter, whose signals are handled one by one, `manage_workers` after each."""

    # With which a worker would end the server.
    WORKER_BOOT_ERROR = APP_LOAD_ERROR = _NEVER

    def __init__(self, app: Any, readiness: Readiness) -> None:
        self._readiness = readiness
        self._reload = 0
        self._starting: set[int] = set()
        """Workers by their age that are not known to be ready."""
        self._has_failed = False
        """Then nothing is started until there is new code."""
        self._has_doorkeeper = True
        self._replaced_at: float | None = None
        super().__init__(app)

    def spawn_worker(self) -> Any:
        # It may have ended, and been reaped, before gunicorn's returns.
        self._starting.add(self.worker_age + 1)
        return super().spawn_worker()

    def handle_chld(self, *signal_and_frame: Any) -> None:
        """Older gunicorns reap, and log it, in the signal handler, whatever that interrupts. Here it happens at ease,
        but for the end, when nothing else is done."""
        if signal_and_frame and not self.is_stopping:
            self.wakeup()
        else:
            super().handle_chld(*signal_and_frame)

    def handle_hup(self) -> None:
        self._abandon_starting()
        self._has_failed = False
        self._replaced_at = None
        self._reload += 1
        self._tell("starting")
        for _ in range(self.num_workers):
            self.spawn_worker()

    def handle_winch(self) -> None:
        """A worker is ready; gunicorn has no use for the signal in the foreground."""

    def give_up_on(self, worker: Any) -> None:
        """It ended before it was ready, and has said why."""
        if worker.age in self._starting:
            self._has_failed = True

    def manage_workers(self) -> None:
        self.reap_workers()
        if self._has_failed:
            if self._starting:
                self._abandon_starting()
                self._tell("failed")
            self._keep_door()
        elif not self._starting:
            if len(self.WORKERS) < self.num_workers:
                super().manage_workers()
            self._tell_once_replaced()
        elif all(self._readiness.has(age) for age in self._starting):
            self._replace()
            self._tell_once_replaced()

    def _replace(self) -> None:
        for pid, worker in list(self.WORKERS.items()):
            if worker.age not in self._starting:
                self.kill_worker(pid, signal.SIGTERM)
        self._starting.clear()
        self._has_doorkeeper = False
        self._readiness.complete()
        self._replaced_at = monotonic()

    def _abandon_starting(self) -> None:
        for pid, worker in list(self.WORKERS.items()):
            if worker.age not in self._starting:
                continue
            is_ready = self._readiness.has(worker.age)
            if is_ready:
                self._has_doorkeeper = False
            self.kill_worker(pid, signal.SIGTERM if is_ready else signal.SIGKILL)
        self._starting.clear()

    def _keep_door(self) -> None:
        """A port that nobody listens behind would leave every client waiting."""
        if not self.WORKERS and not self._has_doorkeeper:
            self._has_doorkeeper = True
            self.app.keep_door(self.LISTENERS[0].fileno())

    def _tell_once_replaced(self) -> None:
        """Once no answer comes from the old code any more. One that takes long was asked for before."""
        if self._replaced_at is None:
            return
        if len(self.WORKERS) <= self.num_workers or monotonic() - self._replaced_at > _PATIENCE_S:
            self._replaced_at = None
            self._tell("serving")

    def _tell(self, state: str) -> None:
        """A line for whoever sent the signal, and follows the log; in one piece."""
        os.write(sys.stderr.fileno(), f"mlpackage-reload {self._reload} {state}\n".encode())
