"""Why a request never comes to `run`."""

from __future__ import annotations


class Refusal(Exception):
    """The request cannot be turned into arguments; its text is for the client."""

    def __init__(self, message: str, status: str = "400 Bad Request") -> None:
        super().__init__(message)
        self.status = status
