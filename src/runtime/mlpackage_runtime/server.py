"""gunicorn, embedded: one process that looks after the workers, each of which serves one request at a time."""

from __future__ import annotations

import os
import socket
import tempfile
from time import perf_counter_ns
from typing import Any

from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter
from gunicorn.errors import HaltServer

from .application import RETIRE, Application, Surroundings
from .cors import Cors
from .doorkeeper import Doorkeeper
from .entry_script import EntryScript, start_entry_script
from .fork_signals import hear_signals, holding_signals
from .gunicorn_log import JsonLogger, TextLogger
from .leaving import leave, leaving_at_once_when_told
from .listener import listen
from .log import log_answer, log_error
from .log_context import leave_request
from .metrics import Metrics
from .overflow import Overflow
from .readiness import Readiness
from .reload import Reloading, report_ready
from .lazy_routes import Served
from .settings import Settings
from .start_failure import START_FAILED, StartFailure
from .swagger import Swagger
from .worker import Worker

_SHARED_MEMORY = "/dev/shm"
_NEVER = -1


def serve(settings: Settings) -> None:
    """Returns only by `SystemExit`."""
    heartbeat_folder = _find_heartbeat_folder()
    Server(settings, listen(settings.port, settings.client_timeout_s), heartbeat_folder).run()


class Server(BaseApplication):
    def __init__(self, settings: Settings, listener: socket.socket, heartbeat_folder: str) -> None:
        self._settings = settings
        self._doorkeeper = Doorkeeper(listener)
        self._overflow = Overflow(listener, settings.queue_limit) if settings.queue_limit else None
        self._listener_fd = listener.detach()
        self._heartbeat_folder = heartbeat_folder
        self._readiness = Readiness(settings.worker_count)
        # While they are replaced, twice as many.
        self._metrics = Metrics(settings.worker_count * (2 if settings.reload else 1))
        super().__init__()

    def load_config(self) -> None:
        settings = self._settings
        options = {
            "bind": f"fd://{self._listener_fd}",
            "workers": settings.worker_count,
            "worker_class": f"{Worker.__module__}.{Worker.__qualname__}",
            "timeout": settings.worker_timeout_s,
            # A request may take as long when the server is told to stop as at any other time.
            "graceful_timeout": settings.worker_timeout_s or settings.scoring_timeout_ms // 1000 + 1,
            "preload_app": settings.preload and not settings.reload,
            "worker_tmp_dir": self._heartbeat_folder,
            # While code is reloaded, workers end for reasons that are told otherwise.
            "loglevel": "error" if settings.reload else "warning",
            "logger_class": JsonLogger if settings.log_json else TextLogger,
            "pre_fork": self._before_fork,
            "post_fork": lambda _arbiter, _worker: hear_signals(),
            "post_worker_init": self._on_worker_ready,
            "pre_request": self._before_request,
            "post_request": self._after_request,
            "child_exit": self._on_worker_gone,
        }
        if "control_socket_disable" in self.cfg.settings:  # gunicorn 25: a thread and a file for its own client
            options["control_socket_disable"] = True
        for name, value in options.items():
            self.cfg.set(name, value)

    def load(self) -> Application:
        """The script, started: in each worker, or once in the main process where it is preloaded."""
        settings = self._settings
        try:
            with leaving_at_once_when_told():
                script = start_entry_script(settings.entry_script, settings.app_root, settings.body_limit)
                surroundings = self._surround(script)
        except StartFailure as failure:
            failure.report()
            leave(START_FAILED)
        return Application(script, settings.scoring_timeout_ms, surroundings)

    def dismiss_overflow(self) -> None:
        if self._overflow is not None:
            self._overflow.dismiss()

    def keep_door(self, listener_fd: int) -> None:
        self._doorkeeper.forget()
        with socket.socket(fileno=os.dup(listener_fd)) as listener:
            self._doorkeeper = Doorkeeper(listener)

    def run(self) -> None:
        arbiter = _ReloadingArbiter(self, self._readiness) if self._settings.reload else _Arbiter(self)
        try:
            arbiter.run()
        except HaltServer as failure:
            # Older gunicorns reap in the signal handler: a second worker may fail while the first is dealt with.
            arbiter.halt(failure.reason, failure.exit_status)

    def _surround(self, script: EntryScript) -> Surroundings:
        return Surroundings(
            self._readiness.is_complete,
            self._metrics.render,
            Swagger(self._settings, script.run),
            Cors(self._settings.cors_origins),
            Served(
                self._settings.model_name,
                self._settings.model_version,
                self._settings.body_limit,
                self._readiness.is_complete,
            ),
        )

    def _before_fork(self, _arbiter: Arbiter, worker: Any) -> None:
        self._readiness.expect(worker.age)
        worker.metrics_row = self._metrics.take_row()
        worker.patience_s = self._settings.client_timeout_s
        if worker.age > self._settings.worker_count:
            self._metrics.count_restart()

    def _on_worker_ready(self, worker: Any) -> None:
        self._doorkeeper.relieve()
        self._readiness.mark(worker.age)
        if self._settings.reload:
            report_ready()

    def _on_worker_gone(self, arbiter: _Arbiter, worker: Any) -> None:
        self._metrics.give_back(worker.metrics_row)
        if not arbiter.is_stopping and not self._readiness.has(worker.age):
            arbiter.give_up_on(worker)

    def _before_request(self, worker: Any, _request: Any) -> None:
        worker.request_began_ns = perf_counter_ns()
        self._metrics.begin(worker.metrics_row)

    def _after_request(self, worker: Any, request: Any, environ: dict[str, Any], response: Any) -> None:
        """All of the answer is sent, or as much of it as there will be."""
        elapsed_ns = perf_counter_ns() - worker.request_began_ns
        status = getattr(response, "status_code", None)
        self._metrics.end(worker.metrics_row, request.path, status, elapsed_ns)
        if self._settings.log_json:
            _log_answer(request, status, elapsed_ns)
        leave_request()
        if RETIRE in environ:
            worker.alive = False


