"""What the built-in scripts are sent: a JSON object with the rows in `data`, or in `input_data` as Azure has it."""

import json

from azureml.contrib.services.aml_response import AMLResponse


class BadInput(Exception):
    """Its text is for the client."""


def answering_bad_input(run):
    """A `run` whose `BadInput` is answered with 400."""

    def checked(data):
        try:
            return run(_parse(data))
        except BadInput as error:
            return AMLResponse({"message": str(error)}, 400, json_str=True)

    return checked


# The names that rows may come by.
SPELLINGS = ("data", "input_data")


def rows_of(given, spellings=SPELLINGS):
    """The rows, and the names of their columns where these are told."""
    found = [name for name in spellings if name in given]
    if len(found) != 1:
        raise BadInput('The body must be a JSON object with the rows in "data": {"data": [[1, 2], [3, 4]]}.')
    rows, columns = given[found[0]], None
    if isinstance(rows, dict):
        columns, rows = rows.get("columns"), rows.get("data")
        if not isinstance(columns, list):
            raise BadInput(f'"{found[0]}" must have its "columns" and its "data", or be a list of rows.')
    if not isinstance(rows, list) or not rows:
        raise BadInput(f'"{found[0]}" must be a list of rows.')
    if columns is not None and not all(isinstance(row, list) and len(row) == len(columns) for row in rows):
        raise BadInput(f"Each row must have {len(columns)} values, one for each column.")
    return rows, columns


def in_order(rows, columns, names, optional=()):
    """The rows with what comes by name in the order of `names`; what else has a name is left out."""
    missing = [name for name in names if name not in columns and name not in optional]
    if missing:
        raise BadInput(f"The column {missing[0]!r} is missing.")
    places = [columns.index(name) for name in names if name in columns]
    return [[row[place] for place in places] for row in rows]


def _parse(text):
    try:
        given = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadInput(f"The body is no JSON: {error}") from None
    if not isinstance(given, dict):
        raise BadInput('The body must be a JSON object with the rows in "data": {"data": [[1, 2], [3, 4]]}.')
    return given
