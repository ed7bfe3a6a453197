"""The layer protocol: what make_layer, forward and backward hand back is checked, and named."""

import inspect
from collections.abc import Mapping

import numpy as np


def made_by(make_layer, n_in, n_units, rng):
    """``make_layer(n_in, n_units, rng)``, which must have forward, backward and parameters."""
    layer = make_layer(n_in, n_units, rng)
    lacking = [name for name in ("forward", "backward", "parameters") if not hasattr(layer, name)]
    if layer is None or lacking:
        raise ValueError(
            f"make_layer gave {_what(layer)}, expected a layer; it lacks {', '.join(lacking)}"
        )
    if not isinstance(layer.parameters, Mapping):
        raise ValueError(
            f"layer.parameters is {_what(layer.parameters)}, expected a dict of name -> array"
        )
    return layer


def arguments_taken(layer):
    """Which of "mask" and "state" forward takes."""
    parameters = inspect.signature(layer.forward).parameters
    # The mask may have another name: it is what stands behind x.
    behind_x = [name for name, p in parameters.items() if p.kind is not p.KEYWORD_ONLY][1:]
    has_mask = "mask" in parameters or (bool(behind_x) and behind_x[0] != "state")
    return [name for name, has in (("mask", has_mask), ("state", "state" in parameters)) if has]


def forward(layer, x, mask=None, state=None):
    """Call forward with what it takes of these: (y, tape)."""
    taken = arguments_taken(layer)
    more = () if "mask" not in taken else (mask,)
    by_name = {} if state is None else {"state": state}
    result = layer.forward(x, *more, **by_name)
    if not isinstance(result, tuple | list) or len(result) != 2:
        raise ValueError(f"forward gave {_what(result)}, expected (y, tape)")
    y, _ = result
    if not isinstance(y, np.ndarray) or y.dtype.kind not in "fc" or y.shape[:2] != x.shape[:2]:
        raise ValueError(
            f"forward gave (y, tape) with y {_what(y)}, expected an array of floats of shape "
            f"({x.shape[0]}, {x.shape[1]}, n_units)"
        )
    return result


def backward(layer, dy, tape):
    """Call backward: (dx, gradients)."""
    result = layer.backward(dy, tape)
    if not isinstance(result, tuple | list) or len(result) != 2:
        raise ValueError(f"backward gave {_what(result)}, expected (dx, gradients)")
    dx, gradients = result
    if isinstance(dx, Mapping) and not isinstance(gradients, Mapping):
        raise ValueError("backward gave (gradients, dx), expected (dx, gradients)")
    if not isinstance(gradients, Mapping):
        raise ValueError(
            f"backward gave (dx, gradients) with gradients {_what(gradients)}, expected a dict of "
            "name -> array"
        )
    return result


def _what(thing):
    """A thing in words: an array by its shape and dtype, others by their type."""
    if isinstance(thing, np.ndarray):
        return f"an ndarray {thing.shape} of {thing.dtype}"
    if isinstance(thing, tuple | list):
        return f"a {type(thing).__name__} of {len(thing)}"
    return "None" if thing is None else f"a {type(thing).__name__}"
