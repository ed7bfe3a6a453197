"""Layouts: how records become sequences of features, with statistics of the training records.

Both have ``fit(records)``, ``features(records)``, and ``to_arrays()`` with ``from_arrays(arrays)``
for saving.
"""

from tinylstm.data import SequenceDataset, Standardizer
from tinylstm.data.physionet2012 import (
    HourlyStatistics,
    Statistics,
    fit_hourly_statistics,
    fit_statistics,
    hourly_features,
    record_rows,
)

__all__ = ["LAYOUTS", "HourlyLayout", "RowsLayout"]


class HourlyLayout:
    """48 hourly steps of 122 columns, all of one scale: ``physionet2012.hourly_features``.

    Parameters
    ----------
    statistics : HourlyStatistics
        Of the training records.

    Examples
    --------
    >>> import numpy as np
    >>> from tinylstm.data.physionet2012 import Record
    >>> nothing = np.zeros((3, 0), dtype=int)
    >>> records = [Record(n, 50 + n, 0, np.nan, 4, 70.5, *nothing) for n in range(3)]
    >>> layout = HourlyLayout.fit(records)
    >>> [x.shape for x in layout.features(records[:2])]
    [(48, 122), (48, 122)]
    """

    def __init__(self, statistics):
        self.statistics = statistics

    @classmethod
    def fit(cls, records):
        """Take the statistics from training records.

        Parameters
        ----------
        records : list of Record
            At least one.

        Returns
        -------
        HourlyLayout

        Examples
        --------
        See `HourlyLayout`.
        """
        return cls(fit_hourly_statistics(records))

    def features(self, records):
        """Make features of any records.

        Parameters
        ----------
        records : list of Record
            At least one.

        Returns
        -------
        list of ndarray (48, 122) float64

        Examples
        --------
        See `HourlyLayout`.
        """
        return list(hourly_features(records, self.statistics))

    def to_arrays(self):
        """Give the statistics as arrays, for saving.

        Returns
        -------
        dict of ndarray

        Examples
        --------
        See `from_arrays`.
        """
        return self.statistics.to_arrays()

    @classmethod
    def from_arrays(cls, arrays):
        """Take back what `to_arrays` gave; other arrays are not looked at.

        Parameters
        ----------
        arrays : mapping of ndarray

        Returns
        -------
        HourlyLayout

        Raises
        ------
        KeyError, ValueError
            If an array is missing, or will not do.

        Examples
        --------
        >>> import numpy as np
        >>> from tinylstm.data.physionet2012 import Record
        >>> nothing = np.zeros((3, 0), dtype=int)
        >>> records = [Record(n, 50 + n, 0, np.nan, 4, 70.5, *nothing) for n in range(3)]
        >>> layout = HourlyLayout.fit(records)
        >>> again = HourlyLayout.from_arrays(layout.to_arrays())
        >>> bool((again.features(records)[0] == layout.features(records)[0]).all())
        True
        """
        return cls(HourlyStatistics.from_arrays(arrays))


class RowsLayout:
    """The example's: one step for each time stamp, 86 columns, as z-scores.

    Parameters
    ----------
    statistics : Statistics
        Limits and medians of the training records.
    standardizer : Standardizer
        Mean and standard deviation of their rows.

    Examples
    --------
    >>> import numpy as np
    >>> from tinylstm.data.physionet2012 import Record
    >>> nothing = np.zeros((3, 0), dtype=int)
    >>> records = [Record(n, 50 + n, 0, np.nan, 4, 70.5, *nothing) for n in range(3)]
    >>> layout = RowsLayout.fit(records)
    >>> [x.shape for x in layout.features(records[:2])]
    [(1, 86), (1, 86)]
    """

    def __init__(self, statistics, standardizer):
        self.statistics, self.standardizer = statistics, standardizer

    @classmethod
    def fit(cls, records):
        """Take the statistics from training records.

        Parameters
        ----------
        records : list of Record
            At least one.

        Returns
        -------
        RowsLayout

        Examples
        --------
        See `RowsLayout`.
        """
        statistics = fit_statistics(records)
        rows = [record_rows(record, statistics) for record in records]
        without_labels = SequenceDataset(rows, [[]] * len(rows), n_classes=2)
        return cls(statistics, Standardizer().fit(without_labels))

    def features(self, records):
        """Make features of any records.

        Parameters
        ----------
        records : list of Record

        Returns
        -------
        list of ndarray (T_n, 86) float64

        Examples
        --------
        See `RowsLayout`.
        """
        mean, std = self.standardizer.mean, self.standardizer.std
        return [(record_rows(record, self.statistics) - mean) / std for record in records]

    def to_arrays(self):
        """Give the statistics as arrays, for saving.

        Returns
        -------
        dict of ndarray

        Examples
        --------
        See `from_arrays`.
        """
        standardizer = {"row_mean": self.standardizer.mean, "row_std": self.standardizer.std}
        return {**vars(self.statistics), **standardizer}

    @classmethod
    def from_arrays(cls, arrays):
        """Take back what `to_arrays` gave; other arrays are not looked at.

        Parameters
        ----------
        arrays : mapping of ndarray

        Returns
        -------
        RowsLayout

        Raises
        ------
        KeyError, ValueError
            If an array is missing, or will not do.

        Examples
        --------
        >>> import numpy as np
        >>> from tinylstm.data.physionet2012 import Record
        >>> nothing = np.zeros((3, 0), dtype=int)
        >>> records = [Record(n, 50 + n, 0, np.nan, 4, 70.5, *nothing) for n in range(3)]
        >>> layout = RowsLayout.fit(records)
        >>> again = RowsLayout.from_arrays(layout.to_arrays())
        >>> bool((again.features(records)[0] == layout.features(records)[0]).all())
        True
        """
        statistics = Statistics(*(arrays[name] for name in ("measured", "p1", "median", "p99")))
        return cls(statistics, Standardizer(arrays["row_mean"], arrays["row_std"]))


LAYOUTS = {"hourly": HourlyLayout, "rows": RowsLayout}
