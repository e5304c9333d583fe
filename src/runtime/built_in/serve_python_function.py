"""Serves a model of MLflow's flavor `python_function`: the module that it names loads it, whatever its library."""

import importlib
import inspect

import mlflow_model
from built_in_input import SPELLINGS, BadInput, answering_bad_input, in_order, rows_of


def init():
    global described, predict, takes_params, make_input
    described = mlflow_model.describe_mlflow_model()
    loader = importlib.import_module(described["loader"])
    config = [described["config"]] if "config" in described else []
    model = loader._load_pyfunc(described["data"], *config)
    predict = getattr(model, described["method"], None)
    if not callable(predict):
        raise TypeError(f"`{described['loader']}` loads a {type(model).__name__}, which has no `{described['method']}`")
    takes_params = "params" in inspect.signature(predict).parameters
    # Imported here: what cannot be imported is to be told at the start.
    make_input = _tensor_maker() if described["tensors"] else _frame_maker()


@answering_bad_input
def run(given):
    options = _params_of(given)
    table = make_input(given)
    try:
        predicted = predict(table, **options)
    except (ValueError, TypeError) as error:
        raise BadInput(f"The model cannot take these rows: {error}") from error
    return _as_json(predicted)


def _params_of(given):
    params = given.get("params")
    if params is None:
        return {}
    if not takes_params:
        raise BadInput('The model takes no "params".')
    if not isinstance(params, dict):
        raise BadInput('"params" must be an object.')
    return {"params": params}


def _tensor_maker():
    """One without a name is given as it is, others by their names, as MLflow's server takes them."""
    import numpy

    tensors = described["tensors"]
    names = [tensor.get("name") for tensor in tensors]
    named_alike = ", ".join(f'"{name}": ...' for name in names)

    def make_tensors(given):
        found = [name for name in (*SPELLINGS, "inputs", "instances") if name in given]
        if len(found) != 1:
            raise BadInput('The body must be a JSON object with the tensors in "inputs".')
        value = given[found[0]]
        if len(tensors) == 1 and not isinstance(value, dict) and not _is_list_of_objects(value):
            tensor = cast(value, tensors[0])
            return tensor if names[0] is None else {names[0]: tensor}
        if _is_list_of_objects(value):
            value = {name: [row.get(name) for row in value] for name in names}
        if not isinstance(value, dict) or sorted(value) != sorted(map(str, names)):
            raise BadInput(f'"{found[0]}" must be {{{named_alike}}}.')
        return {tensor["name"]: cast(value[tensor["name"]], tensor) for tensor in tensors}

    def cast(value, tensor):
        try:
            array = numpy.array(value)
            if "type" not in tensor:
                return array
            if array.dtype.kind not in "biuf":
                raise ValueError("a value is no number")
            return _without_loss(array, array.astype(tensor["type"]))
        except ValueError as error:
            name = f"The tensor {tensor['name']!r}" if "name" in tensor else "The tensor"
            raise BadInput(f"{name} cannot be of {tensor.get('type', 'one shape')}: {error}.") from error

    return make_tensors


def _is_list_of_objects(value):
    return isinstance(value, list) and bool(value) and all(isinstance(row, dict) for row in value)


def _frame_maker():
    import pandas

    names, optional, types = described["columns"], described["optional"], described["types"]

    def make_frame(given):
        rows, columns = rows_of(mlflow_model.as_tables(given), SPELLINGS + mlflow_model.SPELLINGS)
        if not names:
            return pandas.DataFrame(rows, columns=columns)
        if columns is not None:
            rows = in_order(rows, columns, names, optional)
        had = [name for name in names if columns is None or name in columns]
        if not all(isinstance(row, list) and len(row) == len(had) for row in rows):
            raise BadInput(f"Each row must be a list of {len(had)} values.")
        frame = pandas.DataFrame(rows, columns=had)
        for name, datatype in zip(names, types):
            if name in had:
                frame[name] = cast(frame[name], datatype)
        return frame

    def cast(values, datatype):
        try:
            if datatype.startswith("datetime64"):
                return pandas.to_datetime(values)
            # None is NaN where numbers are awaited; a text is no number, although NumPy would make one of it.
            if datatype != "object" and values.dtype == object and not values.isna().all():
                raise ValueError("a value is of another type")
            return _without_loss(values, values.astype(datatype))
        except (ValueError, TypeError) as error:
            raise BadInput(f"The column {values.name!r} cannot be of {datatype}: {error}.") from error

    return make_frame


def _without_loss(given, cast):
    """What is cast, where each whole number and each truth value is still what was sent."""
    if cast.dtype.kind in "biu" and not (given == cast).all():
        raise ValueError("a value would become another one")
    return cast


def _as_json(predicted):
    """A frame as the list of its records, which is what MLflow's server answers; a series as that of its values."""
    if hasattr(predicted, "to_dict") and hasattr(predicted, "columns"):
        return predicted.to_dict(orient="records")
    return predicted.tolist() if hasattr(predicted, "tolist") else predicted
