"""How `run` is given its input, as its declaration asks for it."""

from __future__ import annotations

from typing import Any, Callable, Dict, FrozenSet, MutableMapping, NamedTuple, Optional

Environ = MutableMapping[str, Any]

SCORED_METHODS = frozenset({"GET", "POST"})


class RunInput(NamedTuple):
    read: Callable[[Environ], Dict[str, Any]]
    """From a request to the arguments of `run`; raises a `Refusal`."""
    methods: FrozenSet[str] = SCORED_METHODS
    """Those of `/score` that are for `run` to answer."""
    from_values: Optional[Callable[[Environ, Dict[str, Any]], Dict[str, Any]]] = None
    """The same from an object that is read already; None where `run` is given the request itself."""
    explain: Callable[[BaseException], Optional[str]] = lambda _: None
    """What was wrong with the input, where that is why `run` raised."""
