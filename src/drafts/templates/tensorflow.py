"""Serves a SavedModel of TensorFlow. A request: {"data": [[1.0, 2.0]]}, or the inputs of its signature by their names."""

import json
import os

import tensorflow

MODEL = "model"


def init():
    global loaded, signature, inputs
    # As long as a signature is used, what it is of must be kept.
    loaded = tensorflow.saved_model.load(os.path.join(os.environ["AZUREML_MODEL_DIR"], MODEL))
    signature = loaded.signatures["serving_default"]
    inputs = signature.structured_input_signature[1]


def run(data):
    given = json.loads(data)
    if "data" in given and "data" not in inputs and len(inputs) == 1:
        given = {name: given["data"] for name in inputs}
    tensors = {name: tensorflow.constant(given[name], dtype=spec.dtype) for name, spec in inputs.items()}
    return {name: tensor.numpy().tolist() for name, tensor in signature(**tensors).items()}
