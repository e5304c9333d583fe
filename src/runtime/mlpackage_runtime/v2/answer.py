"""From what `run` returned to tensors."""

from __future__ import annotations

import json
import sys
from typing import Any, NamedTuple

from ..outputs import encode_output
from .declaration import Tensors
from .tensors import LARGEST_FLOATS, Shape, Tensor, find_misfit, fits, takes

ONLY_OUTPUT = "output-0"
"""What the one output of a script is called that says nothing of it: KServe's and MLServer's name for it."""


class NoTensor(Exception):
    """Why something that `run` returned cannot be sent."""


class _Made(NamedTuple):
    datatype: str
    shape: Shape
    data: list[Any]
    """In row-major order."""


def name_outputs(returned: Any, declared: Tensors | None) -> dict[str, Any]:
    """The outputs as `run` returned them: of those that nobody asks for, nothing needs to be a tensor."""
    if declared is None:
        named = returned if isinstance(returned, dict) else {} if returned is None else {ONLY_OUTPUT: returned}
        return {str(name): value for name, value in named.items()}
    values = _by_name(returned, declared)
    return {tensor.name: values[tensor.name] for tensor in declared}


def to_output(name: str, value: Any, declared: Tensors | None) -> dict[str, Any]:
    made = _make(name, value)
    if declared is not None:
        made = _as_declared(made, next(tensor for tensor in declared if tensor.name == name))
    misfit = find_misfit(made.data, made.datatype)
    if misfit is not None:
        raise NoTensor(f"the output `{name}`: {misfit}")
    is_float = declared is not None and made.datatype in LARGEST_FLOATS
    data = [float(number) for number in made.data] if is_float else made.data
    return {"name": name, "shape": list(made.shape), "datatype": made.datatype, "data": data}


def _by_name(returned: Any, declared: Tensors) -> dict[str, Any]:
    names = [tensor.name for tensor in declared]
    if isinstance(returned, dict):
        missing = [name for name in names if name not in returned]
        if missing:
            raise NoTensor(f"it lacks the output `{missing[0]}`")
        return returned
    if len(names) == 1:
        return {names[0]: returned}
    if isinstance(returned, (list, tuple)) and len(returned) == len(names):
        return dict(zip(names, returned))
    raise NoTensor(f"it is not the {len(names)} outputs that are declared")


def _as_declared(made: _Made, declared: Tensor) -> _Made:
    is_empty = len(made.data) == 0
    if not takes(declared.datatype, made.datatype) and not is_empty:
        raise NoTensor(f"the output `{declared.name}` is of {made.datatype}, and declared {declared.datatype}")
    if not fits(declared.shape, made.shape) and not is_empty:
        raise NoTensor(f"the output `{declared.name}` has the shape {made.shape}, and declared {declared.shape}")
    return made._replace(datatype=declared.datatype)


def _make(name: Any, value: Any) -> _Made:
    array = _from_numpy(value)
    if array is not None:
        return array
    flat, shape = _flatten(name, value)
    if not set(map(type, flat)) <= {bool, int, float, str}:
        # Numbers and arrays of numpy in a list become what they are in an answer of `/score`.
        flat, shape = _flatten(name, json.loads(encode_output(value)))
    kinds = set(map(type, flat))
    if kinds <= {bool} and kinds:
        return _Made("BOOL", shape, flat)
    if kinds == {int}:
        return _Made("INT64" if max(flat) < 2**63 else "UINT64", shape, flat)
    if kinds <= {int, float}:
        return _Made("FP64", shape, flat)
    if kinds == {str}:
        return _Made("BYTES", shape, flat)
    raise NoTensor(f"the output `{name}` has values of several kinds, or of none that a tensor can have")


def _flatten(name: Any, value: Any) -> tuple[list[Any], Shape]:
    if not isinstance(value, (list, tuple)):
        return [value], (1,)
    sizes, flat = [len(value)], list(value)
    while flat and all(isinstance(item, (list, tuple)) for item in flat):
        sizes.append(len(flat[0]))
        if any(len(item) != sizes[-1] for item in flat):
            raise NoTensor(f"the output `{name}` has rows of different lengths")
        flat = [leaf for item in flat for leaf in item]
    return flat, tuple(sizes)


_NUMPY_KINDS = {"b": "BOOL", "i": "INT", "u": "UINT", "f": "FP", "U": "BYTES"}


def _from_numpy(value: Any) -> _Made | None:
    """With the type that it has there, in a program that has imported numpy; what is not of the protocol's is not."""
    numpy = sys.modules.get("numpy")
    if numpy is None or not isinstance(value, (numpy.ndarray, numpy.generic)):
        return None
    kind, bits = value.dtype.kind, value.dtype.itemsize * 8
    if kind not in _NUMPY_KINDS or (kind == "f" and bits > 64):
        return None
    datatype = _NUMPY_KINDS[kind] + (str(bits) if kind in "iuf" else "")
    return _Made(datatype, tuple(value.shape) or (1,), value.reshape(-1).tolist())
