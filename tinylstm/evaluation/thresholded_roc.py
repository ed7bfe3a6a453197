"""A ROC curve counted at fixed thresholds, batch by batch, as DeepLearning4j counts it."""

import numpy as np

from tinylstm.small.arrays import plain_array
from tinylstm.small.counts import as_count

from .roc import ROC
from .scored_labels import warn_of_one_class


class ThresholdedROC:
    """A ROC curve counted at fixed thresholds, batch by batch: no score is kept.

    It gives what ``ROC(steps)`` of DeepLearning4j 0.9.1 gives: the thresholds are i / steps, a
    probability of exactly 1 has no step of its own, and the negatives are the rows labelled with
    class 0, so that a step that is padded or has no label is never one of them.

    Parameters
    ----------
    steps : int
        Number of intervals that [0, 1] is divided into.

    Attributes
    ----------
    steps : int
    positives, negatives : ndarray (steps,) int64
        Rows labelled 1 and rows labelled 0, by their probability p of class 1: entry i counts
        i / steps <= p < (i + 1) / steps, the last entry p = 1 too.

    Raises
    ------
    ValueError
        If steps is not a whole number of at least 1.

    Examples
    --------
    >>> counted = ThresholdedROC(steps=10)
    >>> counted.add([[0, 1], [1, 0]], [[0.2, 0.8], [0.9, 0.1]])
    >>> counted.add([[0, 1], [0, 0]], [[0.6, 0.4], [0.5, 0.5]])  # the last row has no label
    >>> print(counted.curve())
    ROC(auc=1.0, n_positive=2, n_negative=1)
    """

    def __init__(self, steps=100):
        self.steps = as_count("steps", steps, least=1)
        self.positives = np.zeros(self.steps, dtype=np.int64)
        self.negatives = np.zeros(self.steps, dtype=np.int64)

    def add(self, labels, probabilities, mask=None):
        """Count the labelled rows of one batch.

        Parameters
        ----------
        labels : array_like (T, N, 2) or (n, 2), number
            One-hot; a row of zeros has no label.
        probabilities : array_like of the shape of `labels`, float
            Of class 0 and class 1; the second column alone is used.
        mask : array_like (T, N) or (n,), bool or 0 and 1, optional
            False: the row does not count, whatever stands in it. None: every labelled row counts.

        Raises
        ------
        ValueError
            If a shape is wrong, the mask holds anything but 0 and 1, a row of labels that counts is
            neither one-hot nor zeros, or the probability of a labelled one is not in [0, 1].
        """
        labels = plain_array("labels", labels)
        probabilities = plain_array("probabilities", probabilities, dtype=np.float64)
        if labels.ndim not in (2, 3) or labels.shape[-1] != 2:
            raise ValueError(f"labels: shape {labels.shape}, expected (T, N, 2) or (n, 2)")
        if probabilities.shape != labels.shape:
            raise ValueError(
                f"probabilities: shape {probabilities.shape}, expected {labels.shape} as the labels"
            )
        mask = np.ones(labels.shape[:-1], dtype=bool) if mask is None else plain_array("mask", mask)
        if mask.shape != labels.shape[:-1]:
            raise ValueError(f"mask: shape {mask.shape}, expected {labels.shape[:-1]}")
        if not ((mask == 0) | (mask == 1)).all():
            raise ValueError("mask: expected nothing but 0 and 1, or False and True")
        mask = mask == 1
        rows = labels[mask]
        bad = ~((rows == 0) | (rows == 1)).all(axis=1) | (rows == 1).all(axis=1)
        if bad.any():
            raise ValueError(f"labels: a row {rows[bad][0]}, expected one-hot or zeros")
        labelled = rows.any(axis=1)
        positive = rows[labelled, 1] == 1
        scores = probabilities[mask][labelled, 1]
        bad = ~((scores >= 0) & (scores <= 1))
        if bad.any():
            raise ValueError(f"probabilities: {scores[bad][0]}, expected a number from 0 to 1")

        edges = np.arange(1, self.steps) / self.steps
        interval = np.searchsorted(edges, scores, side="right")
        self.positives += np.bincount(interval[positive], minlength=self.steps)
        self.negatives += np.bincount(interval[~positive], minlength=self.steps)

    def __repr__(self):
        counts = f"{self.positives.sum()} positives, {self.negatives.sum()} negatives"
        return f"ThresholdedROC({self.steps} steps, {counts})"

    def curve(self):
        """ROC curve of everything added so far.

        Returns
        -------
        ROC
            Of steps + 1 points, at the thresholds inf, (steps - 1) / steps, ..., 1 / steps, 0.

        Raises
        ------
        ValueError
            If no labelled row was added.

        Warns
        -----
        RuntimeWarning
            If one class is missing: its rate and the area are nan.
        """
        tp = np.append(0, np.cumsum(self.positives[::-1]))
        fp = np.append(0, np.cumsum(self.negatives[::-1]))
        if tp[-1] + fp[-1] == 0:
            raise ValueError("no labelled row was added: there is no curve")
        thresholds = np.append(np.inf, np.arange(self.steps)[::-1] / self.steps)
        roc = ROC.from_counts(thresholds, tp, fp)
        warn_of_one_class(roc.n_positive, roc.n_negative)
        return roc
