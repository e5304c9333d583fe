"""What a tensor is, as it is declared and as JSON has its values."""

from __future__ import annotations

from typing import Any, Dict, NamedTuple, Tuple

Shape = Tuple[int, ...]

INTEGERS = {f"{sign}INT{bits}": (sign, bits) for sign in ("", "U") for bits in (8, 16, 32, 64)}
LARGEST_FLOATS: Dict[str, float] = {"FP16": 65504.0, "FP32": 3.4028234663852886e38, "FP64": 1.7976931348623157e308}
DATATYPES = ("BOOL", *INTEGERS, *LARGEST_FLOATS, "BYTES")


class Tensor(NamedTuple):
    name: str
    datatype: str
    shape: Shape
    """-1 is any size."""

    def describe(self) -> dict[str, Any]:
        return {"name": self.name, "datatype": self.datatype, "shape": list(self.shape)}


def is_number(datatype: str) -> bool:
    return datatype in INTEGERS or datatype in LARGEST_FLOATS


def takes(declared: str, given: str) -> bool:
    """Numbers of another width are numbers all the same; only what is not whole is no integer."""
    if declared in LARGEST_FLOATS:
        return is_number(given)
    return given in INTEGERS if declared in INTEGERS else given == declared


def fits(declared: Shape, shape: Shape) -> bool:
    return len(declared) == len(shape) and all(wanted in (-1, size) for wanted, size in zip(declared, shape))


def find_misfit(values: list[Any], datatype: str) -> str | None:
    """Why the values cannot be of that type."""
    kinds = set(map(type, values))
    if datatype == "BOOL":
        return None if kinds <= {bool} else "a value is neither true nor false"
    if datatype == "BYTES":
        return None if kinds <= {str} else "a value is no string"
    if datatype in INTEGERS:
        sign, bits = INTEGERS[datatype]
        lowest, highest = (0, 2**bits - 1) if sign else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)
        if not kinds <= {int}:
            return "a value is no whole number"
        is_within = not values or (lowest <= min(values) and max(values) <= highest)
        return None if is_within else f"a value is not from {lowest} to {highest}"
    if not kinds <= {int, float}:
        return "a value is no number"
    largest = LARGEST_FLOATS[datatype]
    if all(-largest <= value <= largest for value in values):
        return None
    if any(value - value != 0 for value in values):
        return "a value is NaN or infinite, and JSON has no such number"
    return f"a value is not from {-largest:g} to {largest:g}"


def size_of(shape: Shape) -> int:
    size = 1
    for dimension in shape:
        size *= dimension
    return size


def nest(values: list[Any], shape: Shape) -> list[Any]:
    """Row-major values as lists in lists. No dimension but the first is 0."""
    for size in reversed(shape[1:]):
        values = [values[at : at + size] for at in range(0, len(values), size)]
    return values
