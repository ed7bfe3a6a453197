"""Recalibration: probabilities that mean what they say, in the order that they had.

A network that was trained until it fits its own records too well ranks new ones rightly and is too
sure of itself: risks of 0.05 and 0.95 that ought to be 0.1 and 0.8. A logistic regression with
its log-odds as the only feature, fitted to records that it has not seen, puts that right.

Sources
-------
J. Platt, "Probabilistic outputs for support vector machines and comparisons to regularized
likelihood methods", Advances in Large Margin Classifiers, 1999 (a sigmoid with two parameters, by
maximum likelihood, on held-out rows; here of log-odds, where slope 1 and intercept 0 change
nothing).
D. R. Cox, "Two further applications of a model for binary regression", Biometrika 45, 1958 (slope
and intercept on log-odds as a check of stated probabilities).
"""

from dataclasses import dataclass

import numpy as np

from tinylstm.evaluation.scored_labels import check_probabilities

from .logistic_regression import newton, sigmoid

# Below the rounding of 1 - p: a probability that has become 0 or 1 gets log-odds of about 37.
SMALLEST = 2.0**-53
# Of the slope, by the standard deviation of the log-odds. It is felt only where deaths and
# survivals do not overlap, and the likelihood has no maximum.
L2 = 1e-8


@dataclass(frozen=True)
class Recalibration:
    """New log-odds = intercept + slope times the old ones.

    Attributes
    ----------
    slope : float
        Above 0, so that the order and with it every AUC stay. Below 1 where the probabilities
        were too sure.
    intercept : float

    Examples
    --------
    >>> recalibration = Recalibration(slope=0.5, intercept=0.0)
    >>> print(recalibration(np.array([0.1, 0.5, 0.9])))
    [0.25 0.5  0.75]
    """

    slope: float
    intercept: float

    @classmethod
    def fit(cls, labels, probabilities):
        """Find slope and intercept of greatest likelihood, by Newton's method.

        Parameters
        ----------
        labels : array_like (n,) bool or number
            0 or 1, both of them present.
        probabilities : array_like (n,) float
            Of class 1, from models that have not seen these rows.

        Returns
        -------
        Recalibration
            Where the likelihood asks for a slope of 0 or less, or all probabilities are the same,
            they know nothing of the labels, and nothing is done: slope 1, intercept 0.

        Raises
        ------
        ValueError
            If labels or probabilities are not of that kind.

        Examples
        --------
        Of 10 rows at a risk of 0.1 there died 2, of 10 at 0.9 there died 8:

        >>> labels = np.repeat([1, 0, 1, 0], [2, 8, 8, 2])
        >>> recalibration = Recalibration.fit(labels, np.repeat([0.1, 0.9], 10))
        >>> print(np.round(recalibration(np.array([0.1, 0.9])), 4))
        [0.2 0.8]
        """
        positive, probabilities = check_probabilities(labels, probabilities)
        if positive.all() or not positive.any():
            raise ValueError(f"labels: all of them {int(positive[0])}, expected both 0 and 1")
        x = log_odds(probabilities)
        if x.min() == x.max():
            return cls(1.0, 0.0)
        z = (x - x.mean()) / x.std()
        intercept, slope = newton(np.column_stack([np.ones(len(z)), z]), positive, L2)
        slope /= x.std()
        if slope <= 0:
            return cls(1.0, 0.0)
        return cls(float(slope), float(intercept - slope * x.mean()))

    def __call__(self, probabilities):
        """Recalibrate probabilities.

        Parameters
        ----------
        probabilities : ndarray of any shape, float
            0 to 1.

        Returns
        -------
        ndarray of the same shape, float64
        """
        return sigmoid(self.intercept + self.slope * log_odds(probabilities))


def log_odds(probabilities):
    p = np.clip(probabilities, SMALLEST, 1 - SMALLEST)
    return np.log(p) - np.log1p(-p)
