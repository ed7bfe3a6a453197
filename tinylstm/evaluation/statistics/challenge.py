"""The two scores of the PhysioNet/Computing in Cardiology Challenge 2012.

Event 1 asks who will die, event 2 how likely it is.

Sources
-------
I. Silva, G. Moody, D. J. Scott, L. A. Celi, R. G. Mark, "Predicting in-hospital mortality of ICU
patients: the PhysioNet/Computing in Cardiology Challenge 2012", Computing in Cardiology 39, 2012.
The Challenge's own scoring programs, genresults.m (version 2.0, event 1) and lemeshow.m
(version 1.4, event 2), to be found among physionet.org/content/challenge-2012/1.0.0/sources.
D. W. Hosmer, S. Lemeshow, Applied Logistic Regression, 2000 (the statistic behind event 2).
"""

import math
import warnings
from dataclasses import dataclass

import numpy as np

from tinylstm.evaluation.roc import cumulative_counts
from tinylstm.evaluation.scored_labels import check_labels_and_scores, check_probabilities


@dataclass(frozen=True)
class ConfusionCounts:
    """How predictions at one threshold turned out.

    Attributes
    ----------
    tp, fp : int
        Positives and negatives that were predicted positive.
    fn, tn : int
        Positives and negatives that were predicted negative.
    """

    tp: int
    fp: int
    fn: int
    tn: int

    @property
    def sensitivity(self):
        """Share of the positives that were predicted positive (float); nan without positives."""
        return self.tp / (self.tp + self.fn) if self.tp + self.fn else math.nan

    @property
    def positive_predictive_value(self):
        """Share of positives among those predicted positive (float); nan if nobody was."""
        return self.tp / (self.tp + self.fp) if self.tp + self.fp else math.nan


def confusion_counts(labels, scores, threshold):
    """Count right and wrong predictions, where a score of at least the threshold means positive.

    Parameters
    ----------
    labels : array_like (n,) bool or number
        1 (or True) is the positive class, 0 the negative one.
    scores : array_like (n,) float
        Finite: probabilities, or points such as those of SAPS-I.
    threshold : float

    Returns
    -------
    ConfusionCounts

    Raises
    ------
    ValueError
        If labels or scores are not of that kind, or the threshold is nan.

    Examples
    --------
    >>> counts = confusion_counts([1, 0, 1, 0], [0.9, 0.4, 0.4, 0.1], threshold=0.4)
    >>> print(counts)
    ConfusionCounts(tp=2, fp=1, fn=0, tn=1)
    >>> print(counts.sensitivity, round(counts.positive_predictive_value, 3))
    1.0 0.667
    """
    positive, scores = check_labels_and_scores(labels, scores)
    if math.isnan(threshold):
        raise ValueError("threshold: nan, expected a number")
    predicted = scores >= threshold
    return ConfusionCounts(
        tp=int(np.sum(predicted & positive)),
        fp=int(np.sum(predicted & ~positive)),
        fn=int(np.sum(~predicted & positive)),
        tn=int(np.sum(~predicted & ~positive)),
    )


def event1(labels, scores, threshold):
    """The Challenge's event 1: the smaller of sensitivity and positive predictive value.

    Parameters
    ----------
    labels : array_like (n,) bool or number
        1 (or True) is the positive class, 0 the negative one.
    scores : array_like (n,) float
        Finite: probabilities, or points such as those of SAPS-I.
    threshold : float
        A score of at least that means positive; chosen on other rows (see `best_threshold`).

    Returns
    -------
    float
        0 to 1, 1 is best; 0 where nothing is predicted positive, as the Challenge has it.

    Raises
    ------
    ValueError
        If labels or scores are not of that kind, or the threshold is nan.

    Warns
    -----
    RuntimeWarning
        If there are no positives: the score is nan.

    Examples
    --------
    >>> print(round(event1([1, 0, 1, 0], [0.9, 0.4, 0.4, 0.1], threshold=0.4), 3))
    0.667
    """
    counts = confusion_counts(labels, scores, threshold)
    if counts.tp + counts.fn == 0:
        warnings.warn(
            f"labels: 0 positives and {counts.fp + counts.tn} negatives: "
            "without positives event 1 is nan",
            RuntimeWarning,
            stacklevel=2,
        )
        return math.nan
    # Both shares have the numerator tp: the larger denominator makes the smaller share.
    return counts.tp / (counts.tp + max(counts.fn, counts.fp))


