"""Layouts: how records become sequences of features, with statistics of the training records.

A layout is made by ``fit(records)``; ``features(records)`` gives one array (T_n, D) for each record
and ``hours(record)`` says how many hours of the stay are known after each of its T_n steps.
``columns`` names the D columns. ``to_arrays()`` and ``from_arrays(arrays)`` are for saving; arrays
that are missing, or will not do, are a KeyError or a ValueError.
"""

import numpy as np

from tinylstm.data import SequenceDataset, Standardizer
from tinylstm.data.physionet2012 import (
    COLUMNS,
    HOURLY_COLUMNS,
    HourlyStatistics,
    Statistics,
    fit_hourly_statistics,
    fit_statistics,
    hourly_features,
    record_rows,
)


class HourlyLayout:
    """48 hourly steps of 122 columns, all of one scale: ``physionet2012.hourly_features``."""

    columns = HOURLY_COLUMNS

    def __init__(self, statistics):
        self.statistics = statistics  # HourlyStatistics

    @classmethod
    def fit(cls, records):
        """The layout with the statistics of training records."""
        return cls(fit_hourly_statistics(records))

    def features(self, records):
        """N records -> list of ndarray (48, 122) float64."""
        return list(hourly_features(records, self.statistics))

    def hours(self, record):
        """Each step ends an hour: ndarray (48,)."""
        return np.arange(1.0, 49.0)

    def to_arrays(self):
        """The statistics, by name."""
        return self.statistics.to_arrays()

    @classmethod
    def from_arrays(cls, arrays):
        """Take back what `to_arrays` gave."""
        return cls(HourlyStatistics.from_arrays(arrays))

    def __repr__(self):
        return f"HourlyLayout(48 steps, {len(self.columns)} columns)"


class RowsLayout:
    """The example's: one step for each time stamp, 86 columns, as z-scores."""

    columns = COLUMNS

    def __init__(self, statistics, standardizer):
        self.statistics = statistics  # Statistics: limits and medians of the training records
        self.standardizer = standardizer  # mean and standard deviation of their rows

    @classmethod
    def fit(cls, records):
        """The layout with the statistics of training records."""
        statistics = fit_statistics(records)
        rows = [record_rows(record, statistics) for record in records]
        without_labels = SequenceDataset(rows, [[]] * len(rows), n_classes=2)
        return cls(statistics, Standardizer().fit(without_labels))

    def features(self, records):
        """N records -> list of ndarray (T_n, 86) float64."""
        mean, std = self.standardizer.mean, self.standardizer.std
        return [(record_rows(record, self.statistics) - mean) / std for record in records]

    def hours(self, record):
        """The time stamps: ndarray (T_n,)."""
        return np.union1d(record.minutes, [0]) / 60

    def to_arrays(self):
        """Limits and medians, means and standard deviations, by name."""
        standardizer = {"row_mean": self.standardizer.mean, "row_std": self.standardizer.std}
        return {**vars(self.statistics), **standardizer}

    @classmethod
    def from_arrays(cls, arrays):
        """Take back what `to_arrays` gave."""
        statistics = Statistics(*(arrays[name] for name in ("measured", "p1", "median", "p99")))
        return cls(statistics, Standardizer(arrays["row_mean"], arrays["row_std"]))

    def __repr__(self):
        return f"RowsLayout(a step for each time stamp, {len(self.columns)} columns)"


LAYOUTS = {"hourly": HourlyLayout, "rows": RowsLayout}
