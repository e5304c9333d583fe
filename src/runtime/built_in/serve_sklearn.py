"""Serves a model of scikit-learn that comes without a script."""

import joblib

from built_in_input import BadInput, answering_bad_input, rows_of
from built_in_model import find_model_file

METHODS = ("predict", "predict_proba")


def init():
    """joblib reads what it has written and what pickle has."""
    global model, features, names
    model = joblib.load(find_model_file((".pkl", ".pickle", ".joblib")))
    if not hasattr(model, "predict"):
        raise TypeError(f"the model is a {type(model).__name__}, which predicts nothing")
    features = getattr(model, "n_features_in_", None)
    names = [str(name) for name in getattr(model, "feature_names_in_", ())]
    if features is not None:
        _declare_tensors()


def _declare_tensors():
    """The shape of what it predicts it shows of a row of zeros, unless it cannot take one."""
    global TENSOR_INPUTS, TENSOR_OUTPUTS
    TENSOR_INPUTS = [{"name": "data", "datatype": "FP64", "shape": [-1, int(features)]}]
    try:
        predicted = model.predict(_as_table([[0.0] * features]))
        datatype = {"b": "BOOL", "i": "INT64", "u": "INT64", "f": "FP64", "U": "BYTES"}.get(predicted.dtype.kind)
    except Exception:
        return
    if datatype is not None:
        TENSOR_OUTPUTS = [{"name": "predict", "datatype": datatype, "shape": [-1, *predicted.shape[1:]]}]


@answering_bad_input
def run(given):
    rows, columns = rows_of(given)
    method = given.get("method", "predict")
    if method not in METHODS or not hasattr(model, method):
        had = " or ".join(f'"{name}"' for name in METHODS if hasattr(model, name))
        raise BadInput(f'"method" may be {had}.')
    table = _as_table(_in_order(rows, columns))
    try:
        return getattr(model, method)(table)
    except (ValueError, TypeError) as error:
        raise BadInput(f"The model cannot take these rows: {error}") from error


def _in_order(rows, columns):
    """As the model knows its columns, where it knows them by name."""
    if columns is not None and names:
        missing = [name for name in names if name not in columns]
        if missing:
            raise BadInput(f"The column {missing[0]!r} is missing.")
        places = [columns.index(name) for name in names]
        rows = [[row[place] for place in places] for row in rows]
    if features is not None and not all(isinstance(row, list) and len(row) == features for row in rows):
        raise BadInput(f"Each row must be a list of {features} values.")
    return rows


def _as_table(rows):
    """A model that was fitted to a data frame may find its columns by name alone."""
    if not names:
        return rows
    try:
        import pandas
    except ImportError:
        return rows
    return pandas.DataFrame(rows, columns=names)
