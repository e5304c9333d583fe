"""Values by name where a name may come more than once, as in a query or a form."""

from __future__ import annotations

from typing import Any, Callable, Iterable


class MultiDict(dict):
    """To a reader a dictionary of the first value of each name; `getlist` has all of them."""

    def __init__(self, pairs: Iterable[tuple[str, Any]] = ()) -> None:
        self._lists: dict[str, list[Any]] = {}
        for name, value in pairs:
            self._lists.setdefault(name, []).append(value)
        super().__init__((name, values[0]) for name, values in self._lists.items())

    def get(self, name: str, default: Any = None, type: Callable[[Any], Any] | None = None) -> Any:
        """`type` converts; a value that it refuses counts as one that is not there."""
        if name not in self:
            return default
        if type is None:
            return self[name]
        try:
            return type(self[name])
        except (ValueError, TypeError):
            return default

    def getlist(self, name: str) -> list[Any]:
        return list(self._lists.get(name, ()))

    def lists(self) -> list[tuple[str, list[Any]]]:
        return [(name, list(values)) for name, values in self._lists.items()]

    def to_dict(self, flat: bool = True) -> dict[str, Any]:
        return dict(self) if flat else dict(self.lists())
