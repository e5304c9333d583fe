"""Which tensors a script takes and gives: said by `TENSOR_INPUTS` and `TENSOR_OUTPUTS`, or by `inference_schema`."""

from __future__ import annotations

import inspect
from types import ModuleType
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Tuple

from ..schema_input import find_schemas, is_schema_decorated
from ..start_failure import StartFailure
from .tensors import DATATYPES, Tensor

INPUTS = "TENSOR_INPUTS"
OUTPUTS = "TENSOR_OUTPUTS"

Tensors = Tuple[Tensor, ...]


class Declaration(NamedTuple):
    inputs: Tensors
    outputs: Optional[Tensors] = None
    """None where nothing is said of them: then what `run` returns says it."""
    optional: Tuple[str, ...] = ()
    """Inputs that `run` has a default for."""
    scalars: Tuple[str, ...] = ()
    """Inputs that `run` is given as the one value that is in them."""
    tables: Tuple[Tuple[str, Tuple[str, ...]], ...] = ()
    """Parameters of `run` that are rows of named values, each column of which is an input."""

    def compose(self, values: Dict[str, List[Any]]) -> dict[str, Any]:
        """The object that `/score` would be sent."""
        columns = {column for _, names in self.tables for column in names}
        plain = {name: value for name, value in values.items() if name not in columns}
        plain.update({name: value[0] for name, value in plain.items() if name in self.scalars})
        for parameter, names in self.tables:
            plain[parameter] = [dict(zip(names, row)) for row in zip(*(values[name] for name in names))]
        return plain


def declared_by(module: ModuleType) -> Declaration | None:
    """What the module's own variables say, after `init()`: a model may have to be asked for its shape first."""
    if not hasattr(module, INPUTS):
        return None
    inputs = _read_tensors(getattr(module, INPUTS), INPUTS)
    outputs = _read_tensors(getattr(module, OUTPUTS), OUTPUTS) if hasattr(module, OUTPUTS) else None
    if not inputs:
        raise StartFailure(f"{INPUTS} is empty")
    return Declaration(inputs, outputs)


def _read_tensors(written: Any, variable: str) -> Tensors:
    if not isinstance(written, (list, tuple)):
        raise StartFailure(f"{variable} is no list")
    tensors = tuple(_read_tensor(item, f"{variable}[{at}]") for at, item in enumerate(written))
    names = [tensor.name for tensor in tensors]
    if len(set(names)) < len(names):
        raise StartFailure(f"{variable} has two tensors of the same name")
    return tensors


def _read_tensor(written: Any, place: str) -> Tensor:
    if not isinstance(written, dict) or set(written) != {"name", "datatype", "shape"}:
        raise StartFailure(f'{place} is not of the form {{"name": "data", "datatype": "FP64", "shape": [-1, 4]}}')
    name, datatype, shape = written["name"], written["datatype"], written["shape"]
    if not isinstance(name, str) or not name:
        raise StartFailure(f"the name of {place} is {name!r}, which is no text")
    if datatype not in DATATYPES:
        raise StartFailure(f"the datatype of {place} is {datatype!r}, but must be one of {', '.join(DATATYPES)}")
    is_list = isinstance(shape, (list, tuple)) and len(shape) > 0
    if not is_list or not all(type(size) is int and (size == -1 or size > 0) for size in shape):
        raise StartFailure(f"the shape of {place} is {shape!r}, but must be a list of sizes, -1 for any")
    return Tensor(name, datatype, tuple(shape))


def declared_by_samples(run: Callable[..., Any]) -> Declaration | None:
    """What the samples of `inference_schema` say: nested lists are tensors, rows of named values are tables of them.

    The first size of a sample is that of a batch, and any. None where a parameter has a sample of another form.
    """
    if not is_schema_decorated(run):
        return None
    schema = find_schemas().get_input_schema(run)
    samples, properties = schema.get("example", {}), schema.get("properties", {})
    found = Declaration(())
    for parameter in inspect.signature(run).parameters.values():
        if parameter.name not in samples:
            continue
        more = _declare(parameter.name, samples[parameter.name], properties.get(parameter.name, {}))
        is_optional = parameter.default is not inspect.Parameter.empty
        if more is None and is_optional:
            continue
        if more is None:
            return None
        names = tuple(tensor.name for tensor in more.inputs)
        if set(names) & {tensor.name for tensor in found.inputs}:
            return None
        found = Declaration(
            found.inputs + more.inputs,
            None,
            found.optional + (names if is_optional and not more.tables else ()),
            found.scalars + more.scalars,
            found.tables + more.tables,
        )
    return found if found.inputs else None


def _declare(name: str, sample: Any, schema: Dict[str, Any]) -> Declaration | None:
    if isinstance(sample, list) and sample and isinstance(sample[0], dict):
        columns = schema.get("items", {}).get("properties", {})
        datatypes = {column: _datatype([value], columns.get(column, {})) for column, value in sample[0].items()}
        if None in datatypes.values() or not datatypes:
            return None
        tensors = tuple(Tensor(column, str(datatype), (-1, 1)) for column, datatype in datatypes.items())
        return Declaration(tensors, tables=((name, tuple(datatypes)),))
    leaves, sizes, items = [sample], [], schema
    while leaves and all(isinstance(leaf, list) for leaf in leaves):
        sizes.append(len(leaves[0]))
        if any(len(leaf) != sizes[-1] for leaf in leaves):
            return None
        leaves = [value for leaf in leaves for value in leaf]
        items = items.get("items", {})
    datatype = _datatype(leaves, items)
    if datatype is None or 0 in sizes:
        return None
    if not sizes:
        return Declaration((Tensor(name, datatype, (1,)),), scalars=(name,))
    return Declaration((Tensor(name, datatype, (-1, *sizes[1:])),))


_FORMATS = {"float": "FP32", "double": "FP64", "int32": "INT32", "int64": "INT64"}
_BY_TYPES = (({bool}, "BOOL"), ({int}, "INT64"), ({int, float}, "FP64"), ({str}, "BYTES"))


def _datatype(values: List[Any], schema: Dict[str, Any]) -> str | None:
    kinds = set(map(type, values))
    if not kinds:
        return None
    found = next((datatype for types, datatype in _BY_TYPES if kinds <= types), None)
    if found not in ("INT64", "FP64"):
        return found
    said = _FORMATS.get(schema.get("format", ""))
    if found == "INT64" and schema.get("type") == "number":
        found = "FP64"
    is_narrower = said is not None and said.startswith(found[:2])
    return said if is_narrower else found
