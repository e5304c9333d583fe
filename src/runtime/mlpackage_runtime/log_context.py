"""The request that a worker is at, on every log record that is made meanwhile: the script's too."""

from __future__ import annotations

import logging
import re
from typing import Any, NamedTuple

_TRACEPARENT = re.compile(r"(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-[0-9a-f]{2}(-.*)?")


class RequestContext(NamedTuple):
    request_id: str = ""
    traceparent: str = ""
    trace_id: str = ""
    parent_id: str = ""


NO_REQUEST = RequestContext()

_current = NO_REQUEST


def enter_request(request_id: str, traceparent: str) -> None:
    """`traceparent` as W3C's Trace Context has it; one that is no such thing is left out, as it asks."""
    global _current
    found = _TRACEPARENT.fullmatch(traceparent) if traceparent else None
    if found is None or (traceparent.startswith("00-") and found.group(3)):
        _current = RequestContext(request_id)
    else:
        _current = RequestContext(request_id, traceparent, found.group(1), found.group(2))


def leave_request() -> None:
    global _current
    _current = NO_REQUEST


def current_request() -> RequestContext:
    return _current


def put_request_on_records() -> None:
    """As `request_id`, `traceparent`, `trace_id` and `parent_id`, for any `logging.Formatter` to use.

    Not by the record's factory: a logger refuses what a script says of itself under a name that the record has
    by then.
    """
    make_record = logging.Logger.makeRecord

    def make_record_of_request(*args: Any, **kwargs: Any) -> logging.LogRecord:
        record = make_record(*args, **kwargs)
        for name, value in _current._asdict().items():
            record.__dict__.setdefault(name, value)
        return record

    logging.Logger.makeRecord = make_record_of_request  # type: ignore[method-assign]
