"""From a request to the arguments of `run`.

Which way is taken depends on how `run` is declared and is decided once, when the script is loaded:
`read_arguments_for` is where another kind of declaration finds its own reader.
"""

from __future__ import annotations

import inspect
import json
from typing import Any, Callable, Dict, Mapping
from urllib.parse import parse_qsl

from .start_failure import StartFailure

Environ = Mapping[str, Any]
ReadArguments = Callable[[Environ], Dict[str, Any]]

_NAMED = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
_HEADERS_PARAMETER = "request_headers"


class BadRequest(Exception):
    """The request cannot be turned into arguments; its text is for the client."""


def read_arguments_for(run: Callable[..., Any]) -> ReadArguments:
    """How `run` is given its input."""
    parameters = _named_parameters(run)
    wants_headers = parameters.pop(_HEADERS_PARAMETER, None) is not None
    if not parameters:
        raise StartFailure(f"run{inspect.signature(run)} has no parameter for the input")
    data, *others = parameters.values()
    for other in others:
        if other.default is inspect.Parameter.empty:
            raise StartFailure(
                f"run{inspect.signature(run)} has one parameter too many: nothing gives `{other.name}` a value"
            )
    return _text_reader(data.name, wants_headers)


def _named_parameters(run: Callable[..., Any]) -> dict[str, inspect.Parameter]:
    try:
        signature = inspect.signature(run)
    except (TypeError, ValueError) as error:
        raise StartFailure(f"the parameters of run() cannot be found out: {error}") from None
    for parameter in signature.parameters.values():
        if parameter.kind not in _NAMED:
            raise StartFailure(
                f"run{signature} cannot be called by name: "
                "positional-only parameters, *args and **kwargs are not supported"
            )
    return dict(signature.parameters)


def _text_reader(name: str, wants_headers: bool) -> ReadArguments:
    """The whole input is one string: the body, or the query as JSON."""

    def read(environ: Environ) -> dict[str, Any]:
        text = _query_as_json(environ) if environ["REQUEST_METHOD"] == "GET" else _body_as_text(environ)
        return {name: text}

    def read_with_headers(environ: Environ) -> dict[str, Any]:
        return {**read(environ), _HEADERS_PARAMETER: _request_headers(environ)}

    return read_with_headers if wants_headers else read


def _body_as_text(environ: Environ) -> str:
    try:
        return _read_body(environ).decode("utf-8")
    except UnicodeDecodeError as error:
        raise BadRequest(f"Input cannot be decoded as UTF-8: {error}") from None


def _read_body(environ: Environ) -> bytes:
    """The whole body, never a part of it: a client that went away half-way must not be scored."""
    try:
        body = environ["wsgi.input"].read()
    except OSError as error:
        raise BadRequest(f"The body cannot be read: {error}") from None
    if len(body) < int(environ.get("CONTENT_LENGTH") or 0):
        raise BadRequest("The body is shorter than its Content-Length.")
    return body


def _query_as_json(environ: Environ) -> str:
    """A JSON object of the query's parameters; one that is given several times becomes a list."""
    query = environ["QUERY_STRING"].encode("latin-1").decode("utf-8", "replace")
    values: dict[str, list[Any]] = {}
    for name, text in parse_qsl(query, keep_blank_values=True):
        values.setdefault(name, []).append(_as_json_or_text(text))
    return json.dumps({name: found[0] if len(found) == 1 else found for name, found in values.items()})


def _as_json_or_text(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _request_headers(environ: Environ) -> dict[str, str]:
    headers = {
        key[len("HTTP_") :].replace("_", "-").title(): value
        for key, value in environ.items()
        if key.startswith("HTTP_")
    }
    for key, name in (("CONTENT_TYPE", "Content-Type"), ("CONTENT_LENGTH", "Content-Length")):
        if environ.get(key):
            headers[name] = environ[key]
    return headers
