"""Header fields: in their order, several of one name if need be, and found in any case."""

from __future__ import annotations

from typing import Any, Iterable, Iterator


class Headers:
    def __init__(self, fields: Iterable[tuple[str, str]] = ()) -> None:
        self._fields = list(fields)

    def __getitem__(self, name: str) -> str:
        for value in self.getlist(name):
            return value
        raise KeyError(name)

    def __setitem__(self, name: str, value: Any) -> None:
        self.remove(name)
        self.add(name, value)

    def __delitem__(self, name: str) -> None:
        self.remove(name)

    def __contains__(self, name: str) -> bool:
        return bool(self.getlist(name))

    def __iter__(self) -> Iterator[tuple[str, str]]:
        """As werkzeug's, whose place it takes: name and value, not the name alone."""
        return iter(list(self._fields))

    def __len__(self) -> int:
        return len(self._fields)

    def __repr__(self) -> str:
        return f"Headers({self._fields!r})"

    def __str__(self) -> str:
        return "".join(f"{name}: {value}\r\n" for name, value in self._fields) + "\r\n"

    def get(self, name: str, default: Any = None) -> Any:
        return self[name] if name in self else default

    def getlist(self, name: str) -> list[str]:
        return [value for field, value in self._fields if field.lower() == name.lower()]

    get_all = getlist

    def add(self, name: str, value: Any) -> None:
        self._fields.append((name, str(value)))

    add_header = add

    set = __setitem__

    def setdefault(self, name: str, value: Any) -> str:
        if name not in self:
            self.add(name, value)
        return self[name]

    def update(self, others: Any) -> None:
        for name, value in others.items() if hasattr(others, "items") else others:
            self[name] = value

    def remove(self, name: str) -> None:
        self._fields = [field for field in self._fields if field[0].lower() != name.lower()]

    def keys(self) -> list[str]:
        return [name for name, _ in self._fields]

    def values(self) -> list[str]:
        return [value for _, value in self._fields]

    def items(self) -> list[tuple[str, str]]:
        return list(self._fields)
