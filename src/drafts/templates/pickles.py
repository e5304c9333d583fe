"""Serves several pickled models. A request: {"model": "a name", "data": [[1.0, 2.0], [3.0, 4.0]]}, one list of values for each row."""

import json
import os

import joblib
import numpy

MODELS = {"model": "model/0/model.pkl"}


def init():
    global models
    # They are read by joblib, which reads what pickle has written, too. Whatever was pickled is run here.
    folder = os.environ["AZUREML_MODEL_DIR"]
    models = {name: joblib.load(os.path.join(folder, path)) for name, path in MODELS.items()}


def run(data):
    given = json.loads(data)
    # To use one model on what another gives, call them here one after the other.
    return numpy.asarray(models[given["model"]].predict(numpy.array(given["data"]))).tolist()
