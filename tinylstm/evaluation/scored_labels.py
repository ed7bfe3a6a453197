"""What the evaluations demand of labels and scores, and how they say so."""

import warnings

import numpy as np

from tinylstm.small.arrays import plain_array


def check_labels_and_scores(labels, scores, name="scores"):
    """Labels of 0 and 1 and as many finite scores: where the label is 1 (n,), and float64 (n,).

    `name` is what the scores are called in a message.

    >>> positive, scores = check_labels_and_scores([1, 0], [3, 2])
    >>> print(positive, scores)
    [ True False] [3. 2.]
    """
    labels, scores = plain_array("labels", labels), plain_array(name, scores)
    for array_name, array in (("labels", labels), (name, scores)):
        if array.ndim != 1 or array.size == 0:
            raise ValueError(
                f"{array_name}: shape {array.shape}, expected (n,) with n of at least 1"
            )
        if array.dtype.kind not in "biufO" or isinstance(array[0], str | bytes):
            what = "text" if isinstance(array[0], str | bytes) else f"dtype {array.dtype}"
            shown = repr(array[:1].tolist()[0])
            raise ValueError(f"{array_name}: {shown} at index 0 is {what}, expected numbers")
    if labels.shape != scores.shape:
        raise ValueError(f"{name}: shape {scores.shape}, expected {labels.shape} as the labels")
    bad = np.flatnonzero((labels != 0) & (labels != 1))
    if bad.size:
        raise ValueError(f"labels: {labels[bad[0]]} at index {bad[0]}, expected 0 or 1")
    scores = scores.astype(np.float64)
    bad = np.flatnonzero(~np.isfinite(scores))
    if bad.size:
        raise ValueError(f"{name}: {scores[bad[0]]} at index {bad[0]}, expected a finite number")
    return labels == 1, scores


def check_probabilities(labels, probabilities):
    """As `check_labels_and_scores`, of probabilities: from 0 to 1."""
    positive, probabilities = check_labels_and_scores(labels, probabilities, "probabilities")
    bad = np.flatnonzero((probabilities < 0) | (probabilities > 1))
    if bad.size:
        raise ValueError(
            f"probabilities: {probabilities[bad[0]]} at index {bad[0]}, "
            "expected a number from 0 to 1"
        )
    return positive, probabilities


def warn_of_one_class(n_positive, n_negative):
    """Warn the public function's caller that a curve has no area, for want of a class."""
    if n_positive == 0 or n_negative == 0:
        warnings.warn(
            f"labels: {n_positive} positives and {n_negative} negatives: "
            "without both classes the AUC is nan",
            RuntimeWarning,
            stacklevel=3,
        )
