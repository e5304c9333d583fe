"""From an environment to a running server, or to one clear message and exit status 3."""

from __future__ import annotations

import faulthandler
import os
import sys

from .leaving import leaving_at_once_when_told
from .log import log_as_json, show_root_logger
from .log_context import put_request_on_records
from .settings import read_settings, wants_json_log
from .start_failure import START_FAILED, StartFailure


def main() -> int:
    _prepare_process()
    try:
        with leaving_at_once_when_told():
            if wants_json_log(os.environ):
                log_as_json()
            settings = read_settings(os.environ)
            os.chdir(settings.app_root)
            serve = _import_serve()
            serve(settings)
    except StartFailure as failure:
        failure.report()
    return START_FAILED


def _prepare_process() -> None:
    """What the script prints is seen line by line, and a crash in native code leaves a trace."""
    sys.stdout.reconfigure(line_buffering=True)
    sys.stderr.reconfigure(line_buffering=True)
    faulthandler.enable()
    put_request_on_records()
    show_root_logger()


def _import_serve():
    """gunicorn comes with the image's environment, not with us."""
    try:
        from .server import serve
    except ImportError as error:
        raise StartFailure(
            f"gunicorn cannot be imported by {sys.executable} (Python {sys.version.split()[0]}): {error}. "
            "Add `gunicorn>=20.1` to the Python packages of the environment"
        ) from None
    return serve
