"""The protocol's routes, and what they answer."""

from __future__ import annotations

import json
from typing import Any, Callable

from ..body import read_body
from ..entry_script import EntryScript
from ..log import log_error
from ..refusal import Refusal
from ..responses import Response, document, empty, not_allowed, not_found, refused, scored
from ..run_input import Environ
from ..script_responses import is_response, to_response
from ..scoring import Scoring
from ..lazy_routes import Served
from ..version import VERSION
from .answer import NoTensor, name_outputs, to_output
from .declaration import INPUTS, Declaration, declared_by_samples
from .request import InferRequest, read_request

_PAGE_ALLOWS = "HEAD, OPTIONS, GET"
_INFER_ALLOWS = "POST, OPTIONS"
_NO_TENSORS = (
    f"the entry script declares no tensor inputs, so it answers `/score` alone: say {INPUTS} in it, "
    "or decorate run() with samples of inference_schema that are tensors"
)


class Protocol:
    def __init__(self, served: Served, script: EntryScript, scoring: Scoring) -> None:
        self._served = served
        self._input = script.input
        self._scoring = scoring
        self._declaration = script.tensors or declared_by_samples(script.run)
        self._pages: dict[str, Callable[[], Response]] = {
            "": lambda: _json({"name": "mlpackage", "version": VERSION, "extensions": []}),
            "health/live": lambda: _json({"live": True}),
            "health/ready": lambda: self._tell_ready({}),
            "models": lambda: _json({"models": [served.model_name]}),
        }

    def answer(self, environ: Environ, request_id: str) -> Response:
        first, *parts = environ["PATH_INFO"].split("/")[2:] or [""]
        page = self._pages.get("/".join((first, *parts)))
        if page is not None:
            return _page(environ, page)
        if first != "models":
            return _UNKNOWN
        action = parts.pop() if len(parts) > 1 and parts[-1] in ("ready", "infer") else ""
        refusal = self._refuse_model(parts)
        if refusal is not None:
            return refusal
        if action == "infer":
            return self._infer(environ, request_id)
        name = {"name": self._served.model_name}
        return _page(environ, (lambda: self._tell_ready(name)) if action == "ready" else self._tell_model)

    def _refuse_model(self, parts: list[str]) -> Response | None:
        """Where it is not ours: `NAME` or `NAME/versions/VERSION`."""
        name, version = self._served.model_name, self._served.model_version
        if len(parts) not in (1, 3) or parts[1:2] not in ([], ["versions"]):
            return _UNKNOWN
        if parts[0] != name:
            return _error(not_found(f"there is no model `{parts[0]}`: the service has `{name}`"))
        if parts[2:] not in ([], [version]):
            return _error(not_found(f"there is no version `{parts[2]}` of `{name}`: the service has `{version}`"))
        return None

    def _tell_ready(self, told: dict[str, Any]) -> Response:
        is_ready = self._served.is_ready()
        return _json({**told, "ready": is_ready}, "200 OK" if is_ready else "503 Service Unavailable")

    def _tell_model(self) -> Response:
        declaration = self._declaration or Declaration(())
        return _json(
            {
                "name": self._served.model_name,
                "versions": [self._served.model_version],
                "platform": "mlpackage_script",
                "inputs": [tensor.describe() for tensor in declaration.inputs],
                "outputs": [tensor.describe() for tensor in declaration.outputs or ()],
            }
        )

    def _infer(self, environ: Environ, request_id: str) -> Response:
        method = environ["REQUEST_METHOD"]
        if method != "POST":
            return empty(("Allow", _INFER_ALLOWS)) if method == "OPTIONS" else _error(not_allowed(_INFER_ALLOWS))
        declaration = self._declaration
        if declaration is None or self._input.from_values is None:
            return _error(not_found(_NO_TENSORS))
        try:
            if "HTTP_INFERENCE_HEADER_CONTENT_LENGTH" in environ:
                raise Refusal("binary tensors are not supported: send JSON alone", "501 Not Implemented")
            request = read_request(read_body(environ, self._served.body_limit), declaration)
            _check_wanted(request, declaration.outputs and [tensor.name for tensor in declaration.outputs])
            arguments = self._input.from_values(environ, declaration.compose(request.values))
        except Refusal as refusal:
            return _error(refused(refusal.status, str(refusal)))

        def render(value: Any, environ: Environ, request_id: str) -> Response:
            return self._render(value, request, environ, request_id)

        response = self._scoring.score(arguments, environ, request_id, render)
        return response if response.status.startswith("200") else _error(response)

    def _render(self, value: Any, request: InferRequest, environ: Environ, request_id: str) -> Response:
        if is_response(value):
            response = to_response(value, environ, request_id)
            return _ill(response, "run() answered with a response of its own, which has no tensors")
        declared = self._declaration and self._declaration.outputs
        try:
            values = name_outputs(value, declared)
            _check_wanted(request, list(values))
            wanted = list(values) if request.wanted is None else request.wanted
            outputs = [to_output(name, values[name], declared) for name in wanted]
        except NoTensor as reason:
            log_error(f"run() returned what is no tensor, request {request_id}: {reason}")
            return refused("500 Internal Server Error", f"run() returned what is no tensor: {reason}")
        except Refusal as refusal:
            return refused(refusal.status, str(refusal))
        told = {
            "model_name": self._served.model_name,
            "model_version": self._served.model_version,
            "id": request.id or request_id,
            "outputs": outputs,
        }
        return scored(json.dumps(told).encode())


def _check_wanted(request: InferRequest, names: list[str] | None) -> None:
    unknown = [name for name in request.wanted or () if names is not None and name not in names]
    if unknown:
        known = ", ".join(f"`{name}`" for name in names or ())
        raise Refusal(f"there is no output `{unknown[0]}`: the model gives {known}")


def _page(environ: Environ, page: Callable[[], Response]) -> Response:
    method = environ["REQUEST_METHOD"]
    if method in ("GET", "HEAD"):
        return page()
    return empty(("Allow", _PAGE_ALLOWS)) if method == "OPTIONS" else _error(not_allowed(_PAGE_ALLOWS))


def _json(told: dict[str, Any], status: str = "200 OK") -> Response:
    return document(json.dumps(told))._replace(status=status)


def _ill(response: Response, otherwise: str) -> Response:
    """A script's own answer, where it tells of an error."""
    if int(response.status[:3]) < 400 or not isinstance(response.body, bytes):
        return refused("500 Internal Server Error", otherwise)
    return Response(response.status, response.headers, response.body)


def _error(response: Response) -> Response:
    """As the protocol has it: `{"error": REASON}` in the place of `{"message": REASON}`."""
    text = response.body.decode("utf-8", "replace") if isinstance(response.body, bytes) else ""
    try:
        told = json.loads(text)
    except ValueError:
        told = text
    reason = told.get("message", text) if isinstance(told, dict) else told
    headers = tuple(field for field in response.headers if field[0].lower() != "content-type")
    body = json.dumps({"error": reason if isinstance(reason, str) else text}).encode()
    return response._replace(headers=(*headers, ("Content-Type", "application/json")), body=body)


_UNKNOWN = _error(not_found("there is nothing of the Open Inference Protocol at this address"))
