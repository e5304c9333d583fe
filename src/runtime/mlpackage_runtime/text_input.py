"""For a plain `run(x)`: the whole input is one string, the body, or the query as JSON."""

from __future__ import annotations

import json
from typing import Any

from .body import read_body
from .query import query_values
from .refusal import Refusal
from .run_input import Environ, RunInput


def text_input(name: str, body_limit: int) -> RunInput:
    def read(environ: Environ) -> dict[str, Any]:
        is_query = environ["REQUEST_METHOD"] == "GET"
        return {name: json.dumps(query_values(environ)) if is_query else _body_as_text(environ, body_limit)}

    return RunInput(read, from_values=lambda _, values: {name: json.dumps(values)})


def _body_as_text(environ: Environ, body_limit: int) -> str:
    try:
        return read_body(environ, body_limit).decode("utf-8")
    except UnicodeDecodeError as error:
        raise Refusal(f"Input cannot be decoded as UTF-8: {error}") from None
