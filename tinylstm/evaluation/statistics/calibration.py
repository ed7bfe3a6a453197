"""Whether probabilities mean what they say: the Brier score and the calibration curve.

Sources
-------
G. W. Brier, "Verification of forecasts expressed in terms of probability", Monthly Weather
Review 78, 1950.
E. B. Wilson, "Probable inference, the law of succession, and statistical inference", Journal of
the American Statistical Association 22, 1927 (the intervals).
"""

from dataclasses import dataclass

import numpy as np

from tinylstm.evaluation.scored_labels import check_probabilities

from .intervals import wilson_interval


def brier_score(labels, probabilities):
    """Mean squared difference of probability and label (Brier 1950, halved as is usual for two).

    0 is best. One constant probability q scores r (1 - r) + (q - r)**2 where the share of
    positives is r: a model that knows anything must stay below r (1 - r).

    Parameters
    ----------
    labels : array_like (n,) bool or number
        1 (or True) is the positive class, 0 the negative one.
    probabilities : array_like (n,) float
        Of the positive class, 0 to 1.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        If labels or probabilities are not of that kind.

    Examples
    --------
    >>> print(round(brier_score([1, 0], [0.9, 0.3]), 4))  # (0.01 + 0.09) / 2
    0.05
    """
    positive, probabilities = check_probabilities(labels, probabilities)
    return float(np.mean((probabilities - positive) ** 2))


@dataclass(frozen=True, eq=False, repr=False)
class CalibrationCurve:
    """What was predicted and what happened, in B bins of rising probability.

    Attributes
    ----------
    predicted : ndarray (B,) float64
        Mean probability of the bin's rows.
    observed : ndarray (B,) float64
        Share of positives among them. A calibrated model's is near `predicted`.
    low, high : ndarray (B,) float64
        Wilson's interval of `observed`.
    counts : ndarray (B,) int64
        Number of rows.
    """

    predicted: np.ndarray
    observed: np.ndarray
    low: np.ndarray
    high: np.ndarray
    counts: np.ndarray

    def __repr__(self):
        return f"CalibrationCurve({len(self.counts)} bins, {self.counts.sum()} rows)"


def calibration_curve(labels, probabilities, n_bins=10, level=0.95):
    """Calibration curve in bins of equal counts.

    Rows of the same probability stay in one bin, so that their order decides nothing. Without ties
    the bins' counts differ by one at most; with many, there are fewer bins than asked for.

    Parameters
    ----------
    labels : array_like (n,) bool or number
        1 (or True) is the positive class, 0 the negative one.
    probabilities : array_like (n,) float
        Of the positive class, 0 to 1.
    n_bins : int
        Number of bins, 1 to n.
    level : float
        Confidence level of the intervals, between 0 and 1.

    Returns
    -------
    CalibrationCurve

    Raises
    ------
    ValueError
        If labels or probabilities are not of that kind, n_bins is not a whole number from 1 to n,
        or the level is not between 0 and 1.

    Examples
    --------
    >>> labels, probabilities = [0, 0, 0, 1, 0, 1], [0.1, 0.1, 0.2, 0.6, 0.7, 0.8]
    >>> curve = calibration_curve(labels, probabilities, n_bins=2)
    >>> for numbers in (curve.predicted, curve.observed, curve.low, curve.high):
    ...     print(np.round(numbers, 3))
    [0.133 0.7  ]
    [0.    0.667]
    [0.    0.208]
    [0.561 0.939]
    """
    positive, probabilities = check_probabilities(labels, probabilities)
    n = probabilities.size
    if not isinstance(n_bins, int | np.integer) or not 1 <= n_bins <= n:
        raise ValueError(f"n_bins={n_bins!r}, expected a whole number from 1 to {n}, the rows")
    # A row's bin goes by the rank of the first row that shares its probability.
    rank = np.searchsorted(np.sort(probabilities), probabilities, side="left")
    bins = np.unique(rank * n_bins // n, return_inverse=True)[1]
    counts = np.bincount(bins)
    positives = np.bincount(bins, weights=positive)
    low, high = wilson_interval(positives, counts, level)
    return CalibrationCurve(
        predicted=np.bincount(bins, weights=probabilities) / counts,
        observed=positives / counts,
        low=low,
        high=high,
        counts=counts,
    )
