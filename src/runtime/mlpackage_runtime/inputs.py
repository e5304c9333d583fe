"""Which way `run` is given its input: decided once, by how it is declared, when the script is loaded."""

from __future__ import annotations

import inspect
from typing import Any, Callable

from .raw_input import find_request_class, raw_input
from .request_headers import request_headers
from .run_input import Environ, RunInput
from .schema_input import is_schema_decorated, schema_input
from .start_failure import StartFailure
from .text_input import text_input

_NAMED = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
_HEADERS_PARAMETER = "request_headers"


def input_for(run: Callable[..., Any], body_limit: int) -> RunInput:
    parameters = _named_parameters(run)
    wants_headers = parameters.pop(_HEADERS_PARAMETER, None) is not None
    if not parameters:
        raise StartFailure(f"run{inspect.signature(run)} has no parameter for the input")
    chosen = _choose(run, list(parameters.values()), body_limit)
    return _with_headers(chosen) if wants_headers else chosen


def _choose(run: Callable[..., Any], parameters: list[inspect.Parameter], body_limit: int) -> RunInput:
    request_class = find_request_class()
    if is_schema_decorated(run):
        if request_class is not None:
            raise StartFailure("run() cannot be decorated with both @rawhttp and @input_schema")
        return schema_input(run, parameters, body_limit)
    data, *others = parameters
    for other in others:
        if other.default is inspect.Parameter.empty:
            raise StartFailure(
                f"run{inspect.signature(run)} has one parameter too many: nothing gives `{other.name}` a value"
            )
    if request_class is not None:
        return raw_input(data.name, request_class, body_limit)
    return text_input(data.name, body_limit)


def _with_headers(chosen: RunInput) -> RunInput:
    def read(environ: Environ) -> dict[str, Any]:
        return {**chosen.read(environ), _HEADERS_PARAMETER: request_headers(environ)}

    def from_values(environ: Environ, values: dict[str, Any]) -> dict[str, Any]:
        return {**plain(environ, values), _HEADERS_PARAMETER: request_headers(environ)}

    plain = chosen.from_values
    return chosen._replace(read=read, from_values=from_values if plain is not None else None)


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
