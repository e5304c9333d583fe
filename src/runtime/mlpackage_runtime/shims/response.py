"""`azureml.contrib.services.aml_response`: an answer with a status and headers of the script's own."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, Callable, Iterable, Iterator, Mapping

from ..outputs import encode_output
from .headers import Headers

_JSON = "application/json"
_HTML = "text/html; charset=utf-8"


class AMLResponse:
    """A WSGI application, as the answers of Flask are: the server has one way for them all."""

    def __init__(
        self,
        message: Any,
        status_code: int,
        response_headers: Mapping[str, str] = {},
        json_str: bool = False,
        run_function_failed: bool = False,
    ) -> None:
        is_json = json_str or message is None
        self.response = encode_output(message) if is_json else _as_body(message)
        self.status_code = status_code
        self.headers = Headers([("Content-Type", _JSON if is_json else _HTML)])
        for name, value in response_headers.items():
            if name.lower() == "content-type":
                self.headers[name] = value
            else:
                self.headers.add(name, value)
        self.headers["x-ms-run-function-failed"] = bool(run_function_failed)

    def __call__(self, environ: Mapping[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        start_response(self.status, self.headers.items())
        return self.response if self.is_streamed else (self.response,)

    @property
    def is_streamed(self) -> bool:
        return not isinstance(self.response, bytes)

    @property
    def status(self) -> str:
        try:
            return f"{int(self.status_code)} {HTTPStatus(self.status_code).phrase}"
        except ValueError:
            return f"{int(self.status_code)} UNKNOWN"

    @property
    def content_type(self) -> str:
        return self.headers.get("Content-Type", "")

    @content_type.setter
    def content_type(self, value: str) -> None:
        self.headers["Content-Type"] = value

    @property
    def data(self) -> bytes:
        return self.get_data()

    @data.setter
    def data(self, value: Any) -> None:
        self.set_data(value)

    def get_data(self, as_text: bool = False) -> Any:
        """Reads a stream to its end, and keeps it."""
        if self.is_streamed:
            self.response = b"".join(self.response)
        return self.response.decode("utf-8") if as_text else self.response

    def set_data(self, value: Any) -> None:
        self.response = _as_body(value)


def _as_body(message: Any) -> Any:
    """Bytes, or an iterator over them: whatever is neither text nor bytes is sent piece by piece."""
    if isinstance(message, str):
        return message.encode()
    if isinstance(message, (bytes, bytearray, memoryview)):
        return bytes(message)
    return _Pieces(message)


class _Pieces:
    def __init__(self, pieces: Iterable[Any]) -> None:
        self._pieces = pieces
        self._rest = iter(pieces)

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        piece = next(self._rest)
        return piece.encode() if isinstance(piece, str) else memoryview(piece).tobytes()

    def close(self) -> None:
        """Has a generator that is not read to its end run its `finally`."""
        close = getattr(self._pieces, "close", None)
        if close is not None:
            close()
