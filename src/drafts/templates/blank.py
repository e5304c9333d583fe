"""Answers requests. `init` is called once, before the first of them, and `run` for each."""

import json
import os

# The places of the models, below the folder of all.
MODELS = {"model": "model.pkl"}


def init():
    global models
    # TO DO: load each model instead of keeping its path.
    folder = os.environ["AZUREML_MODEL_DIR"]
    models = {name: os.path.join(folder, path) for name, path in MODELS.items()}


def run(data):
    # TO DO: answer with what the models say of the request. What is returned becomes JSON.
    raise NotImplementedError(f"write in run() what is done with {sorted(json.loads(data))}")
