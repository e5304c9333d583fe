"""Serves a model of MLflow's flavor `python_function`: the module that it names loads it, whatever its library."""

import importlib

import mlflow_model
from built_in_input import SPELLINGS, BadInput, answering_bad_input, in_order, rows_of


def init():
    global model, described, make_input
    described = mlflow_model.describe_mlflow_model()
    loader = importlib.import_module(described["loader"])
    config = [described["config"]] if "config" in described else []
    model = loader._load_pyfunc(described["data"], *config)
    if not callable(getattr(model, "predict", None)):
        raise TypeError(f"`{described['loader']}` has loaded a {type(model).__name__}, which has no `predict`")
    # Imported here: what cannot be imported is to be told at the start.
    make_input = _tensor_maker() if described["types"] and not described["columns"] else _frame_maker()


@answering_bad_input
def run(given):
    rows, columns = rows_of(mlflow_model.as_tables(given), SPELLINGS + mlflow_model.SPELLINGS)
    table = make_input(rows, columns)
    try:
        predicted = model.predict(table)
    except (ValueError, TypeError) as error:
        raise BadInput(f"The model cannot take these rows: {error}") from error
    return _as_json(predicted)


def _tensor_maker():
    import numpy

    (datatype,) = described["types"]

    def make_tensor(rows, columns):
        try:
            given = numpy.array(rows)
            if given.dtype.kind not in "biuf":
                raise ValueError("a value is no number")
            return _without_loss(given, given.astype(datatype))
        except ValueError as error:
            raise BadInput(f"The rows cannot be of {datatype}: {error}.") from error

    return make_tensor


def _frame_maker():
    import pandas

    names, optional, types = described["columns"], described["optional"], described["types"]

    def make_frame(rows, columns):
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
                frame[name] = _column(frame[name], datatype)
        return frame

    def _column(values, datatype):
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