def best_threshold(labels, scores):
    """The threshold with the best event 1 on these rows: on training rows, never on those judged.

    Parameters
    ----------
    labels : array_like (n,) bool or number
        1 (or True) is the positive class, 0 the negative one.
    scores : array_like (n,) float
        Finite: probabilities, or points such as those of SAPS-I.

    Returns
    -------
    float
        One of the scores; where several are as good the highest, which predicts the fewest
        positives.

    Raises
    ------
    ValueError
        If labels or scores are not of that kind, or there are no positives.

    Examples
    --------
    >>> print(best_threshold([1, 0, 1, 0, 0], [0.9, 0.5, 0.4, 0.1, 0.1]))
    0.4
    """
    thresholds, tp, fp = cumulative_counts(labels, scores)
    if tp[-1] == 0:
        raise ValueError(f"labels: 0 positives and {fp[-1]} negatives: no threshold is best")
    # The first threshold is inf, where tp is 0: another is always better.
    return float(thresholds[np.argmax(tp / np.maximum(tp[-1], tp + fp))])


def event2(labels, probabilities):
    """The Challenge's event 2: the Hosmer-Lemeshow statistic H over the range of predicted risk.

    Rows are sorted by risk and cut into tenths, g = 0 to 9. With n_g rows in a tenth, d_g deaths
    among them and mean risk r_g::

        H = sum_g (d_g - n_g r_g)**2 / (n_g r_g (1 - r_g) + 0.001)
        event 2 = H / (r_9 - r_0)

    Rows of the same risk stay in the order given, as they do in the Challenge's program. That
    program drops the n mod 10 rows of highest risk; here tenths differ by one row, the larger ones
    first, and nobody is dropped. For 4,000 rows it is the same.

    Parameters
    ----------
    labels : array_like (n,) bool or number
        1 (or True) is the positive class, 0 the negative one.
    probabilities : array_like (n,) float
        Of the positive class, 0 to 1; at least 10 rows.

    Returns
    -------
    float
        0 is best. It grows with n, the miscalibration unchanged: only sets of one size compare.
        inf where the risk is the same for everybody.

    Raises
    ------
    ValueError
        If labels or probabilities are not of that kind, or there are fewer than 10 rows.

    Examples
    --------
    Risks of 0.1 and 0.9 for 20 rows each, with 2 and 18 deaths, but not in the same tenths:

    >>> labels = np.repeat([1, 0, 1, 0], [2, 18, 18, 2])
    >>> probabilities = np.repeat([0.1, 0.9], 20)
    >>> print(round(event2(labels, probabilities), 1))  # H = 2 (1.6**2 + 4 (0.4**2)) / 0.361
    22.2
    """
    positive, probabilities = check_probabilities(labels, probabilities)
    n = probabilities.size
    if n < 10:
        raise ValueError(f"probabilities: shape {probabilities.shape}, expected at least 10 rows")
    rising = np.argsort(probabilities, kind="stable")
    if probabilities[rising[0]] == probabilities[rising[-1]]:
        return math.inf
    h, risks = 0.0, []
    for tenth in np.array_split(rising, 10):
        risk, deaths = probabilities[tenth].mean(), positive[tenth].sum()
        variance = tenth.size * risk * (1 - risk)
        h += (deaths - tenth.size * risk) ** 2 / (variance + 0.001)
        risks.append(risk)
    return float(h / (risks[-1] - risks[0]))
