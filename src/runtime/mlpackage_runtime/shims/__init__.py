"""What entry scripts import of Azure ML's packages, for images that do not have these.

Looked up last, module by module: whatever the image has installed under such a name wins.
"""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

_REQUEST = {"AMLRequest": ".request", "rawhttp": ".request"}
_RESPONSE = {"AMLResponse": ".response"}
_MODEL = {"Model": ".model"}

_OFFERED: dict[str, dict[str, str]] = {
    "azureml": {},
    "azureml.contrib": {},
    "azureml.contrib.services": {},
    "azureml.contrib.services.aml_request": _REQUEST,
    "azureml.contrib.services.aml_response": _RESPONSE,
    "azureml.core": _MODEL,
    "azureml.core.model": _MODEL,
    "azureml_inference_server_http": {},
    "azureml_inference_server_http.api": {},
    "azureml_inference_server_http.api.aml_request": _REQUEST,
    "azureml_inference_server_http.api.aml_response": _RESPONSE,
}
"""The modules, and which of ours has each of their names."""


def offer_shims() -> None:
    sys.meta_path.append(_LastFinder())


class _LastFinder(MetaPathFinder):
    def find_spec(self, name: str, _path: Any = None, _target: Any = None) -> ModuleSpec | None:
        return ModuleSpec(name, _ShimLoader(), is_package=True) if name in _OFFERED else None


class _ShimLoader(Loader):
    def create_module(self, spec: ModuleSpec) -> None:
        return None

    def exec_module(self, module: ModuleType) -> None:
        for name, home in _OFFERED[module.__name__].items():
            setattr(module, name, getattr(import_module(home, __package__), name))
