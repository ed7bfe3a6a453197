"""DeLong's intervals for the area under a ROC curve, and for the difference of two.

They say how the area would vary on other patients, the model unchanged: nothing of what training
once more, from another seed or on other patients, would change.

Sources
-------
E. R. DeLong, D. M. DeLong, D. L. Clarke-Pearson, "Comparing the areas under two or more
correlated receiver operating characteristic curves: a nonparametric approach", Biometrics 44, 1988.
X. Sun, W. Xu, "Fast implementation of DeLong's algorithm for comparing the areas under correlated
receiver operating characteristic curves", IEEE Signal Processing Letters 21, 2014: by sorting, not
by comparing all pairs (here by binary search in sorted scores, which gives what their midranks do).
"""

import math
import warnings
from typing import NamedTuple

import numpy as np

from tinylstm.evaluation.roc import area, cumulative_counts
from tinylstm.evaluation.scored_labels import check_labels_and_scores

from .intervals import normal_quantile

# With fewer of a class, an interval that claims 95 % holds the true area in 76 to 91 % of samples
# (2 to 5 positives among 50 negatives, areas of 0.70 and 0.85); with 10 of them, in 93 to 94 %.
_FEWEST_IN_A_GROUP = 10


class AUCDifference(NamedTuple):
    """What `delong_difference` finds.

    Attributes
    ----------
    difference : float
        Area of the first scores less that of the second.
    interval : (float, float)
        Its confidence interval.
    p_value : float
        Of the test that the areas are the same, two-sided.
    """

    difference: float
    interval: tuple
    p_value: float


class GroupAUC(NamedTuple):
    """What `auc_by_group` finds in one group.

    Attributes
    ----------
    auc : float
        nan where the group lacks a class.
    interval : (float, float)
        DeLong's; nan where a class has fewer than 10 rows, or the area is exactly 0 or 1.
    n : int
        Number of rows.
    n_positive : int
        How many of them are positive.
    """

    auc: float
    interval: tuple
    n: int
    n_positive: int


def delong_interval(labels, scores, level=0.95):
    """Confidence interval of the area under the ROC curve (DeLong et al. 1988), on the logit scale.

    The interval is symmetric around logit(AUC) and brought back, so that it stays within 0 and 1.
    It keeps its promise better than the one symmetric around the AUC itself: of 4,000 samples of
    20 positives and 120 negatives from normal distributions, the 95 % interval held the true area
    of 0.85 in 94.3 % (the symmetric one: 91.9 %), that of 0.95 in 92.2 % (85.7 %).

    Parameters
    ----------
    labels : array_like (n,) bool or number
        1 (or True) is the positive class, 0 the negative one.
    scores : array_like (n,) float
        Finite; higher means more likely positive. Only their order matters.
    level : float
        Confidence level, between 0 and 1.

    Returns
    -------
    (float, float)
        (0.5, 0.5) of constant scores, whose area is 0.5 in every sample.

    Raises
    ------
    ValueError
        If labels or scores are not of that kind, or the level is not between 0 and 1.

    Warns
    -----
    RuntimeWarning
        If there are fewer than two positives or negatives, or the area is exactly 0 or 1: the
        sample does not show how the area would vary, and the interval is nan.

    Examples
    --------
    >>> low, high = delong_interval([0, 0, 1, 0, 1, 1], [0.1, 0.2, 0.3, 0.4, 0.5, 0.6])
    >>> print(f"{low:.3f} to {high:.3f}")  # of an area of 0.889
    0.261 to 0.995
    """
    positive, scores = check_labels_and_scores(labels, scores)
    quantile = normal_quantile(level)
    interval = math.nan, math.nan
    if _two_of_each(positive):
        interval = _logit_interval(
            _area(positive, scores), *_components(positive, scores), quantile
        )
        if math.isnan(interval[0]):
            warnings.warn(
                "scores: they separate the classes without an error, and DeLong's variance is 0: "
                "the interval is nan",
                RuntimeWarning,
                stacklevel=2,
            )
    return interval


