"""Serves a model in ONNX that comes without a script."""

import numpy
import onnxruntime

from built_in_input import BadInput, answering_bad_input, rows_of
from built_in_model import find_model_file

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
    if all(value.type in TYPES for value in outputs):
        TENSOR_OUTPUTS = [_describe(value) for value in outputs]


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
    try:
        array = numpy.asarray(values, dtype=TYPES[described.type][1])
    except (ValueError, TypeError, OverflowError) as error:
        raise BadInput(f"The input {described.name!r} cannot be of {described.type}: {error}") from None
    if array.ndim != len(described.shape) and described.shape:
        raise BadInput(f"The input {described.name!r} has {len(described.shape)} dimensions, and not {array.ndim}.")
    return array if described.shape else array.reshape(())
