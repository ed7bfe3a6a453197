"""ROC and precision-recall curves, and the areas under them.

A curve has one point a threshold: a score of at least the threshold counts as a prediction of
the positive class. Everything here starts from two running counts, the true and the false
positives as the threshold falls from infinity to the lowest score; tied scores are one step.

Sources
-------
T. Fawcett, "An introduction to ROC analysis", Pattern Recognition Letters 27, 2006,
algorithms 1 (the points) and 2 (the area).
J. A. Hanley, B. J. McNeil, "The meaning and use of the area under a receiver operating
characteristic (ROC) curve", Radiology 143, 1982 (the area as a probability).
J. Davis, M. Goadrich, "The relationship between precision-recall and ROC curves", ICML 2006.
"""

import math
import warnings
from dataclasses import dataclass, field

import numpy as np

from .scored_labels import check_labels_and_scores, warn_of_one_class


def area(tp, fp):
    """Area under the points (fp, tp) (m + 1,), joined by straight lines, as a share of the whole.

    In integers, divided once: 1 exactly where the classes separate, and never more. nan where one
    class is missing.

    >>> area(np.array([0, 3, 4]), np.array([0, 1, 2]))
    0.625
    """
    # Each trapezoid twice: its width by the sum of its heights.
    twice = int(np.sum((fp[1:] - fp[:-1]) * (tp[1:] + tp[:-1])))
    whole = 2 * int(tp[-1]) * int(fp[-1])
    return twice / whole if whole else math.nan


def cumulative_counts(labels, scores):
    """Count true and false positives at every distinct score, from the highest to the lowest.

    Labels (n,) of 0 and 1 and scores (n,) give thresholds, tp and fp (m + 1,): inf and the m
    distinct scores in falling order, and how many positives and negatives have at least that.

    >>> thresholds, tp, fp = cumulative_counts([1, 0, 1, 0], [0.9, 0.4, 0.4, 0.1])
    >>> print(thresholds, tp, fp)
    [inf 0.9 0.4 0.1] [0 1 2 2] [0 0 1 2]
    """
    positive, scores = check_labels_and_scores(labels, scores)
    falling = np.argsort(scores)[::-1]
    scores = scores[falling]
    # A run of tied scores is one step, taken after its last row: the order within says nothing.
    last = np.append(np.flatnonzero(scores[1:] != scores[:-1]), scores.size - 1)
    tp = np.cumsum(positive[falling])[last]
    fp = last + 1 - tp
    return np.append(np.inf, scores[last]), np.append(0, tp), np.append(0, fp)


@dataclass(frozen=True, eq=False)
class ROC:
    """A receiver operating characteristic curve.

    Attributes
    ----------
    fpr : ndarray (m + 1,) float64
        False positive rate, the share of the negatives at or above each threshold; rises from 0
        to 1. nan without negatives.
    tpr : ndarray (m + 1,) float64
        True positive rate, the share of the positives at or above each threshold; rises from 0
        to 1. nan without positives.
    thresholds : ndarray (m + 1,) float64
        In falling order; the first is inf, where nothing is predicted positive.
    auc : float
        Area under the curve by the trapezoidal rule: the probability that a positive scores higher
        than a negative, ties counted half (Hanley and McNeil 1982). nan where one class is missing.
    n_positive, n_negative : int
        How many labels of each class there are.
    """

    fpr: np.ndarray = field(repr=False)
    tpr: np.ndarray = field(repr=False)
    thresholds: np.ndarray = field(repr=False)
    auc: float
    n_positive: int
    n_negative: int

    @classmethod
    def from_counts(cls, thresholds, tp, fp):
        """The curve of running counts (m + 1,); nan, and no warning, where one class is missing.

        >>> thresholds = np.array([np.inf, 0.5, 0.0])
        >>> print(ROC.from_counts(thresholds, np.array([0, 3, 4]), np.array([0, 1, 2])))
        ROC(auc=0.625, n_positive=4, n_negative=2)
        """
        tpr, fpr = _share(tp), _share(fp)
        return cls(fpr, tpr, thresholds, area(tp, fp), int(tp[-1]), int(fp[-1]))


