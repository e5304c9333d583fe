/**
 * A scoring script that drives a class, or a function, written for Cog: `setup()` once, `predict(...)` for each request.
 * What such a file imports of `cog` is said in the script itself, so that Cog's own server need not be in the image.
 */
export function predictorScript(file: string, name: string): string {
  return `"""Serves what was written for Cog. Made once by mlpackage init, and yours to change."""
import asyncio
import base64
import binascii
import enum
import importlib.util
import inspect
import io
import json
import mimetypes
import os
import pathlib
import re
import sys
import tempfile
import types
import typing
import urllib.parse

from azureml.contrib.services.aml_response import AMLResponse

FILE = ${JSON.stringify(file)}
NAME = ${JSON.stringify(name)}
HERE = os.path.dirname(os.path.abspath(__file__))
MISSING = object()

predict = None


def init():
    global predict
    # The paths in the file are relative to the folder of cog.yaml.
    os.chdir(HERE)
    place = os.path.join(HERE, FILE)
    for folder in (os.path.dirname(place), HERE):
        if folder not in sys.path:
            sys.path.insert(0, folder)
    sys.modules["cog"] = make_cog()
    module_name = os.path.splitext(os.path.basename(place))[0]
    spec = importlib.util.spec_from_file_location(module_name, place)
    module = sys.modules[module_name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    predictor = getattr(module, NAME)
    if not inspect.isclass(predictor):
        predict = predictor
        return
    predictor = predictor()
    setup = getattr(predictor, "setup", None)
    if setup is not None:
        takes_weights = "weights" in inspect.signature(setup).parameters
        finish(setup(weights=os.environ.get("COG_WEIGHTS")) if takes_weights else setup())
    predict = getattr(predictor, "predict", None) or predictor.run


def run(data):
    opened = []
    try:
        arguments = read_arguments(data, opened)
    except BadInput as error:
        return AMLResponse({"detail": str(error)}, 400, json_str=True)
    try:
        return {"status": "succeeded", "output": as_json(finish(predict(**arguments)))}
    finally:
        for path in opened:
            path.unlink(missing_ok=True)


class BadInput(Exception):
    pass


def read_arguments(data, opened):
    try:
        given = json.loads(data)["input"]
        names = set(given.keys())
    except (ValueError, KeyError, TypeError, AttributeError):
        raise BadInput('the body must be {"input": {...}}')
    parameters = inspect.signature(predict).parameters
    unknown = sorted(names - set(parameters))
    if unknown:
        raise BadInput("no such input: " + ", ".join(unknown))
    hints = typing.get_type_hints(predict)
    arguments = {}
    for name, parameter in parameters.items():
        rules = rules_of(parameter.default)
        if name in given:
            value = convert(given[name], hints.get(name), name, opened)
            rules.check(value, name)
            arguments[name] = value
        elif rules.default is not MISSING:
            arguments[name] = rules.default
        elif type(None) in typing.get_args(hints.get(name)):
            arguments[name] = None
        else:
            raise BadInput(f"the input {name} is missing")
    return arguments


def rules_of(default):
    if isinstance(default, Rules):
        return default
    return Rules() if default is inspect.Parameter.empty else Rules(default=default)


class Rules:
    """What Input(...) says of a parameter."""

    def __init__(self, default=MISSING, description=None, ge=None, le=None, min_length=None,
                 max_length=None, regex=None, choices=None, deprecated=None):
        self.default = MISSING if default is ... else default
        self.ge, self.le, self.regex, self.choices = ge, le, regex, choices
        self.min_length, self.max_length = min_length, max_length

    def check(self, value, name):
        if value is None:
            return
        broken = (
            (self.ge is not None and value < self.ge, f"must be at least {self.ge}"),
            (self.le is not None and value > self.le, f"must be at most {self.le}"),
            (self.min_length is not None and len(value) < self.min_length, "is too short"),
            (self.max_length is not None and len(value) > self.max_length, "is too long"),
            (self.regex is not None and not re.match(self.regex, value), f"must match {self.regex}"),
            (self.choices is not None and value not in self.choices, f"must be one of {self.choices}"),
        )
        for is_broken, message in broken:
            if is_broken:
                raise BadInput(f"the input {name} {message}")


def convert(value, hint, name, opened):
    kinds = typing.get_args(hint)
    if typing.get_origin(hint) in (list, typing.List):
        if not isinstance(value, list):
            raise BadInput(f"the input {name} must be a list")
        return [convert(item, kinds[0] if kinds else None, name, opened) for item in value]
    if type(None) in kinds:
        wanted = [kind for kind in kinds if kind is not type(None)]
        return None if value is None else convert(value, wanted[0] if len(wanted) == 1 else None, name, opened)
    if not inspect.isclass(hint):
        return value
    if hint is bool and not isinstance(value, bool):
        raise BadInput(f"the input {name} must be true or false")
    if hint is str and not isinstance(value, str):
        raise BadInput(f"the input {name} must be a text")
    if issubclass(hint, (Path, File)):
        content, ending = read_address(value, name)
        return write_file(content, ending, opened) if issubclass(hint, Path) else io.BytesIO(content)
    if hint in (int, float, Secret) or issubclass(hint, enum.Enum):
        try:
            return hint(value)
        except (ValueError, TypeError):
            raise BadInput(f"the input {name} must be of the type {hint.__name__}")
    return value


def read_address(value, name):
    head, comma, body = value.partition(",") if isinstance(value, str) else ("", "", "")
    if not head.startswith("data:") or not comma:
        raise BadInput(f"the input {name} is a file: send it as data:TYPE;base64,...")
    kind = head[len("data:"):].split(";")[0]
    try:
        is_base64 = head.endswith(";base64")
        content = base64.b64decode(body, validate=True) if is_base64 else urllib.parse.unquote_to_bytes(body)
    except binascii.Error:
        raise BadInput(f"the input {name} is not in base64")
    return content, mimetypes.guess_extension(kind) or ""


def write_file(content, ending, opened):
    handle, place = tempfile.mkstemp(suffix=ending)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
    opened.append(Path(place))
    return Path(place)


def finish(result):
    """What a coroutine, or an iterator of either kind, comes to."""
    if inspect.iscoroutine(result):
        return asyncio.run(result)
    if inspect.isasyncgen(result):
        return asyncio.run(collect(result))
    return list(result) if isinstance(result, typing.Iterator) and not hasattr(result, "read") else result


async def collect(generator):
    return [item async for item in generator]


def as_json(output):
    if isinstance(output, (list, tuple)):
        return [as_json(item) for item in output]
    if isinstance(output, dict):
        return {key: as_json(item) for key, item in output.items()}
    if isinstance(output, enum.Enum):
        return output.value
    if isinstance(output, pathlib.PurePath):
        return as_address(pathlib.Path(output).read_bytes(), str(output))
    if hasattr(output, "read"):
        content = output.read()
        return as_address(content.encode() if isinstance(content, str) else content, getattr(output, "name", ""))
    if hasattr(output, "model_dump"):
        return as_json(output.model_dump())
    return as_json(vars(output)) if isinstance(output, BaseModel) else output


def as_address(content, name):
    kind = mimetypes.guess_type(str(name))[0] or "application/octet-stream"
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"


# What the file may import of cog.

Item = typing.TypeVar("Item")


class BasePredictor:
    pass


class BaseModel:
    def __init__(self, **values):
        for name, value in values.items():
            setattr(self, name, value)


class Path(type(pathlib.Path())):
    pass


class File(io.IOBase):
    pass


class Secret:
    def __init__(self, value):
        self.value = value

    def get_secret_value(self):
        return self.value

    def __repr__(self):
        return "Secret(**********)"


class ConcatenateIterator(typing.Iterator[Item]):
    pass


class AsyncConcatenateIterator(typing.AsyncIterator[Item]):
    pass


def make_cog():
    cog = types.ModuleType("cog")
    cog.Input = Rules
    cog.BasePredictor = cog.BaseRunner = BasePredictor
    cog.AsyncIterator = typing.AsyncIterator
    for offered in (BaseModel, Path, File, Secret, ConcatenateIterator, AsyncConcatenateIterator):
        setattr(cog, offered.__name__, offered)
    return cog
`;
}
