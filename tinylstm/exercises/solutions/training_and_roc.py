"""Solutions of notebook 7: a step of SGD, the ROC curve and its area."""

import numpy as np


def sgd_step(parameters, gradients, learning_rate):
    """One step of stochastic gradient descent.

    Parameters
    ----------
    parameters, gradients : dict of ndarray
        Of the same names and shapes.
    learning_rate : float

    Returns
    -------
    parameters : dict of ndarray
        New arrays; what was passed in stays as it is.
    """
    return {name: w - learning_rate * gradients[name] for name, w in parameters.items()}


def roc_points(labels, scores):
    """The points of the ROC curve, from (0, 0) to (1, 1): one for each distinct score.

    A score of at least the threshold counts as positive; the thresholds are infinity and then the
    distinct scores, falling.

    Parameters
    ----------
    labels : ndarray (n,) int
        1: positive, 0: negative; both occur.
    scores : ndarray (n,)
        Some are tied.

    Returns
    -------
    fpr, tpr : ndarray (m + 1,)
        The shares of the negatives and of the positives that count as positive; m distinct scores.
    """
    thresholds = np.unique(scores)[::-1]
    predicted = scores >= thresholds[:, None]
    fpr = (predicted & (labels == 0)).sum(axis=1) / (labels == 0).sum()
    tpr = (predicted & (labels == 1)).sum(axis=1) / (labels == 1).sum()
    return np.append(0, fpr), np.append(0, tpr)


def trapezoid(x, y):
    """The area under the straight lines that join the points (x, y).

    Parameters
    ----------
    x, y : ndarray (n,)
        x in rising order.

    Returns
    -------
    area : float
    """
    return np.sum((x[1:] - x[:-1]) * (y[1:] + y[:-1]) / 2)


def auc_by_pairs(labels, scores):
    """The chance that a positive scores higher than a negative, by counting all pairs of the two.

    Parameters
    ----------
    labels : ndarray (n,) int
        1: positive, 0: negative; both occur.
    scores : ndarray (n,)
        A tied pair counts a half.

    Returns
    -------
    auc : float
    """
    difference = scores[labels == 1][:, None] - scores[labels == 0]
    return np.mean((difference > 0) + 0.5 * (difference == 0))
