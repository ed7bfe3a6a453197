"""Solutions of notebook 11: real steps, a score of the Challenge, an interval."""

import numpy as np


def standardize_real_steps(x, mask):
    """z-scores by the moments of the real steps of a batch.

    Parameters
    ----------
    x : ndarray (T, N, D)
    mask : ndarray (T, N) bool
        True where a step is real.

    Returns
    -------
    standardized : ndarray (T, N, D)
        (x - mean) / std; zero where masked.
    mean, std : ndarray (D,)
        Of each feature, over the real steps of all examples; std is the population's.
    """
    real = x[mask]
    mean, std = real.mean(axis=0), real.std(axis=0)
    return np.where(mask[..., None], (x - mean) / std, 0), mean, std


def event1(died, predicted):
    """Event 1 of the Challenge: the lesser of sensitivity and positive predictive value.

    Parameters
    ----------
    died : ndarray (n,) bool
    predicted : ndarray (n,) bool
        Whose death was predicted; both arrays hold at least one True.

    Returns
    -------
    score : float
    """
    rightly = np.sum(died & predicted)
    return min(rightly / np.sum(died), rightly / np.sum(predicted))


def percentile_interval(replicates, level):
    """The percentile interval of bootstrap replicates, as much cut off at either end.

    Parameters
    ----------
    replicates : ndarray (B,)
        A statistic of each resample.
    level : float
        Confidence level, such as 0.95.

    Returns
    -------
    low, high : float
        Quantiles, linear between ranks as numpy.quantile has them.
    """
    low, high = np.quantile(replicates, [(1 - level) / 2, (1 + level) / 2])
    return low, high
