"""Serves a model of Hugging Face's Transformers. A request: {"inputs": "a text"}, or a list of texts."""

import json
import os

from transformers import pipeline

MODEL = "model"
TASK = "text-classification"


def init():
    global answer
    answer = pipeline(TASK, model=os.path.join(os.environ["AZUREML_MODEL_DIR"], MODEL), device="cpu")


def run(data):
    given = json.loads(data)
    # What else the pipeline takes, such as {"parameters": {"top_k": 3}}.
    return answer(given["inputs"], **given.get("parameters", {}))
