"""What the environment says, read once and checked before anything else happens."""

from __future__ import annotations

import os
from typing import Mapping, NamedTuple, Tuple

from .start_failure import StartFailure

_BOOLEANS = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}


class Settings(NamedTuple):
    app_root: str
    entry_script: str
    """Absolute."""
    port: int
    worker_count: int
    worker_timeout_s: int
    """0 is never."""
    preload: bool
    scoring_timeout_ms: int
    service_name: str
    service_version: str
    cors_origins: Tuple[str, ...]
    """`*` is any."""
    body_limit: int
    """In bytes; 0 is none."""
    queue_limit: int
    """Requests that may wait for a worker; 0 is as many as the system takes."""
    client_timeout_s: float
    """How long a client may neither send nor take anything, or send next to nothing; 0 is for ever."""
    log_json: bool
    model_name: str
    """By which the Open Inference Protocol has the service; and its version."""
    model_version: str
    reload: bool
    """SIGHUP has the script loaded anew."""


def read_settings(environment: Mapping[str, str]) -> Settings:
    """A variable that is empty counts as one that is not there."""
    app_root = os.path.abspath(environment.get("AML_APP_ROOT") or "/var/azureml-app")
    worker_timeout_s = _integer(environment, "WORKER_TIMEOUT", default=300, lowest=0)
    client_timeout_s = _integer(environment, "MLPACKAGE_CLIENT_TIMEOUT", default=30, lowest=0)
    return Settings(
        app_root=app_root,
        entry_script=_entry_script(environment, app_root),
        port=_integer(environment, "MLPACKAGE_PORT", default=5001, lowest=1, highest=65535),
        worker_count=_integer(environment, "WORKER_COUNT", default=1, lowest=1, highest=4096),
        worker_timeout_s=worker_timeout_s,
        preload=_boolean(environment, "WORKER_PRELOAD", default=False),
        scoring_timeout_ms=_integer(environment, "SCORING_TIMEOUT_MS", default=3_600_000, lowest=1),
        service_name=environment.get("SERVICE_NAME") or "ML service",
        service_version=environment.get("SERVICE_VERSION") or "1.0",
        cors_origins=_list(environment, "AML_CORS_ORIGINS"),
        body_limit=_integer(environment, "MLPACKAGE_BODY_LIMIT", default=0, lowest=0, highest=2**53),
        queue_limit=_integer(environment, "MLPACKAGE_QUEUE_LIMIT", default=0, lowest=0, highest=1024),
        # A worker that waits for a client gives no sign of life.
        client_timeout_s=min(client_timeout_s, worker_timeout_s / 2) if worker_timeout_s else client_timeout_s,
        log_json=wants_json_log(environment),
        model_name=environment.get("MLPACKAGE_NAME") or _only_model(environment)[0] or "model",
        model_version=_only_model(environment)[1] or environment.get("SERVICE_VERSION") or "1.0",
        reload=_boolean(environment, "MLPACKAGE_RELOAD", default=False),
    )


def wants_json_log(environment: Mapping[str, str]) -> bool:
    """Asked ahead of everything else, so that what is wrong with the rest is told in the right form."""
    text = environment.get("MLPACKAGE_LOG_FORMAT") or "text"
    if text not in ("text", "json"):
        raise StartFailure(f"MLPACKAGE_LOG_FORMAT is {text!r}, but must be text or json")
    return text == "json"


def _entry_script(environment: Mapping[str, str], app_root: str) -> str:
    relative = environment.get("AZUREML_ENTRY_SCRIPT")
    if not relative:
        raise StartFailure(f"AZUREML_ENTRY_SCRIPT is not set: it names the entry script, relative to {app_root}")
    path = os.path.join(app_root, relative)
    if not os.path.isfile(path):
        raise StartFailure(f"AZUREML_ENTRY_SCRIPT is {relative!r}, but there is no file {path}")
    return path


def _only_model(environment: Mapping[str, str]) -> tuple[str, str]:
    """Name and version of the one model, where there is one: its folder is called by them."""
    *_, folder, name, version = ("", "", *(environment.get("AZUREML_MODEL_DIR") or "").rstrip("/").split("/"))
    return (name, version) if folder == "azureml-models" else ("", "")


def _list(environment: Mapping[str, str], name: str) -> tuple[str, ...]:
    return tuple(item.strip() for item in environment.get(name, "").split(",") if item.strip())


def _integer(
    environment: Mapping[str, str], name: str, default: int, lowest: int, highest: int = 2**31 - 1
) -> int:
    text = environment.get(name)
    if not text:
        return default
    try:
        value = int(text)
    except ValueError:
        raise StartFailure(f"{name} is {text!r}, which is not a whole number") from None
    if not lowest <= value <= highest:
        raise StartFailure(f"{name} is {value}, but must be from {lowest} to {highest}")
    return value


def _boolean(environment: Mapping[str, str], name: str, default: bool) -> bool:
    text = environment.get(name)
    if not text:
        return default
    try:
        return _BOOLEANS[text.lower()]
    except KeyError:
        raise StartFailure(f"{name} is {text!r}, but must be true or false") from None
