"""Intervals for any statistic of labels and scores, and for a proportion.

Sources
-------
B. Efron, R. J. Tibshirani, An Introduction to the Bootstrap, 1993, chapter 13 (percentiles).
E. B. Wilson, "Probable inference, the law of succession, and statistical inference", Journal of
the American Statistical Association 22, 1927.
"""

from statistics import NormalDist

import numpy as np

from tinylstm.evaluation.scored_labels import check_labels_and_scores
from tinylstm.small.counts import as_count
from tinylstm.small.generators import require_generator


def bootstrap_interval(statistic, labels, scores, *, rng, level=0.95, n_resamples=2000):
    """Confidence interval of any statistic of labels and scores: percentiles of resamples.

    Positives and negatives are drawn apart, with replacement, as many of each as there are. So no
    resample lacks a class, and the share of positives, on which an average precision or a Brier
    score depends, is taken as known.

    Parameters
    ----------
    statistic : callable
        ``statistic(labels, scores)`` of a bool and a float64 array (n,), to a number.
    labels : array_like (n,) bool or number
        1 (or True) is the positive class, 0 the negative one.
    scores : array_like (n,) float
        Finite.
    rng : numpy.random.Generator
        Draws the resamples.
    level : float
        Confidence level, between 0 and 1.
    n_resamples : int
        How many times to draw.

    Returns
    -------
    (float, float)
        nan where the statistic of a resample is.

    Raises
    ------
    ValueError
        If labels or scores are not of that kind, the level is not between 0 and 1, n_resamples is
        not a whole number of at least 1, or `rng` is no generator.

    Examples
    --------
    >>> from tinylstm.evaluation import roc_curve
    >>> rng = np.random.default_rng(0)
    >>> labels = np.repeat([1, 0], [40, 160])
    >>> scores = rng.normal(size=200) + labels
    >>> low, high = bootstrap_interval(lambda y, s: roc_curve(y, s).auc, labels, scores, rng=rng)
    >>> print(low < roc_curve(labels, scores).auc < high)
    True
    """
    positive, scores = check_labels_and_scores(labels, scores)
    require_generator("rng", rng)
    if not 0 < level < 1:
        raise ValueError(f"level={level!r}, expected a number between 0 and 1")
    n_resamples = as_count("n_resamples", n_resamples, least=1)
    classes = [rows for rows in (np.flatnonzero(positive), np.flatnonzero(~positive)) if rows.size]
    values = np.empty(n_resamples)
    for resample in range(n_resamples):
        drawn = np.concatenate([rows[rng.integers(rows.size, size=rows.size)] for rows in classes])
        values[resample] = statistic(positive[drawn], scores[drawn])
    low, high = np.quantile(values, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def wilson_interval(successes, n, level=0.95):
    """Confidence interval of a proportion (Wilson 1927): within 0 and 1, and fit for few cases.

    It holds the proportions q from which the observed one lies at most z standard errors
    sqrt(q (1 - q) / n) away.

    Parameters
    ----------
    successes, n : int or ndarray of int
        How many of how many; n of at least 1.
    level : float
        Confidence level, between 0 and 1.

    Returns
    -------
    low, high : float or ndarray
        In the shape of `successes`.

    Raises
    ------
    ValueError
        If the level is not between 0 and 1.

    Examples
    --------
    >>> low, high = wilson_interval(0, 10)
    >>> print(f"{low:.3f} to {high:.3f}")
    0.000 to 0.278
    """
    z2 = normal_quantile(level) ** 2
    centre = (successes + z2 / 2) / (n + z2)
    half = np.sqrt(z2 * (successes * (n - successes) / n + z2 / 4)) / (n + z2)
    # At n successes the upper end is 1 but for rounding; at none the lower one is exactly 0.
    return centre - half, np.minimum(centre + half, 1.0)


def normal_quantile(level):
    """Half width, in standard errors, of a normal interval of a level between 0 and 1.

    >>> print(f"{normal_quantile(0.95):.3f}")
    1.960
    """
    if not 0 < level < 1:
        raise ValueError(f"level={level!r}, expected a number between 0 and 1")
    return NormalDist().inv_cdf((1 + level) / 2)
