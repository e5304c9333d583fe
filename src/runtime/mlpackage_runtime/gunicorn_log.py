"""gunicorn's own log, as JSON."""

from __future__ import annotations

from typing import Any

from gunicorn.glogging import Logger

from .json_lines import JsonFormatter


class JsonLogger(Logger):
    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        for handler in self.error_log.handlers:
            handler.setFormatter(JsonFormatter())
