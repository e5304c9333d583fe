"""Serves a model of XGBoost. A request: {"data": [[1.0, 2.0], [3.0, 4.0]]}, one list of features for each row."""

import json
import os

import numpy
import xgboost

MODEL = "model.json"


def init():
    global booster
    booster = xgboost.Booster()
    booster.load_model(os.path.join(os.environ["AZUREML_MODEL_DIR"], MODEL))


def run(data):
    rows = numpy.array(json.loads(data)["data"], dtype="float32")
    # What the model has learned: for a classifier the probabilities, not the classes.
    return booster.predict(xgboost.DMatrix(rows, feature_names=booster.feature_names)).tolist()
