"""Serves a model in ONNX that comes without a script."""

import numpy
import onnxruntime

from built_in_input import BadInput, answering_bad_input, rows_of
from built_in_model import find_model_file
from mlpackage_runtime.v2.tensors import find_misfit

# What ONNX Runtime calls a type, the Open Inference Protocol, and numpy.
TYPES = {
    "tensor(bool)": ("BOOL", "bool"),
    "tensor(float16)": ("FP16", "float16"),
    "tensor(float)": ("FP32", "float32"),
    "tensor(double)": ("FP64", "float64"),
    "tensor(string)": ("BYTES", "object"),
    **{f"tensor({sign}int{bits})": (f"{sign}int{bits}".upper(), f"{sign}int{bits}") for sign in ("", "u") for bits in (8, 16, 32, 64)},
}


def init():
    global session, inputs, outputs, TENSOR_INPUTS, TENSOR_OUTPUTS
    session = onnxruntime.InferenceSession(
        find_model_file((".onnx",)), providers=onnxruntime.get_available_providers()
    )
    inputs, outputs = session.get_inputs(), session.get_outputs()
    unknown = [value for value in inputs if value.type not in TYPES]
    if unknown:
        raise TypeError(f"the input {unknown[0].name!r} of the model is a {unknown[0].type}: write a script for it")
    TENSOR_INPUTS = [_describe(value) for value in inputs]
    # A classifier's probabilities may be a list of dictionaries, which `/score` alone can answer.
    tensors = [_describe(value) for value in outputs if value.type in TYPES]
    if tensors:
        TENSOR_OUTPUTS = tensors


def _describe(value):
    """A size that has a name, or none, is any."""
    shape = [size if isinstance(size, int) and size > 0 else -1 for size in value.shape]
    return {"name": value.name, "datatype": TYPES[value.type][0], "shape": shape or [1]}


@answering_bad_input
def run(given):
    is_named = all(value.name in given for value in inputs)
    if not is_named and len(inputs) > 1:
        raise BadInput(f"The body must have the inputs {', '.join(value.name for value in inputs)}.")
    written = {value.name: given[value.name] for value in inputs} if is_named else {inputs[0].name: rows_of(given)[0]}
    feed = {value.name: _as_array(written[value.name], value) for value in inputs}
    try:
        results = session.run(None, feed)
    except Exception as error:
        # ONNX Runtime's own classes of errors have no public place.
        if type(error).__name__ != "InvalidArgument":
            raise
        raise BadInput(f"The model cannot take these rows: {error}") from error
    named = {value.name: result for value, result in zip(outputs, results)}
    return results[0] if len(results) == 1 else named


def _as_array(values, described):
    """numpy alone would make 1 of 1.7, not-a-number of null, and true of any text."""
    datatype, dtype = TYPES[described.type]
    try:
        array = numpy.asarray(values, dtype=object)
    except ValueError as error:
        raise BadInput(f"The input {described.name!r} cannot be of {described.type}: {error}") from None
    misfit = find_misfit(array.reshape(-1).tolist(), datatype)
    if misfit is not None:
        raise BadInput(f"The input {described.name!r} cannot be of {described.type}: {misfit}")
    array = array.astype(dtype)
    if array.ndim != len(described.shape) and described.shape:
        raise BadInput(f"The input {described.name!r} has {len(described.shape)} dimensions, and not {array.ndim}.")
    return array if described.shape else array.reshape(())
