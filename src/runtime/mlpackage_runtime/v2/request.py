"""From the body of an `infer` request to the values of its tensors."""

from __future__ import annotations

import json
from typing import Any, Dict, List, NamedTuple, Optional, Tuple

from ..refusal import Refusal
from .declaration import Declaration
from .tensors import DATATYPES, Shape, Tensor, find_misfit, fits, nest, size_of, takes


class InferRequest(NamedTuple):
    id: Optional[str]
    values: Dict[str, List[Any]]
    """Nested as their shapes say; those of a column flat."""
    wanted: Optional[Tuple[str, ...]]
    """The outputs that are asked for; None is all of them."""


def read_request(body: bytes, declaration: Declaration) -> InferRequest:
    written = _parse(body)
    inputs = written.get("inputs")
    if not isinstance(inputs, list):
        raise Refusal("`inputs` must be a list of tensors")
    given = {}
    for at, item in enumerate(inputs):
        if not isinstance(item, dict) or not isinstance(item.get("name"), str):
            raise Refusal(f"inputs[{at}] must be an object with a `name`")
        if item["name"] in given:
            raise Refusal(f"the input `{item['name']}` is given twice")
        given[item["name"]] = item
    declared = {tensor.name: tensor for tensor in declaration.inputs}
    unknown = [name for name in given if name not in declared]
    if unknown:
        raise Refusal(f"there is no input `{unknown[0]}`: the model takes {_listed(declared)}")
    missing = [name for name in declared if name not in given and name not in declaration.optional]
    if missing:
        raise Refusal(f"the input `{missing[0]}` is missing")
    columns = {column for _, names in declaration.tables for column in names}
    values = {name: _read_values(item, declared[name], name in columns) for name, item in given.items()}
    for _, names in declaration.tables:
        if len({len(values[name]) for name in names}) > 1:
            raise Refusal(f"the columns {_listed(names)} must be of one length")
    return InferRequest(_read_id(written), values, _read_wanted(written))


def _parse(body: bytes) -> dict[str, Any]:
    try:
        written = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Refusal(f"the body is no JSON: {error}") from None
    if not isinstance(written, dict):
        raise Refusal("the body must be a JSON object")
    return written


def _read_id(written: dict[str, Any]) -> str | None:
    found = written.get("id")
    if found is not None and not isinstance(found, str):
        raise Refusal("`id` must be a string")
    return found


def _read_wanted(written: dict[str, Any]) -> tuple[str, ...] | None:
    outputs = written.get("outputs")
    if outputs is None or outputs == []:
        return None
    if not isinstance(outputs, list) or not all(
        isinstance(item, dict) and isinstance(item.get("name"), str) for item in outputs
    ):
        raise Refusal("`outputs` must be a list of objects with a `name`")
    if any(_is_binary(item, "binary_data") for item in outputs):
        raise Refusal("binary tensors are not supported: leave `binary_data` out", "501 Not Implemented")
    return tuple(item["name"] for item in outputs)


def _read_values(written: dict[str, Any], declared: Tensor, is_column: bool) -> list[Any]:
    place = f"the input `{declared.name}`"
    if _is_binary(written, "binary_data_size"):
        raise Refusal(f"{place} has binary data, which is not supported: send `data`", "501 Not Implemented")
    datatype = written.get("datatype")
    if datatype not in DATATYPES:
        raise Refusal(f"{place} has no `datatype` that is known: it may be {', '.join(DATATYPES)}")
    if not takes(declared.datatype, datatype):
        raise Refusal(f"{place} is of {declared.datatype}, and not of {datatype}")
    shape = _read_shape(written, place)
    if not fits(declared.shape, shape) and not (is_column and len(shape) == 1):
        raise Refusal(f"{place} has the shape {list(declared.shape)}, and not {list(shape)}")
    flat, is_nested = _read_data(written, shape, place)
    misfit = find_misfit(flat, datatype) or find_misfit(flat, declared.datatype)
    if misfit is not None:
        raise Refusal(f"{place}: {misfit}")
    if is_column:
        return flat
    return written["data"] if is_nested else nest(flat, shape)


def _read_shape(written: dict[str, Any], place: str) -> Shape:
    shape = written.get("shape")
    if not isinstance(shape, list) or not shape or not all(type(size) is int and size >= 0 for size in shape):
        raise Refusal(f"{place} has no `shape`: a list of sizes")
    if 0 in shape[1:]:
        raise Refusal(f"{place} has a size of 0 that is not the first")
    return tuple(shape)


def _read_data(written: dict[str, Any], shape: Shape, place: str) -> tuple[list[Any], bool]:
    """The values in row-major order, and whether they were in lists of lists."""
    data = written.get("data")
    if not isinstance(data, list):
        raise Refusal(f"{place} has no `data`: a list of values")
    mismatch = Refusal(f"{place} has data that is not of the shape {list(shape)}")
    if len(shape) == 1 or not data or not isinstance(data[0], list):
        if len(data) != size_of(shape):
            raise mismatch
        return data, False
    if len(data) != shape[0]:
        raise mismatch
    for size in shape[1:]:
        if not all(isinstance(row, list) and len(row) == size for row in data):
            raise mismatch
        data = [value for row in data for value in row]
    return data, True


def _is_binary(written: dict[str, Any], parameter: str) -> bool:
    parameters = written.get("parameters")
    return isinstance(parameters, dict) and bool(parameters.get(parameter))


def _listed(names: Any) -> str:
    return ", ".join(f"`{name}`" for name in names)
