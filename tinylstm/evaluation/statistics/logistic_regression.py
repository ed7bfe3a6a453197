"""Logistic regression, by Newton's method.

Sources
-------
T. Hastie, R. Tibshirani, J. Friedman, The Elements of Statistical Learning, 2nd edition, 2009,
sections 4.4.1 (Newton's method as reweighted least squares) and 4.4.4 (the penalty).
S. Boyd, L. Vandenberghe, Convex Optimization, 2004, section 9.5 (damped Newton's method).
"""

from dataclasses import dataclass

import numpy as np

from tinylstm.small.arrays import is_constant, plain_array


@dataclass(frozen=True, eq=False, repr=False)
class LogisticRegression:
    """Logistic regression with a quadratic penalty on the weights, on z-scores of its features.

    ``p = sigmoid(intercept + sum_j weights_j (x_j - mean_j) / std_j)``; a feature that is nan
    counts as its mean, that is as 0.

    Attributes
    ----------
    weights : ndarray (D,) float64
        Change of the log-odds by one standard deviation of each feature.
    intercept : float
        Log-odds at the mean of all features.
    mean, std : ndarray (D,) float64
        Of the training rows' values that are not nan; std is the population's, and 1 where a
        feature is constant.
    """

    weights: np.ndarray
    intercept: float
    mean: np.ndarray
    std: np.ndarray

    def __repr__(self):
        return f"LogisticRegression({len(self.weights)} features)"

    @classmethod
    def fit(cls, features, labels, l2):
        """Find the weights that minimise cross-entropy plus penalty, by Newton's method.

        The objective is ``(1/n) sum_i -log p(label_i) + (l2/2) sum_j weights_j**2``, the intercept
        without penalty; it is strictly convex, so that there is one solution, and it does not
        depend on the features' scales, since the weights act on z-scores.

        Parameters
        ----------
        features : array_like (n, D) float
            Training rows; nan where unknown.
        labels : array_like (n,) bool or number
            0 or 1, both of them present.
        l2 : float
            Strength of the penalty, above 0.

        Returns
        -------
        LogisticRegression

        Raises
        ------
        ValueError
            If a shape is wrong, a feature is infinite, a label is neither 0 nor 1, a class is
            missing, or l2 is not above 0.

        Examples
        --------
        >>> x, y = [[1.0], [2.0], [3.0], [4.0]], [0, 1, 0, 1]
        >>> model = LogisticRegression.fit(x, y, l2=0.1)
        >>> print(np.round(model.probabilities([[1.0], [2.5], [np.nan]]), 3))
        [0.291 0.5   0.5  ]
        """
        x = _finite_or_nan(features)
        y = plain_array("labels", labels)
        if y.shape != (len(x),):
            raise ValueError(f"labels: shape {y.shape}, expected ({len(x)},) as the features' rows")
        if set(np.unique(y).tolist()) != {0, 1}:
            raise ValueError(f"labels: values {np.unique(y)}, expected 0 and 1, both of them")
        if not 0 < l2 < np.inf:
            raise ValueError(f"l2={l2!r}, expected a finite number above 0")
        mean = np.nan_to_num(measured_mean(x))
        std = np.nan_to_num(np.sqrt(measured_mean((x - mean) ** 2)))
        std[is_constant(np.fmin.reduce(x), np.fmax.reduce(x))] = 1.0
        z = np.nan_to_num((x - mean) / std)
        intercept, *weights = newton(np.column_stack([np.ones(len(z)), z]), y, l2)
        return cls(np.array(weights), float(intercept), mean, std)

    def probabilities(self, features):
        """Probability of the positive class.

        Parameters
        ----------
        features : array_like (n, D) float
            nan where unknown.

        Returns
        -------
        ndarray (n,) float64

        Raises
        ------
        ValueError
            If the shape is wrong or a feature is infinite.
        """
        x = _finite_or_nan(features)
        if x.shape[1] != len(self.weights):
            raise ValueError(f"features: shape {x.shape}, expected (n, {len(self.weights)})")
        return sigmoid(self.intercept + np.nan_to_num((x - self.mean) / self.std) @ self.weights)


def newton(a, y, l2):
    """The theta (P,) least in `LogisticRegression.fit`'s objective; a (n, P), column 0 is 1."""
    n, width = a.shape
    penalty = np.full(width, l2)
    penalty[0] = 0.0

    def objective(theta):
        eta = a @ theta
        return np.mean(np.logaddexp(0, eta) - y * eta) + penalty @ theta**2 / 2

    theta = np.zeros(width)
    theta[0] = np.log(np.mean(y) / (1 - np.mean(y)))
    while True:
        p = sigmoid(a @ theta)
        gradient = a.T @ (p - y) / n + penalty * theta
        scaled = a * np.sqrt(p * (1 - p) / n)[:, None]
        hessian = scaled.T @ scaled + np.diag(penalty)
        step = np.linalg.solve(hessian, gradient)
        decrement = gradient @ step
        # So near, a full step leaves an error of the order of its square: below rounding.
        if decrement < 1e-12:
            return theta - step
        # Far from the minimum a full step may go too far; half of it, and so on, until it pays.
        size = 1.0
        while objective(theta - size * step) > objective(theta) - size * decrement / 4:
            size /= 2
        theta = theta - size * step


def sigmoid(eta):
    return (1 + np.tanh(eta / 2)) / 2


def measured_mean(x):
    """Mean (D,) of each column's values (n, D) that are not nan; nan where there is none."""
    measured = ~np.isnan(x)
    count = measured.sum(axis=0)
    total = np.where(measured, x, 0.0).sum(axis=0)
    return np.divide(total, count, out=np.full(x.shape[1], np.nan), where=count > 0)


def _finite_or_nan(features):
    """The features as a float64 array (n, D), checked."""
    x = plain_array("features", features, dtype=np.float64)
    if x.ndim != 2 or len(x) == 0:
        raise ValueError(f"features: shape {x.shape}, expected (n, D) with n of at least 1")
    if np.isinf(x).any():
        raise ValueError("features: an infinite value, expected numbers or nan")
    return x
