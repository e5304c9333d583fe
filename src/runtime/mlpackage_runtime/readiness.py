"""Which workers' `init()` has returned, as every process of the server sees it."""

from __future__ import annotations

import mmap

_REPLACEMENTS = 4096


class Readiness:
    """One byte for each worker, in memory that all processes forked later share.

    gunicorn numbers its workers from 1 as it starts them. The first ones have a byte each, for good:
    once all of them have been ready the service is, and stays so while a worker is being replaced.
    Replacements take turns in the bytes behind.
    """

    def __init__(self, worker_count: int) -> None:
        self._worker_count = worker_count
        self._ready = mmap.mmap(-1, worker_count + _REPLACEMENTS)

    def expect(self, worker_age: int) -> None:
        """Before the worker is forked."""
        self._ready[self._place(worker_age)] = 0

    def mark(self, worker_age: int) -> None:
        self._ready[self._place(worker_age)] = 1

    def has(self, worker_age: int) -> bool:
        return self._ready[self._place(worker_age)] == 1

    def complete(self) -> None:
        """Where others are ready in the place of the first ones."""
        self._ready[: self._worker_count] = b"\1" * self._worker_count

    def is_complete(self) -> bool:
        return 0 not in self._ready[: self._worker_count]

    def _place(self, worker_age: int) -> int:
        if worker_age <= self._worker_count:
            return worker_age - 1
        return self._worker_count + worker_age % _REPLACEMENTS