def delong_difference(labels, scores_a, scores_b, level=0.95):
    """Difference of the areas that two scores of the same rows reach (DeLong et al. 1988).

    Parameters
    ----------
    labels : array_like (n,) bool or number
        1 (or True) is the positive class, 0 the negative one.
    scores_a, scores_b : array_like (n,) float
        Finite; higher means more likely positive. The two need not be on one scale.
    level : float
        Confidence level, between 0 and 1.

    Returns
    -------
    AUCDifference
        (difference a - b, interval, p_value); scores in the same order differ by 0, in the
        interval (0, 0), with p = 1.

    Raises
    ------
    ValueError
        If labels or scores are not of that kind, or the level is not between 0 and 1.

    Warns
    -----
    RuntimeWarning
        If there are fewer than two positives or negatives: all is nan. If the difference shows no
        variance, as between scores without an error and constant ones: interval and p are nan.

    Examples
    --------
    >>> labels = [0, 0, 0, 0, 1, 1, 1, 1]
    >>> better, worse = [1, 2, 3, 5, 4, 6, 7, 8], [1, 5, 6, 3, 2, 7, 4, 8]
    >>> difference, interval, p_value = delong_difference(labels, better, worse)
    >>> print(f"{difference:.4f}, {interval[0]:.3f} to {interval[1]:.3f}, p = {p_value:.2f}")
    0.2500, -0.150 to 0.650, p = 0.22
    """
    positive, scores_a = check_labels_and_scores(labels, scores_a, "scores_a")
    _, scores_b = check_labels_and_scores(labels, scores_b, "scores_b")
    quantile = normal_quantile(level)
    if not _two_of_each(positive):
        return AUCDifference(math.nan, (math.nan, math.nan), math.nan)
    v10_a, v01_a = _components(positive, scores_a)
    v10_b, v01_b = _components(positive, scores_b)
    # The components differ row by row, so that the covariance of the two areas is counted in.
    difference = _area(positive, scores_a) - _area(positive, scores_b)
    error = _standard_error(v10_a - v10_b, v01_a - v01_b)
    if error == 0:
        if difference == 0:
            return AUCDifference(0.0, (0.0, 0.0), 1.0)
        warnings.warn(
            f"scores: the areas differ by {difference:g}, and DeLong's variance of that is 0: "
            "interval and p-value are nan",
            RuntimeWarning,
            stacklevel=2,
        )
        return AUCDifference(difference, (math.nan, math.nan), math.nan)
    interval = difference - quantile * error, difference + quantile * error
    return AUCDifference(difference, interval, math.erfc(abs(difference) / error / math.sqrt(2)))


def auc_by_group(labels, scores, groups, level=0.95):
    """Area under the ROC curve within each group of rows, with DeLong's interval.

    Parameters
    ----------
    labels : array_like (n,) bool or number
        1 (or True) is the positive class, 0 the negative one.
    scores : array_like (n,) float
        Finite; higher means more likely positive.
    groups : array_like (n,) str or number
        The group of each row.
    level : float
        Confidence level, between 0 and 1.

    Returns
    -------
    dict of GroupAUC
        By group, in rising order; (auc, interval, n, n_positive) each.

    Raises
    ------
    ValueError
        If labels or scores are not of that kind, the groups are of another shape or one of them is
        nan, or the level is not between 0 and 1.

    Examples
    --------
    >>> sexes = ["f", "f", "m", "f", "m", "m"]
    >>> print(auc_by_group([0, 1, 1, 0, 0, 0], [0.1, 0.3, 0.2, 0.4, 0.1, 0.1], sexes)["f"])
    GroupAUC(auc=0.5, interval=(nan, nan), n=3, n_positive=1)
    """
    positive, scores = check_labels_and_scores(labels, scores)
    quantile = normal_quantile(level)
    groups = np.asarray(groups)
    if groups.shape != positive.shape:
        raise ValueError(f"groups: shape {groups.shape}, expected {positive.shape} as the labels")
    bad = np.flatnonzero(groups != groups)
    if bad.size:
        raise ValueError(f"groups: nan at index {bad[0]}, expected a name for what is unknown too")
    result = {}
    for group in np.unique(groups):
        members = groups == group
        n, n_positive = int(members.sum()), int(positive[members].sum())
        auc, interval = math.nan, (math.nan, math.nan)
        if 0 < n_positive < n:
            v10, v01 = _components(positive[members], scores[members])
            auc = _area(positive[members], scores[members])
            if min(n_positive, n - n_positive) >= _FEWEST_IN_A_GROUP:
                interval = _logit_interval(auc, v10, v01, quantile)
        result[group.item()] = GroupAUC(auc, interval, n, n_positive)
    return result


def _two_of_each(positive):
    """Whether there are two rows of each class; if not, warn the public function's caller."""
    n_positive = int(positive.sum())
    n_negative = positive.size - n_positive
    if min(n_positive, n_negative) >= 2:
        return True
    warnings.warn(
        f"labels: {n_positive} positives and {n_negative} negatives: "
        "without two of each DeLong's variance is nan",
        RuntimeWarning,
        stacklevel=3,
    )
    return False


def _area(positive, scores):
    """The area, exact but for one division: a mean of components would be off in the last bit."""
    return area(*cumulative_counts(positive, scores)[1:])


def _components(positive, scores):
    """DeLong's structural components V10 (m,) and V01 (n,), of positives and of negatives.

    V10 is, for each positive, the share of the negatives that it outscores; V01, for each
    negative, the share of the positives that outscore it; ties count half. The mean of either is
    the area.
    """
    x, y = scores[positive], scores[~positive]
    return _share_below(x, y), 1 - _share_below(y, x)


def _share_below(x, others):
    """For each x, the share of the others that are smaller, ties counted half."""
    others = np.sort(others)
    smaller = np.searchsorted(others, x, side="left")
    not_larger = np.searchsorted(others, x, side="right")
    return (smaller + not_larger) / (2 * others.size)


def _standard_error(v10, v01):
    """Of the mean of the components, each class as a sample of its own."""
    return math.sqrt(v10.var(ddof=1) / v10.size + v01.var(ddof=1) / v01.size)


def _logit_interval(auc, v10, v01, quantile):
    """Interval of the area from its components; nan where the area is 0 or 1."""
    if auc in (0.0, 1.0):
        return math.nan, math.nan
    centre = math.log(auc / (1 - auc))
    half = quantile * _standard_error(v10, v01) / (auc * (1 - auc))
    return tuple((1 + math.tanh(end / 2)) / 2 for end in (centre - half, centre + half))
