"""The bodies that HTML forms send."""

from __future__ import annotations

import io
import os
import shutil
from email.message import Message
from email.parser import HeaderParser
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

from .multi_dict import MultiDict


class UploadedFile(io.BytesIO):
    """A file of a form: read like any open file, so that PIL, pandas and `json.load` take it as it is."""

    def __init__(self, content: bytes, name: str, filename: str, content_type: str) -> None:
        super().__init__(content)
        self.name = name
        self.filename = filename
        self.content_type = content_type
        self.content_length = len(content)

    @property
    def stream(self) -> UploadedFile:
        return self

    @property
    def mimetype(self) -> str:
        return self.content_type.partition(";")[0].strip().lower()

    def save(self, destination: Any, buffer_size: int = 1 << 16) -> None:
        """To a path, or to a file that is open for writing."""
        if not isinstance(destination, (str, bytes, os.PathLike)):
            shutil.copyfileobj(self, destination, buffer_size)
            return
        with open(destination, "wb") as file:
            shutil.copyfileobj(self, file, buffer_size)

    def __repr__(self) -> str:
        return f"<UploadedFile {self.filename!r} ({self.content_type!r})>"


class FormData(NamedTuple):
    form: MultiDict
    files: MultiDict


def parse_form(content_type: str, body: bytes) -> FormData:
    """A body of another type, or one that is not as its type says, is a form with nothing in it."""
    header = Message()
    header["Content-Type"] = content_type
    kind = header.get_content_type()
    if kind == "application/x-www-form-urlencoded":
        return FormData(MultiDict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True)), MultiDict())
    boundary = header.get_boundary()
    if kind != "multipart/form-data" or boundary is None:
        return FormData(MultiDict(), MultiDict())

    fields, files = [], []
    for part in _parts(body, boundary.encode("latin-1", "replace")):
        head, separator, content = part.partition(b"\r\n\r\n")
        described = HeaderParser().parsestr(head.decode("utf-8", "replace"))
        name = described.get_param("name", header="content-disposition")
        if not separator or not isinstance(name, str):
            continue
        filename = described.get_filename()
        if filename is None:
            fields.append((name, content.decode("utf-8", "replace")))
        else:
            kind = described.get("Content-Type", "application/octet-stream")
            files.append((name, UploadedFile(content, name, filename, kind)))
    return FormData(MultiDict(fields), MultiDict(files))


def _parts(body: bytes, boundary: bytes) -> list[bytes]:
    """RFC 2046, 5.1.1: each part lies between two delimiters, and a line break belongs to the one after it."""
    delimiter = b"\r\n--" + boundary
    _preamble, *parts = (b"\r\n" + body).split(delimiter)
    closing = next((index for index, part in enumerate(parts) if part.startswith(b"--")), len(parts))
    return [part.lstrip(b" \t")[len(b"\r\n") :] for part in parts[:closing]]

