"""Serves a network of PyTorch by its weights. A request: {"data": [[1.0, 2.0], [3.0, 4.0]]}, a tensor as lists in lists."""

import json
import os

import torch

MODEL = "model.pt"


def make_network():
    # TO DO: the file has the weights alone. Make the network here as it was made for the training.
    raise NotImplementedError("write in make_network() how the network of this model is made")


def init():
    global model
    weights = torch.load(os.path.join(os.environ["AZUREML_MODEL_DIR"], MODEL), map_location="cpu", weights_only=True)
    model = make_network()
    model.load_state_dict(weights)
    model.eval()


def run(data):
    rows = torch.tensor(json.loads(data)["data"], dtype=torch.float32)
    with torch.inference_mode():
        return model(rows).tolist()
