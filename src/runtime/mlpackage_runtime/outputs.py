"""From what `run` returned to the body of the answer."""

from __future__ import annotations

import json
import sys
from typing import Any


def encode_output(value: Any) -> bytes:
    """JSON; nothing at all is an empty object. What JSON has no form for raises, as `json.dumps` does."""
    if value is None:
        return b"{}"
    try:
        return _encode(value).encode()
    except TypeError:
        pass  # perhaps only for a dictionary's keys, which never come to `default`
    return _encode(_with_plain_keys(value)).encode()


def _without_numpy(value: Any) -> Any:
    """The plain form of a numpy scalar or array, in a program that has imported numpy: it is the user's, not ours."""
    numpy = sys.modules.get("numpy")
    if numpy is not None:
        if isinstance(value, numpy.ndarray):
            return value.tolist()
        if isinstance(value, numpy.floating):  # a long double's own `item` is a long double again
            return float(value)
        if isinstance(value, numpy.generic):
            return value.item()
    raise TypeError(f"Object of type {type(value).__name__} is not JSON serializable")


def _with_plain_keys(value: Any) -> Any:
    if isinstance(value, dict):
        return {_plain_key(key): _with_plain_keys(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_with_plain_keys(item) for item in value]
    return value


def _plain_key(key: Any) -> Any:
    return key if key is None or isinstance(key, (str, int, float)) else _without_numpy(key)


_encode = json.JSONEncoder(default=_without_numpy).encode
