"""Serves a pickled model that has `predict`. A request: {"data": [[1.0, 2.0], [3.0, 4.0]]}, one list of values for each row."""

import json
import os

import joblib
import numpy

MODEL = "model.pkl"


def init():
    global model
    # It reads what pickle and joblib have written. Whatever was pickled is run here: take only what you trust.
    model = joblib.load(os.path.join(os.environ["AZUREML_MODEL_DIR"], MODEL))


def run(data):
    rows = numpy.array(json.loads(data)["data"])
    return numpy.asarray(model.predict(rows)).tolist()
