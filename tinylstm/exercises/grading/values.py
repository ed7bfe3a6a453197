"""Arguments and results as JSON, without pickles: arrays are their bytes, dtype and shape."""

import base64
import re

import numpy as np


def encoded(value):
    """A value in a form that JSON has; what is no number, str, list, tuple or dict keeps its type.

    Lists of numbers are arrays, so that they stay small; tuples and lists of arrays are what they
    are, and anything else that can be iterated is a list.
    """
    plain = bool | int | float | str
    if value is None or (isinstance(value, plain) and not isinstance(value, np.generic)):
        return {"value": value}
    if isinstance(value, dict):
        return {"dict": [[str(name), encoded(part)] for name, part in value.items()]}
    array = _as_array(value)
    if array is not None:
        data = base64.b64encode(np.ascontiguousarray(array).tobytes()).decode("ascii")
        return {"array": data, "dtype": array.dtype.str, "shape": list(array.shape)}
    try:
        parts = list(value) if not isinstance(value, bytes | np.ndarray) else None
    except TypeError:
        parts = None
    if parts is None:
        return {"type": type(value).__name__}
    kind = "tuple" if isinstance(value, tuple) else "list"
    return {kind: [encoded(part) for part in parts]}


def decoded(form):
    """The value of a form; `ValueError` if it is none. An unknown type becomes a hollow object."""
    if not isinstance(form, dict):
        raise ValueError("a form is a dict")
    if "array" in form:
        return _array(form)
    if "dict" in form:
        return {str(name): decoded(part) for name, part in form["dict"]}
    if "tuple" in form:
        return tuple(map(decoded, form["tuple"]))
    if "list" in form:
        return [decoded(part) for part in form["list"]]
    if "type" in form:
        return type(str(form["type"]).replace("\0", ""), (), {})()
    return form["value"]


def _as_array(value):
    """An array of numbers, or None."""
    if not isinstance(value, np.ndarray | np.generic | complex | list | tuple):
        return None
    if isinstance(value, list | tuple) and any(isinstance(part, np.ndarray) for part in value):
        return None
    try:
        array = np.asarray(value)
    except ValueError:  # rows of different lengths
        return None
    return array if array.dtype.kind in "biufc" else None


def _array(form):
    if not re.fullmatch(r"[<>|=][biufc]\d+", form["dtype"]):
        raise ValueError(f"dtype {form['dtype']!r} is not one of numbers")
    data = base64.b64decode(form["array"], validate=True)
    array = np.frombuffer(data, np.dtype(form["dtype"])).reshape(form["shape"]).copy()
    return array[()]  # a number, where the shape is ()