class _Arbiter(Arbiter):
    """Once it is stopping, for whatever reason, the reason stands: workers that fail meanwhile are only reaped."""

    is_stopping = False

    def spawn_worker(self) -> Any:
        """Older gunicorns reap, and may halt, in a signal handler: never between a fork and the note of it."""
        with holding_signals():
            return super().spawn_worker()

    def give_up_on(self, _worker: Any) -> None:
        """A worker that never came up is not started again and again, whatever ended it: a crash in native
        code, want of memory, the worker timeout. The other workers finish what they are at, and the server
        ends; when to try once more is for whoever runs the container to say."""
        reason = "a worker ended before init() returned"
        log_error(reason)
        raise HaltServer(reason, START_FAILED)

    def reap_workers(self) -> None:
        try:
            super().reap_workers()
        except HaltServer:
            self._stand_down()
            raise

    def stop(self, graceful: bool = True) -> None:
        self._stand_down()
        self.app.dismiss_overflow()
        super().stop(graceful)

    def _stand_down(self) -> None:
        """Reaps whatever has ended by now. gunicorn goes no further than the worker that made it halt, and of
        several that end at once only one signal tells: the others would be waited for."""
        self.is_stopping = True
        self.WORKER_BOOT_ERROR = _NEVER
        super().reap_workers()


class _ReloadingArbiter(Reloading, _Arbiter):
    pass


def _find_heartbeat_folder() -> str:
    """Where each worker touches a file to show that it lives: in memory, as a busy or read-only disk stops it."""
    if os.access(_SHARED_MEMORY, os.W_OK):
        return _SHARED_MEMORY
    try:
        return tempfile.gettempdir()
    except FileNotFoundError:
        raise StartFailure(f"neither {_SHARED_MEMORY} nor a folder for temporary files can be written to") from None


def _log_answer(request: Any, status: int | None, elapsed_ns: int) -> None:
    """A line for each request, where lines are read by a program; a person is told of the failures alone."""
    log_answer(
        f"{request.method} {request.path} {status}",
        method=request.method,
        path=request.path,
        status=status,
        duration_ms=round(elapsed_ns / 1e6, 3),
    )
