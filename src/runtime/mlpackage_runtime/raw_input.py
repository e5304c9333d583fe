"""For a `run` decorated with `rawhttp`: the input is the request itself."""

from __future__ import annotations

import sys
from typing import Any, Callable

from .body import hold_body
from .run_input import SCORED_METHODS, Environ, RunInput

_MODULES = (
    "azureml.contrib.services.aml_request",
    "azureml_inference_server_http.api.aml_request",
    f"{__package__}.shims.request",
)
"""Each says whether its `rawhttp` was used by a variable of the same name; the first two may be Azure ML's own."""


def find_request_class() -> Callable[[Environ], Any] | None:
    """What the request is to be, if `rawhttp` was used: Flask's, which Azure ML's own module has imported, or ours."""
    for name in _MODULES:
        module = sys.modules.get(name)
        if getattr(module, "_rawHttpRequested", False):
            return getattr(module, "Request", None) or module.AMLRequest
    return None


def raw_input(name: str, request_class: Callable[[Environ], Any], body_limit: int) -> RunInput:
    def read(environ: Environ) -> dict[str, Any]:
        hold_body(environ, body_limit)
        return {name: request_class(environ)}

    return RunInput(read, SCORED_METHODS | {"OPTIONS", "HEAD"})
