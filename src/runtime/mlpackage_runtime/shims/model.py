"""`azureml.core.model`: where a model lies."""

from __future__ import annotations

import os
from typing import Any


class Model:
    @staticmethod
    def get_model_path(model_name: str, version: Any = None, _workspace: Any = None) -> str:
        """The model's one file or folder, of the newest version if none is named; the folder around it if it
        has more than one. A model that is none of the package's may lie in the working directory."""
        root = os.path.join(os.environ.get("AML_APP_ROOT") or os.getcwd(), "azureml-models")
        versions = os.path.join(root, model_name)
        if os.path.isdir(versions):
            chosen = str(version) if version is not None else _newest(os.listdir(versions))
            folder = os.path.join(versions, chosen)
            if os.path.isdir(folder):
                entries = os.listdir(folder)
                return os.path.join(folder, entries[0]) if len(entries) == 1 else folder
        if os.path.exists(model_name):
            return model_name
        wanted = model_name if version is None else f"{model_name} of version {version}"
        raise FileNotFoundError(f"there is no model {wanted} in {root}, nor in {os.getcwd()}: found {_found(root)}")


def _newest(versions: list[str]) -> str:
    """Numbers by their value, and after every other name."""
    return max(versions, key=lambda name: (name.isdigit(), int(name) if name.isdigit() else 0, name), default="")


def _found(root: str) -> str:
    if not os.path.isdir(root):
        return "none"
    models = sorted(os.listdir(root))
    return ", ".join(f"{name}/{version}" for name in models for version in sorted(os.listdir(os.path.join(root, name))))
