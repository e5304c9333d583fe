"""gunicorn's own log."""

from __future__ import annotations

import logging
from typing import Any

from gunicorn.glogging import Logger

from .json_lines import JsonFormatter


class TextLogger(Logger):
    """A client that is given up is no fault of the server's, and worth no traceback."""

    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        self.error_log.addFilter(_word_slow_client)


class JsonLogger(TextLogger):
    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        for handler in self.error_log.handlers:
            handler.setFormatter(JsonFormatter())


def _word_slow_client(record: logging.LogRecord) -> bool:
    if record.exc_info and isinstance(record.exc_info[1], BlockingIOError):
        record.msg, record.args, record.exc_info = "a client was given up: it sent or took too little", (), None
    return True
