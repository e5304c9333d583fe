"""What is particular to a model in a folder of MLflow's: how it is found, and in which forms its rows may come."""

import json
import os
import sys

from built_in_input import BadInput

# The forms of MLflow's own server.
SPELLINGS = ("dataframe_split", "dataframe_records", "inputs", "instances")


def describe_mlflow_model():
    """What mlpackage has read in its `MLmodel`; None where the model is no folder of MLflow's."""
    written = os.environ.get("MLPACKAGE_MLFLOW_MODEL")
    if not written:
        return None
    described = json.loads(written)
    folder = os.environ["AZUREML_MODEL_DIR"]
    if "code" in described:
        sys.path.insert(0, os.path.join(folder, described["code"]))
    places = {key: os.path.join(folder, described[key]) for key in ("pickle", "data") if key in described}
    return {**described, **places}


def as_tables(given):
    """With records, and lists of values by column, as tables of `columns` and `data`."""
    return {name: _as_table(name, value) if name in SPELLINGS else value for name, value in given.items()}


def _as_table(name, value):
    if isinstance(value, list) and value and all(isinstance(row, dict) for row in value):
        columns = list(value[0])
        if any(row.keys() != value[0].keys() for row in value):
            raise BadInput(f'All rows of "{name}" must have the same columns.')
        return {"columns": columns, "data": [[row[column] for column in columns] for row in value]}
    if isinstance(value, dict) and name != "dataframe_split":
        lengths = {len(values) if isinstance(values, list) else None for values in value.values()}
        if len(lengths) != 1 or None in lengths:
            raise BadInput(f'"{name}" must be a list of rows, or have a list for each column, all of one length.')
        return {"columns": list(value), "data": [list(row) for row in zip(*value.values())]}
    return value
