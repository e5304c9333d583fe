"""A log of which each line is a JSON object."""

from __future__ import annotations

import json
import logging
from datetime import datetime, timezone
from time import time
from typing import Any

from .log_context import current_request


def json_line(level: str, message: str, **fields: Any) -> str:
    """With what is known of the request; what is not known is left out."""
    told = {
        "time": datetime.fromtimestamp(time(), timezone.utc).isoformat(timespec="milliseconds"),
        "level": level,
        "message": message,
        **current_request()._asdict(),
        **fields,
    }
    return json.dumps({name: value for name, value in told.items() if value not in ("", None)}, default=str)


class JsonFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        exception = self.formatException(record.exc_info) if record.exc_info else None
        return json_line(record.levelname, record.getMessage(), logger=record.name, exception=exception)
