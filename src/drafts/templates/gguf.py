"""Serves a language model in GGUF by llama.cpp. A request: {"prompt": "..."}, or {"messages": [{"role": "user", "content": "..."}]}."""

import json
import os

from llama_cpp import Llama

MODEL = "model.gguf"


def init():
    global model
    # A longer context takes more memory; 0 is what the model was trained with.
    model = Llama(os.path.join(os.environ["AZUREML_MODEL_DIR"], MODEL), n_ctx=2048, verbose=False)


def run(data):
    given = json.loads(data)
    options = {name: given[name] for name in ("max_tokens", "temperature", "top_p", "stop", "seed") if name in given}
    if "messages" in given:
        return model.create_chat_completion(given["messages"], **options)
    return model.create_completion(given["prompt"], **options)
