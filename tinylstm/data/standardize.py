"""Features as z-scores, by the mean and standard deviation of training data alone."""

import numpy as np

from tinylstm.small.arrays import is_constant, plain_array

from .sequences import SequenceDataset


class Standardizer:
    """Mean and standard deviation of every feature, over the real steps of all examples.

    The standard deviation is the population's. A feature that is constant, but for rounding, has 1
    instead, and becomes 0.

    Parameters
    ----------
    mean, std : ndarray (D,) float64, optional
        What `fit` found; std > 0. Without them there is nothing to transform with.

    Attributes
    ----------
    mean, std : ndarray (D,) float64, or None

    Raises
    ------
    ValueError
        If only one of the two is given, or their shapes or values will not do.

    Examples
    --------
    >>> from tinylstm.data import SequenceDataset
    >>> train = SequenceDataset([[[1.0, 7.0], [3.0, 7.0]]], [[0]], n_classes=2)
    >>> standardizer = Standardizer.fit(train)
    >>> print(standardizer.transform(train).features[0])
    [[-1.  0.]
     [ 1.  0.]]
    """

    def __init__(self, mean=None, std=None):
        self.mean = self.std = None
        if mean is None and std is None:
            return
        if mean is None or std is None:
            raise ValueError("mean and std: expected both or neither")
        self.mean = plain_array("mean", mean, dtype=np.float64)
        self.std = plain_array("std", std, dtype=np.float64)
        if self.mean.ndim != 1 or self.mean.shape != self.std.shape:
            raise ValueError(
                f"mean: shape {self.mean.shape}, std: shape {self.std.shape}, expected (D,) both"
            )
        if not (np.isfinite(self.mean).all() and np.isfinite(self.std).all()):
            raise ValueError("mean and std: expected finite numbers")
        if not (self.std > 0).all():
            raise ValueError(f"std: least value {self.std.min()}, expected all above 0")

    @classmethod
    def fit(cls, dataset):
        """The standardizer of a dataset. (``Standardizer().fit(dataset)`` gives it as well.)

        Parameters
        ----------
        dataset : SequenceDataset
            The training data.

        Returns
        -------
        Standardizer
            A new one.

        Raises
        ------
        ValueError
            If the range of a feature is beyond what a float64 holds.

        Examples
        --------
        >>> from tinylstm.data import SequenceDataset
        >>> train = SequenceDataset([[[1.0, 7.0], [3.0, 7.0]]], [[0]], n_classes=2)
        >>> Standardizer.fit(train)
        Standardizer(2 features)
        """
        lowest = np.min([x.min(axis=0) for x in dataset.features], axis=0)
        highest = np.max([x.max(axis=0) for x in dataset.features], axis=0)
        with np.errstate(over="ignore"):
            spread = highest - lowest
        if not np.isfinite(spread).all():
            column = int(np.argmin(np.isfinite(spread)))
            raise ValueError(
                f"feature {column} (counted from 0) goes from {lowest[column]:g} to "
                f"{highest[column]:g}, a range that a float64 does not hold"
            )
        constant = is_constant(lowest, highest)
        spread[constant] = 1.0
        # Moments of the values' places in their range, 0 to 1: a large offset takes no digits
        # there, a constant is exactly 0, and no square overflows.
        n_steps = sum(len(x) for x in dataset.features)
        mean = sum(((x - lowest) / spread).sum(axis=0) for x in dataset.features) / n_steps
        variance = (
            sum(np.square((x - lowest) / spread - mean).sum(axis=0) for x in dataset.features)
            / n_steps
        )
        std = spread * np.sqrt(variance)
        std[constant | (std == 0)] = 1.0
        return cls(lowest + spread * mean, std)

    def transform(self, dataset):
        """Standardise a dataset: (features - mean) / std.

        Parameters
        ----------
        dataset : SequenceDataset
            Any data of the same D features.

        Returns
        -------
        SequenceDataset
            A new one.

        Raises
        ------
        ValueError
            If there is no mean and std, the number of features is another, or a value is too far
            from the mean for a z-score that a float64 holds.

        Examples
        --------
        >>> from tinylstm.data import SequenceDataset
        >>> test = SequenceDataset([[[5.0], [1.0]], [[2.0]]], [[0], [1]], n_classes=2)
        >>> standardizer = Standardizer(mean=[2.0], std=[0.5])
        >>> [x.tolist() for x in standardizer.transform(test).features]
        [[[6.0], [-2.0]], [[0.0]]]
        """
        if self.mean is None:
            raise ValueError(
                "this Standardizer has no mean and std: transform with what "
                "Standardizer.fit(dataset) returns"
            )
        if dataset.n_features != len(self.mean):
            raise ValueError(
                f"the dataset has {dataset.n_features} features, expected {len(self.mean)} "
                "as in the data this Standardizer was fitted on"
            )
        with np.errstate(over="ignore", invalid="ignore"):
            features = [(x - self.mean) / self.std for x in dataset.features]
        try:
            return SequenceDataset(features, dataset.labels, dataset.n_classes)
        except ValueError as error:
            what = "as z-scores: the value is too far from the training data's"
            raise ValueError(f"{error} {what}") from None

    def __repr__(self):
        n = "nothing" if self.mean is None else f"{len(self.mean)} features"
        return f"Standardizer({n})"
