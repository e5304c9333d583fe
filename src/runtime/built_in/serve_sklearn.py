"""Serves a model of scikit-learn that comes without a script."""

import pickle
import warnings

import joblib

import mlflow_model
from built_in_input import SPELLINGS, BadInput, answering_bad_input, in_order, rows_of
from built_in_model import find_model_file

METHODS = ("predict", "predict_proba")


def init():
    global model, described, usual_method, features, names
    described = mlflow_model.describe_mlflow_model()
    model = _load()
    usual_method = described["method"] if described else "predict"
    if not hasattr(model, usual_method):
        raise TypeError(f"the model is a {type(model).__name__}, which has no `{usual_method}`")
    features = getattr(model, "n_features_in_", None)
    names = [str(name) for name in getattr(model, "feature_names_in_", ())]
    if described and not names:
        _take_names(described["columns"])
    if features is not None:
        _declare_tensors()


def _take_names(columns):
    """The signature's, for a model that knows none itself."""
    global features, names
    if columns and features in (None, len(columns)):
        features, names = len(columns), columns
        # One that was fitted without names says so at each request.
        warnings.filterwarnings("ignore", "X has feature names")


def _load():
    """joblib reads what it has written and what pickle has; MLflow lets pickle write what may be called anything."""
    if not described:
        return joblib.load(find_model_file((".pkl", ".pickle", ".joblib")))
    with open(described["pickle"], "rb") as file:
        return pickle.load(file)


def _declare_tensors():
    """The shape of what it predicts it shows of a row of zeros, unless it cannot take one."""
    global TENSOR_INPUTS, TENSOR_OUTPUTS
    TENSOR_INPUTS = [{"name": "data", "datatype": "FP64", "shape": [-1, int(features)]}]
    try:
        predicted = getattr(model, usual_method)(_as_table([[0.0] * features]))
        datatype = {"b": "BOOL", "i": "INT64", "u": "INT64", "f": "FP64", "U": "BYTES"}.get(predicted.dtype.kind)
    except Exception:
        return
    if datatype is not None:
        TENSOR_OUTPUTS = [{"name": usual_method, "datatype": datatype, "shape": [-1, *predicted.shape[1:]]}]


@answering_bad_input
def run(given):
    if described:
        rows, columns = rows_of(mlflow_model.as_tables(given), SPELLINGS + mlflow_model.SPELLINGS)
    else:
        rows, columns = rows_of(given)
    method = given.get("method", usual_method)
    had = [name for name in dict.fromkeys((usual_method, *METHODS)) if hasattr(model, name)]
    if method not in had:
        had = " or ".join(f'"{name}"' for name in had)
        raise BadInput(f'"method" may be {had}.')
    table = _as_table(_in_order(rows, columns))
    try:
        return getattr(model, method)(table)
    except (ValueError, TypeError) as error:
        raise BadInput(f"The model cannot take these rows: {error}") from error


def _in_order(rows, columns):
    """As the model knows its columns, where it knows them by name."""
    if columns is not None and names:
        rows = in_order(rows, columns, names)
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
