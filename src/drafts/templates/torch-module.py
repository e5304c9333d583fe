"""Serves a pickled module of PyTorch. A request: {"data": [[1.0, 2.0], [3.0, 4.0]]}, a tensor as lists in lists."""

import json
import os

import torch

MODEL = "model.pt"


def init():
    global model
    # The class of the model is looked for under the name that it had when it was saved: put its module beside this file.
    path = os.path.join(os.environ["AZUREML_MODEL_DIR"], MODEL)
    model = torch.load(path, map_location="cpu", weights_only=False).eval()


def run(data):
    rows = torch.tensor(json.loads(data)["data"], dtype=torch.float32)
    with torch.inference_mode():
        return model(rows).tolist()
