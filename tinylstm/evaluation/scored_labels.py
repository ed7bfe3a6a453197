"""What the evaluations demand of labels and scores, and how they say so."""

import warnings

import numpy as np


def check_labels_and_scores(labels, scores, name="scores"):
    """Demand labels of 0 and 1 and as many finite scores.

    Parameters
    ----------
    labels : array_like, shape (n,), bool or number
    scores : array_like, shape (n,), float
    name : str
        What the scores are called in a message.

    Returns
    -------
    positive : ndarray, shape (n,), bool
        Where the label is 1.
    scores : ndarray, shape (n,), float64

    Raises
    ------
    ValueError
        If there is no row, a shape is not (n,), the lengths differ, a label is neither 0 nor 1 or
        a score is not finite.

    Examples
    --------
    >>> positive, scores = check_labels_and_scores([1, 0], [3, 2])
    >>> print(positive, scores)
    [ True False] [3. 2.]
    """
    labels = np.asarray(labels)
    scores = np.asarray(scores, dtype=np.float64)
    for array_name, array in (("labels", labels), (name, scores)):
        if array.ndim != 1 or array.size == 0:
            raise ValueError(
                f"{array_name}: shape {array.shape}, expected (n,) with n of at least 1"
            )
    if labels.shape != scores.shape:
        raise ValueError(f"{name}: shape {scores.shape}, expected {labels.shape} as the labels")
    bad = np.flatnonzero((labels != 0) & (labels != 1))
    if bad.size:
        raise ValueError(f"labels: {labels[bad[0]]} at index {bad[0]}, expected 0 or 1")
    bad = np.flatnonzero(~np.isfinite(scores))
    if bad.size:
        raise ValueError(f"{name}: {scores[bad[0]]} at index {bad[0]}, expected a finite number")
    return labels == 1, scores


def check_probabilities(labels, probabilities):
    """Demand labels of 0 and 1 and as many probabilities.

    Parameters
    ----------
    labels : array_like, shape (n,), bool or number
    probabilities : array_like, shape (n,), float

    Returns
    -------
    positive : ndarray, shape (n,), bool
        Where the label is 1.
    probabilities : ndarray, shape (n,), float64

    Raises
    ------
    ValueError
        As `check_labels_and_scores`, and if a probability is not from 0 to 1.

    Examples
    --------
    >>> check_probabilities([1, 0], [0.5, 1.5])
    Traceback (most recent call last):
    ValueError: probabilities: 1.5 at index 1, expected a number from 0 to 1
    """
    positive, probabilities = check_labels_and_scores(labels, probabilities, "probabilities")
    bad = np.flatnonzero((probabilities < 0) | (probabilities > 1))
    if bad.size:
        raise ValueError(
            f"probabilities: {probabilities[bad[0]]} at index {bad[0]}, "
            "expected a number from 0 to 1"
        )
    return positive, probabilities


def warn_of_one_class(n_positive, n_negative):
    """Warn the public function's caller that a curve has no area, for want of a class.

    Parameters
    ----------
    n_positive, n_negative : int
        How many labels of each class there are.

    Warns
    -----
    RuntimeWarning
        If one of the two is 0.

    Examples
    --------
    >>> warn_of_one_class(2, 3)
    """
    if n_positive == 0 or n_negative == 0:
        warnings.warn(
            f"labels: {n_positive} positives and {n_negative} negatives: "
            "without both classes the AUC is nan",
            RuntimeWarning,
            stacklevel=3,
        )
