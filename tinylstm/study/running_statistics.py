"""Statistics of hourly cells (N, 48), hour by hour: each is made of what is known so far.

Cells are nan where there is no value; so is a statistic before the first.
"""

import numpy as np


def last(x):
    """The last value so far."""
    hour = np.where(np.isnan(x), -1, np.arange(x.shape[1]))
    # Before the first value this takes hour 0, which is nan then.
    return np.take_along_axis(x, np.maximum(np.maximum.accumulate(hour, axis=1), 0), axis=1)


def least(x):
    """The least value so far."""
    return np.fmin.accumulate(x, axis=1)


def greatest(x):
    """The greatest value so far."""
    return np.fmax.accumulate(x, axis=1)


def mean(x):
    """The mean of all values so far."""
    return ratio(total(x), count(x))


def count(x):
    """How many hours with a value there are so far."""
    return np.cumsum(~np.isnan(x), axis=1)


def total(x):
    """The sum of all values so far."""
    return np.cumsum(np.nan_to_num(x), axis=1)


def recent(x, hours=24):
    """Each hour's own and earlier hours, (N, 48, hours); nan before admission."""
    before = np.full((len(x), hours - 1), np.nan)
    padded = np.concatenate([before, x], axis=1)
    return np.lib.stride_tricks.sliding_window_view(padded, hours, axis=1)


def recent_least(x):
    """The least value of 24 h."""
    return np.fmin.reduce(recent(x), axis=2)


def recent_greatest(x):
    """The greatest value of 24 h."""
    return np.fmax.reduce(recent(x), axis=2)


def recent_mean(x):
    """The mean of the values of 24 h."""
    windows = recent(x)
    return ratio(np.nan_to_num(windows).sum(axis=2), (~np.isnan(windows)).sum(axis=2))


def change(x):
    """The last value less the first."""
    hour = np.argmax(~np.isnan(x), axis=1)[:, None]
    return last(x) - np.take_along_axis(x, hour, axis=1)


def log_count(x):
    """log(1 + the number of hours with a value so far)."""
    return np.log1p(count(x))


def ratio(numerator, denominator):
    """The quotient of two arrays of one shape, nan where the denominator is 0."""
    shape = np.shape(numerator)
    return np.divide(numerator, denominator, out=np.full(shape, np.nan), where=denominator > 0)
