"""What the workers count, summed: for Prometheus, in its text format.

Each worker has a row of numbers of its own in memory that all processes of the server share. Only it writes
there, so nobody waits for anybody; whoever is asked adds the rows up. A worker that takes the place of another
goes on counting in its row.
"""

from __future__ import annotations

import mmap
from typing import Iterator

from .version import VERSION

_INFER = "/v2/models/{model}/infer"
ROUTES = ("/", "/docs", "/livez", "/metrics", "/readyz", "/score", "/swagger.json", "/v2", _INFER, "other")
_SCORED = (ROUTES.index("/score"), ROUTES.index(_INFER))
_STATUSES = range(100, 600)
_BUCKETS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
_BUCKETS_NS = tuple(int(bucket * 1e9) for bucket in _BUCKETS_S)
_NUMBER_SIZE = 8

# The places in a row: requests by route and status, then scoring times by bucket, their sum, and what is in flight.
_LATENCIES = len(ROUTES) * len(_STATUSES)
_LATENCY_SUM = _LATENCIES + len(_BUCKETS_NS) + 1
_IN_FLIGHT = _LATENCY_SUM + 1
_ROW = _IN_FLIGHT + 1


class Metrics:
    def __init__(self, worker_count: int) -> None:
        """One row more than workers, for those that somebody adds to them by a signal."""
        self._rows = worker_count + 1
        self._memory = mmap.mmap(-1, (1 + self._rows * _ROW) * _NUMBER_SIZE)
        self._numbers = memoryview(self._memory).cast("Q")
        self._free = list(range(self._rows))

    def take_row(self) -> int:
        """Before a worker is forked."""
        return self._free.pop(0) if len(self._free) > 1 else self._rows - 1

    def give_back(self, row: int) -> None:
        """Once the worker is gone, with whatever request it was at."""
        self._numbers[_start(row) + _IN_FLIGHT] = 0
        if row != self._rows - 1:
            self._free.insert(0, row)

    def count_restart(self) -> None:
        self._numbers[0] += 1

    def begin(self, row: int) -> None:
        self._numbers[_start(row) + _IN_FLIGHT] = 1

    def end(self, row: int, route: str, status: int | None, elapsed_ns: int) -> None:
        numbers, start = self._numbers, _start(row)
        numbers[start + _IN_FLIGHT] = 0
        place = _place_of(route)
        if status in _STATUSES:
            numbers[start + place * len(_STATUSES) + status - _STATUSES.start] += 1
        if place in _SCORED:
            bucket = next((at for at, most in enumerate(_BUCKETS_NS) if elapsed_ns <= most), len(_BUCKETS_NS))
            numbers[start + _LATENCIES + bucket] += 1
            numbers[start + _LATENCY_SUM] += elapsed_ns

    def render(self) -> str:
        return "\n".join([*self._describe(), ""])

    def _describe(self) -> Iterator[str]:
        yield from _family("mlpackage_requests_total", "counter", "Requests that were answered.")
        for place, route in enumerate(ROUTES):
            for status, count in self._statuses_of(place):
                yield f'mlpackage_requests_total{{route="{route}",status="{status}"}} {count}'

        yield from _family("mlpackage_scoring_duration_seconds", "histogram", "Time to answer a request to /score.")
        total = 0
        for at, most in enumerate((*_BUCKETS_S, "+Inf")):
            total += self._sum(_LATENCIES + at)
            yield f'mlpackage_scoring_duration_seconds_bucket{{le="{most}"}} {total}'
        yield f"mlpackage_scoring_duration_seconds_sum {self._sum(_LATENCY_SUM) / 1e9}"
        yield f"mlpackage_scoring_duration_seconds_count {total}"

        yield from _family("mlpackage_requests_in_flight", "gauge", "Requests that are being answered, this one too.")
        yield f"mlpackage_requests_in_flight {self._sum(_IN_FLIGHT)}"
        yield from _family("mlpackage_worker_restarts_total", "counter", "Workers that took the place of another.")
        yield f"mlpackage_worker_restarts_total {self._numbers[0]}"
        yield from _family("mlpackage_info", "gauge", "The server's version.")
        yield f'mlpackage_info{{version="{VERSION}"}} 1'

    def _statuses_of(self, place: int) -> Iterator[tuple[int, int]]:
        first = place * len(_STATUSES)
        rows = [self._numbers[_start(row) + first :][: len(_STATUSES)] for row in range(self._rows)]
        used = [row for row in rows if any(row)]
        for at, status in enumerate(_STATUSES):
            count = sum(row[at] for row in used)
            if count > 0:
                yield status, count

    def _sum(self, place: int) -> int:
        return sum(self._numbers[_start(row) + place] for row in range(self._rows))


def _place_of(path: str) -> int:
    if path.startswith("/v2/"):
        return ROUTES.index(_INFER if path.endswith("/infer") else "/v2")
    return ROUTES.index(path) if path in ROUTES else len(ROUTES) - 1


def _start(row: int) -> int:
    """The first number of all is that of the restarts."""
    return 1 + row * _ROW


def _family(name: str, kind: str, meaning: str) -> Iterator[str]:
    yield f"# HELP {name} {meaning}"
    yield f"# TYPE {name} {kind}"
