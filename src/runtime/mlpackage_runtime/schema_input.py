"""For a `run` decorated with `inference_schema`: its parameters are the values of a JSON object.

The decorators convert each value by its sample; what they need to know of `run` is theirs to say.
"""

from __future__ import annotations

import inspect
import json
import sys
from types import ModuleType
from typing import Any, Callable

from .body import read_body
from .query import query_values
from .refusal import Refusal
from .run_input import Environ, RunInput
from .start_failure import StartFailure

_PACKAGE = "inference_schema"
_NOT_JSON = "Expects Content-Type to be application/json"


def find_schemas() -> ModuleType | None:
    """What tells of decorated functions, in a program that has imported it: it is the user's, not ours."""
    return sys.modules.get(f"{_PACKAGE}.schema_util")


def is_schema_decorated(run: Callable[..., Any]) -> bool:
    schemas = find_schemas()
    if schemas is None or not hasattr(run, "__closure__"):
        return False
    try:
        return schemas.is_schema_decorated(run)
    except Exception as error:
        raise StartFailure("inference_schema cannot tell how run() is decorated") from error


def schema_input(run: Callable[..., Any], parameters: list[inspect.Parameter], body_limit: int) -> RunInput:
    body_of_run = getattr(inspect.unwrap(run), "__code__", None)

    def read(environ: Environ) -> dict[str, Any]:
        is_query = environ["REQUEST_METHOD"] == "GET"
        return from_values(environ, query_values(environ) if is_query else _body_as_object(environ, body_limit))

    def from_values(_: Environ, values: dict[str, Any]) -> dict[str, Any]:
        return {parameter.name: _value_of(parameter, values) for parameter in parameters}

    def explain(error: BaseException) -> str | None:
        """Whatever goes wrong before the script's own `run` is entered, the input does not fit its sample."""
        modules, was_entered = set(), False
        frames = error.__traceback__
        while frames is not None:
            modules.add(str(frames.tb_frame.f_globals.get("__name__")).partition(".")[0])
            was_entered = was_entered or frames.tb_frame.f_code is body_of_run
            frames = frames.tb_next
        is_refused = isinstance(error, Exception) and _PACKAGE in modules and not was_entered
        return f"The input does not fit the schema of run(): {error}" if is_refused else None

    return RunInput(read, from_values=from_values, explain=explain)


def _value_of(parameter: inspect.Parameter, values: dict[str, Any]) -> Any:
    value = values.get(parameter.name, parameter.default)
    if value is inspect.Parameter.empty:
        raise Refusal(f"A value is not provided for the {parameter.name!r} parameter.")
    return value


def _body_as_object(environ: Environ, body_limit: int) -> dict[str, Any]:
    if not _is_json(environ.get("CONTENT_TYPE", "")):
        raise Refusal(_NOT_JSON, "415 Unsupported Media Type")
    body = read_body(environ, body_limit)
    if not body:
        raise Refusal("POST body is empty. Expecting a JSON dictionary.")
    try:
        values = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Refusal(f"POST body could not be decoded as JSON: {error}") from None
    if not isinstance(values, dict):
        raise Refusal("POST body should be a JSON dictionary.")
    return values


def _is_json(content_type: str) -> bool:
    kind = content_type.partition(";")[0].strip().lower()
    return kind == "application/json" or (kind.startswith("application/") and kind.endswith("+json"))