@dataclass(frozen=True, eq=False)
class PrecisionRecall:
    """A precision-recall curve.

    Attributes
    ----------
    precision : ndarray (m + 1,) float64
        Share of positives among the rows at or above each threshold; 1 by convention where there
        is no such row. The last is the share of positives among all rows.
    recall : ndarray (m + 1,) float64
        Share of the positives at or above each threshold (the ROC's true positive rate); rises
        from 0 to 1. nan without positives.
    thresholds : ndarray (m + 1,) float64
        In falling order; the first is inf.
    average_precision : float
        Sum of every point's precision times its gain in recall. It is not the trapezoidal area:
        between two points precision does not change linearly with recall (Davis and Goadrich 2006,
        section 4), and over a wide gap, as ties leave it, a straight line promises too much. A
        score that knows nothing has the share of positives. nan without positives.
    """

    precision: np.ndarray = field(repr=False)
    recall: np.ndarray = field(repr=False)
    thresholds: np.ndarray = field(repr=False)
    average_precision: float

    @classmethod
    def from_counts(cls, thresholds, tp, fp):
        """The curve of running counts (m + 1,); nan, and no warning, without positives."""
        precision = np.divide(tp, tp + fp, out=np.ones(len(tp)), where=tp + fp > 0)
        recall = _share(tp)
        # Divided once, at the end: exactly 1 where every positive comes before the negatives.
        gains = float(np.sum((tp[1:] - tp[:-1]) * precision[1:]))
        average_precision = gains / int(tp[-1]) if tp[-1] else math.nan
        return cls(precision, recall, thresholds, average_precision)


def _share(counts):
    """Running counts (m + 1,) as a share of the last one; nan where that is 0."""
    return counts / counts[-1] if counts[-1] else np.full(len(counts), np.nan)


def roc_curve(labels, scores):
    """ROC curve of scores, with every distinct score as a threshold.

    No point is left out, those on a straight line between their neighbours neither.

    Parameters
    ----------
    labels : array_like (n,) bool or number
        1 (or True) is the positive class, 0 the negative one.
    scores : array_like (n,) float
        Finite; higher means more likely positive.

    Returns
    -------
    ROC
        From (0, 0), with threshold inf, to (1, 1); tied scores are one step.

    Raises
    ------
    ValueError
        If labels or scores are not of that kind, or masked arrays with values left out.

    Warns
    -----
    RuntimeWarning
        If one class is missing: its rate and the area are nan.

    Examples
    --------
    >>> roc = roc_curve([1, 0, 1, 0], [0.9, 0.4, 0.4, 0.1])
    >>> print(roc.fpr, roc.tpr, roc.thresholds)
    [0.  0.  0.5 1. ] [0.  0.5 1.  1. ] [inf 0.9 0.4 0.1]
    >>> roc.auc
    0.875
    """
    roc = ROC.from_counts(*cumulative_counts(labels, scores))
    warn_of_one_class(roc.n_positive, roc.n_negative)
    return roc


def precision_recall_curve(labels, scores):
    """Precision-recall curve of scores, with every distinct score as a threshold.

    Parameters
    ----------
    labels : array_like (n,) bool or number
        1 (or True) is the positive class, 0 the negative one.
    scores : array_like (n,) float
        Finite; higher means more likely positive.

    Returns
    -------
    PrecisionRecall
        From recall 0, with threshold inf, to recall 1; tied scores are one step.

    Raises
    ------
    ValueError
        If labels or scores are not of that kind, or masked arrays with values left out.

    Warns
    -----
    RuntimeWarning
        If there are no positives: recall and average precision are nan.

    Examples
    --------
    >>> curve = precision_recall_curve([1, 0, 1, 0], [0.9, 0.4, 0.3, 0.1])
    >>> print(curve.recall)
    [0.  0.5 0.5 1.  1. ]
    >>> print(round(curve.average_precision, 4))  # (1/1 + 2/3) / 2
    0.8333
    """
    thresholds, tp, fp = cumulative_counts(labels, scores)
    if tp[-1] == 0:
        warnings.warn(
            f"labels: 0 positives and {fp[-1]} negatives: "
            "without positives the average precision is nan",
            RuntimeWarning,
            stacklevel=2,
        )
    return PrecisionRecall.from_counts(thresholds, tp, fp)
