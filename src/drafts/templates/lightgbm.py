"""Serves a model of LightGBM. A request: {"data": [[1.0, 2.0], [3.0, 4.0]]}, one list of features for each row."""

import json
import os

import lightgbm
import numpy

MODEL = "model.txt"


def init():
    global booster
    booster = lightgbm.Booster(model_file=os.path.join(os.environ["AZUREML_MODEL_DIR"], MODEL))


def run(data):
    rows = numpy.array(json.loads(data)["data"], dtype="float64")
    # For a classifier the probabilities, not the classes.
    return booster.predict(rows).tolist()
