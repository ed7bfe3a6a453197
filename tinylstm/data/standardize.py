"""Features as z-scores, by the mean and standard deviation of training data alone."""

import numpy as np

from .sequences import SequenceDataset


class Standardizer:
    """Mean and standard deviation of every feature, over the real steps of all examples.

    The standard deviation is the population's. Where a feature is constant it is taken as 1, so
    that the feature becomes 0.

    Parameters
    ----------
    mean, std : ndarray, shape (D,), float64, optional
        What an earlier `fit` found; std > 0.

    Attributes
    ----------
    mean, std : ndarray, shape (D,), float64
        None before `fit`.

    Raises
    ------
    ValueError
        If only one of the two is given, or their shapes or values will not do.

    Examples
    --------
    >>> from tinylstm.data import SequenceDataset
    >>> train = SequenceDataset([[[1.0, 7.0], [3.0, 7.0]]], [[0]], n_classes=2)
    >>> standardizer = Standardizer().fit(train)
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
        self.mean = np.asarray(mean, dtype=np.float64)
        self.std = np.asarray(std, dtype=np.float64)
        if self.mean.ndim != 1 or self.mean.shape != self.std.shape:
            raise ValueError(
                f"mean: shape {self.mean.shape}, std: shape {self.std.shape}, expected (D,) both"
            )
        if not (np.isfinite(self.mean).all() and np.isfinite(self.std).all()):
            raise ValueError("mean and std: expected finite numbers")
        if not (self.std > 0).all():
            raise ValueError(f"std: least value {self.std.min()}, expected all above 0")

    def fit(self, dataset):
        """Take the mean and standard deviation from a dataset.

        Parameters
        ----------
        dataset : SequenceDataset
            The training data.

        Returns
        -------
        Standardizer
            This one.

        Examples
        --------
        >>> from tinylstm.data import SequenceDataset
        >>> train = SequenceDataset([[[1.0, 7.0], [3.0, 7.0]]], [[0]], n_classes=2)
        >>> standardizer = Standardizer().fit(train)
        >>> print(standardizer.mean, standardizer.std)
        [2. 7.] [1. 1.]
        """
        lowest = np.min([x.min(axis=0) for x in dataset.features], axis=0)
        spread = np.max([x.max(axis=0) for x in dataset.features], axis=0) - lowest
        spread[spread == 0] = 1.0
        # Moments of the values' places in their range, 0 to 1: a large offset takes no digits
        # there, a constant is exactly 0, and no square overflows.
        n_steps = sum(len(x) for x in dataset.features)
        mean = sum(((x - lowest) / spread).sum(axis=0) for x in dataset.features) / n_steps
        variance = (
            sum(np.square((x - lowest) / spread - mean).sum(axis=0) for x in dataset.features)
            / n_steps
        )
        self.mean = lowest + spread * mean
        self.std = spread * np.sqrt(variance)
        self.std[self.std == 0] = 1.0
        return self

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
            Before `fit`, or if the number of features is another.

        Examples
        --------
        >>> from tinylstm.data import SequenceDataset
        >>> test = SequenceDataset([[[5.0], [1.0]], [[2.0]]], [[0], [1]], n_classes=2)
        >>> standardizer = Standardizer(mean=[2.0], std=[0.5])
        >>> [x.tolist() for x in standardizer.transform(test).features]
        [[[6.0], [-2.0]], [[0.0]]]
        """
        if self.mean is None:
            raise ValueError("a Standardizer transforms nothing before fit")
        if dataset.n_features != len(self.mean):
            raise ValueError(
                f"the dataset has {dataset.n_features} features, expected {len(self.mean)} "
                "as in the data this Standardizer was fitted on"
            )
        features = [(x - self.mean) / self.std for x in dataset.features]
        return SequenceDataset(features, dataset.labels, dataset.n_classes)
