"""Serves a model in TorchScript. A request: {"data": [[1.0, 2.0], [3.0, 4.0]]}, a tensor as lists in lists."""

import json
import os

import torch

MODEL = "model.pt"


def init():
    global model
    model = torch.jit.load(os.path.join(os.environ["AZUREML_MODEL_DIR"], MODEL), map_location="cpu").eval()


def run(data):
    # Other inputs, or another type such as torch.int64, are told here.
    rows = torch.tensor(json.loads(data)["data"], dtype=torch.float32)
    with torch.inference_mode():
        return model(rows).tolist()
