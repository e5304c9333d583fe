"""Serves a model of Keras. A request: {"data": [[1.0, 2.0], [3.0, 4.0]]}, a tensor as lists in lists."""

import json
import os

import keras
import numpy

MODEL = "model.keras"


def init():
    global model
    model = keras.models.load_model(os.path.join(os.environ["AZUREML_MODEL_DIR"], MODEL), compile=False)


def run(data):
    rows = numpy.array(json.loads(data)["data"], dtype="float32")
    return model.predict(rows, verbose=0).tolist()
