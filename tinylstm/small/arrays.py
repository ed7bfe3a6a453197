"""What arrays from outside have to be, wherever they come in."""

import numpy as np


def plain_array(name, values, dtype=None):
    """``np.asarray``, but for masked arrays, whose mask that would drop: those are a ValueError."""
    if np.ma.is_masked(values):
        raise ValueError(
            f"{name}: a masked array, whose mask would be lost; leave out what it hides"
        )
    return np.asarray(values, dtype=dtype)


def is_constant(lowest, highest):
    """Where a range is nothing but rounding, some units in the last place, or nan.

    By the range and not by the standard deviation, which rounding leaves a little of.

    >>> print(is_constant(np.array([7.0, 0.1, 1.0]), np.array([7.0, 0.1 + 2e-17, 1.001])))
    [ True  True False]
    """
    rounding = 4 * np.finfo(np.float64).eps * np.maximum(np.abs(lowest), np.abs(highest))
    return ~(highest - lowest > rounding)
