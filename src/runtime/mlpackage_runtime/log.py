"""What the server itself has to say, on stderr.

Written straight to the stream: a script that configures `logging` must not be able to silence the
traceback that tells why it failed. One write a message keeps those of several workers apart.
"""

from __future__ import annotations

import logging
import os
import sys
import traceback
from types import TracebackType
from typing import Any

from .json_lines import JsonFormatter, json_line

_OWN_FOLDER = os.path.dirname(os.path.abspath(__file__)) + os.sep

_is_json = False


def log_as_json() -> None:
    """From now on, every line of the server's and of the script's `logging`.

    A handler on the root logger, other than below: the form of the lines is not the script's to choose any more.
    """
    global _is_json
    _is_json = True
    handler = logging.StreamHandler()
    handler.setFormatter(JsonFormatter())
    logging.getLogger().addHandler(handler)


def log_error(message: str) -> None:
    """One line."""
    _write(json_line("ERROR", message) if _is_json else f"mlpackage: {message}")


def log_exception(message: str, error: BaseException) -> None:
    """The traceback, as the script's author would see it without a server, then one line that says what it meant."""
    told = "".join(traceback.format_exception(type(error), error, _below_ours(error.__traceback__)))
    _write(json_line("ERROR", message, exception=told) if _is_json else f"{told}mlpackage: {message}")


def log_answer(message: str, **fields: Any) -> None:
    """What became of a request; as JSON alone."""
    _write(json_line("INFO", message, **fields))


def show_root_logger() -> None:
    """Has `logging.info` shown, and leaves `logging.basicConfig` to the script.

    A handler on the root logger would turn the script's own `basicConfig` into a no-op. So only the
    level is set, and the handler of last resort, which is used while there is no other, follows it.
    """
    logging.getLogger().setLevel(logging.INFO)
    if logging.lastResort is not None:
        logging.lastResort.setLevel(logging.INFO)
        logging.lastResort.setFormatter(logging.Formatter(logging.BASIC_FORMAT))


def _below_ours(frames: TracebackType | None) -> TracebackType | None:
    """The traceback without the frames, ours and the import system's, that led to the script."""
    while frames is not None:
        file = frames.tb_frame.f_code.co_filename
        if not file.startswith((_OWN_FOLDER, "<frozen importlib")):
            break
        frames = frames.tb_next
    return frames


def _write(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()
