"""The identifiers by which a client finds its request again."""

from __future__ import annotations

import re
import uuid
from typing import Any, Mapping, NamedTuple

from .refusal import Refusal

LONGEST_ID = 100

_ECHOED = ("HTTP_TRACEID", "HTTP_X_REQUEST_ID", "HTTP_X_MS_REQUEST_ID", "HTTP_X_MS_CLIENT_REQUEST_ID")
_UNSENDABLE = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")


class Trace(NamedTuple):
    request_id: str
    headers: list[tuple[str, str]]
    refusal: Refusal | None
    """Why the request cannot be answered, where one of its identifiers cannot be echoed."""


def trace_request(environ: Mapping[str, Any]) -> Trace:
    """`x-ms-request-id` has been both the request's and the client's identifier, so each stands in for the other."""
    echoed = [environ[name] for name in _ECHOED if name in environ]
    if not echoed:
        request_id = str(uuid.uuid4())
        return Trace(request_id, [("x-request-id", request_id), ("x-ms-request-id", request_id)], None)
    if any(_UNSENDABLE.search(value) for value in echoed):
        return Trace("", [], Refusal("TraceId and the ids of a request must not hold control characters"))
    headers = []
    if "HTTP_TRACEID" in environ:
        headers.append(("TraceId", environ["HTTP_TRACEID"]))

    request_id = environ.get("HTTP_X_REQUEST_ID") or str(uuid.uuid4())
    if len(request_id) > LONGEST_ID:
        return Trace("", headers, _too_long(f"x-request-id must not exceed {LONGEST_ID} characters"))
    headers.append(("x-request-id", request_id))

    legacy_id = environ.get("HTTP_X_MS_REQUEST_ID", "")
    client_id = environ.get("HTTP_X_MS_CLIENT_REQUEST_ID", "") or legacy_id
    if len(legacy_id) > LONGEST_ID or len(client_id) > LONGEST_ID:
        refusal = f"x-ms-request-id and x-ms-client-request-id must not exceed {LONGEST_ID} characters"
        return Trace(request_id, headers, _too_long(refusal))
    headers.append(("x-ms-request-id", legacy_id or client_id or request_id))
    if client_id:
        headers.append(("x-ms-client-request-id", client_id))
    return Trace(request_id, headers, None)


def _too_long(message: str) -> Refusal:
    return Refusal(message, "431 Request Header Fields Too Large")
