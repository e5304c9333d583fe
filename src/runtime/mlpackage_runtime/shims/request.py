"""`azureml.contrib.services.aml_request`: the request itself, for a `run` that wants more than its text."""

from __future__ import annotations

import io
import json
from http.cookies import CookieError, SimpleCookie
from typing import Any, Callable
from urllib.parse import parse_qsl, quote

from ..query import query_text
from ..request_headers import request_headers
from .form_data import FormData, parse_form
from .headers import Headers
from .multi_dict import MultiDict

_rawHttpRequested = False
"""By this name the server asks Azure ML's own module, and this one, whether the script has used `rawhttp`."""


def rawhttp(run: Callable[..., Any]) -> Callable[..., Any]:
    """Has `run` be given an `AMLRequest`."""
    global _rawHttpRequested
    _rawHttpRequested = True
    return run


class AMLRequest:
    """What scripts use of werkzeug's request, by the same names. The body is all there before `run` is called."""

    def __init__(self, environ: dict[str, Any]) -> None:
        self.environ = environ
        self.method: str = environ["REQUEST_METHOD"]
        self.scheme: str = environ["wsgi.url_scheme"]
        self.remote_addr: str = environ.get("REMOTE_ADDR", "")
        self.query_string: bytes = environ["QUERY_STRING"].encode("latin-1")
        self.path: str = environ["PATH_INFO"].encode("latin-1").decode("utf-8", "replace")
        self.headers = Headers(request_headers(environ).items())
        self.content_type: str = environ.get("CONTENT_TYPE", "")
        self.data: bytes = environ["wsgi.input"].read()
        self.content_length = len(self.data)
        self.args = MultiDict(parse_qsl(query_text(environ), keep_blank_values=True))
        self._parsed_form: FormData | None = None

    def __repr__(self) -> str:
        return f"<AMLRequest {self.url!r} [{self.method}]>"

    @property
    def full_path(self) -> str:
        return f"{self.path}?{self.query_string.decode('latin-1')}"

    @property
    def host(self) -> str:
        return self.headers.get("Host", self.environ.get("SERVER_NAME", ""))

    @property
    def host_url(self) -> str:
        return f"{self.scheme}://{self.host}/"

    url_root = host_url

    @property
    def base_url(self) -> str:
        return self.host_url + quote(self.path.lstrip("/"))

    @property
    def url(self) -> str:
        return self.base_url + (f"?{self.query_string.decode('latin-1')}" if self.query_string else "")

    @property
    def mimetype(self) -> str:
        return self.content_type.partition(";")[0].strip().lower()

    @property
    def is_json(self) -> bool:
        kind = self.mimetype
        return kind == "application/json" or (kind.startswith("application/") and kind.endswith("+json"))

    @property
    def stream(self) -> io.BytesIO:
        return io.BytesIO(self.data)

    @property
    def json(self) -> Any:
        return self.get_json()

    @property
    def form(self) -> MultiDict:
        return self._form_data().form

    @property
    def files(self) -> MultiDict:
        return self._form_data().files

    @property
    def values(self) -> MultiDict:
        """Of the query and of the form."""
        lists = [*self.args.lists(), *self.form.lists()]
        return MultiDict((name, value) for name, values in lists for value in values)

    @property
    def cookies(self) -> MultiDict:
        try:
            cookies = SimpleCookie(self.headers.get("Cookie", ""))
        except CookieError:
            return MultiDict()
        return MultiDict((name, cookie.value) for name, cookie in cookies.items())

    def get_data(self, cache: bool = True, as_text: bool = False, parse_form_data: bool = False) -> Any:
        """The body. It can be asked for again, whatever `cache` says."""
        return self.data.decode("utf-8", "replace") if as_text else self.data

    def get_json(self, force: bool = False, silent: bool = False, cache: bool = True) -> Any:
        """The body as JSON; `None` where it does not say that it is JSON, or is none and that is to be `silent`."""
        if not (force or self.is_json):
            return None
        try:
            return json.loads(self.data)
        except ValueError:
            if silent:
                return None
            raise

    def _form_data(self) -> FormData:
        if self._parsed_form is None:
            self._parsed_form = parse_form(self.content_type, self.data)
        return self._parsed_form
