"""Layouts: how records become sequences of features, with statistics of the training records.

``fit_features(records, recipe)`` makes a layout and the features of its training records, in one go
since both need the same columns; ``features(records)`` gives one array (T_n, D) for each record,
``hours(record)`` how many hours of the stay are known after each of its T_n steps. ``columns``
names the D columns and ``sources`` the variables that each is made of. ``to_arrays()`` and
``from_arrays(arrays, recipe)`` are for saving; arrays that are missing, or will not do, are a
KeyError or a ValueError.
"""

import re

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

from .clinical import CLINICAL, clinical_columns

CLIP = 4.0  # z-scores beyond it are cut
HINGES = (-1.0, 0.0, 1.0)
STATISTICS_HOURS = np.arange(2, 49, 2)  # after which clinical columns are looked at for z-scores
N_VALUES = 37  # of the hourly columns, the first ones: what has hinges too


def source_of(column):
    """The variable that a column of the layouts of rows and hours belongs to; "" for the time.

    >>> [source_of(name) for name in ("HRSinceLast", "pHMissing", "ICUType3", "Time")]
    ['HR', 'pH', 'ICUType', '']
    """
    if column in ("Time", "Elapsed"):
        return ""
    return re.sub(r"(Measured|SinceLast|Missing|Known|(?<=ICUType)\d|(?<=Gender)\d)$", "", column)


def _sources(columns):
    """For each column the tuple of its sources: one, or none."""
    return tuple((source,) if source else () for source in map(source_of, columns))


def _step_ends(step):
    """Hours known after each step, ascending; the last is 48."""
    return np.arange(48, 0, -step)[::-1]


class HourlyLayout:
    """Steps of so many hours, of 122 columns of one scale: ``physionet2012.hourly_features``."""

    columns, sources = HOURLY_COLUMNS, _sources(HOURLY_COLUMNS)

    def __init__(self, statistics, step=1):
        self.statistics, self.step = statistics, step

    @classmethod
    def fit_features(cls, records, recipe):
        """The layout with the statistics of training records, and their features."""
        layout = cls(fit_hourly_statistics(records), recipe.step)
        return layout, layout.features(records)

    def features(self, records):
        """N records -> list of ndarray (T, 122) float64."""
        return list(hourly_features(records, self.statistics)[:, _step_ends(self.step) - 1])

    def hours(self, record):
        """Each step ends an hour: ndarray (T,)."""
        return _step_ends(self.step).astype(float)

    def to_arrays(self):
        """The statistics, by name."""
        return self.statistics.to_arrays()

    @classmethod
    def from_arrays(cls, arrays, recipe):
        """Take back what `to_arrays` gave."""
        return cls(HourlyStatistics.from_arrays(arrays), recipe.step)

    def __repr__(self):
        return f"HourlyLayout(steps of {self.step} h, {len(self.columns)} columns)"


class ClinicalLayout:
    """The hourly layout's columns and the clinical ones, as z-scores, with hinges where asked for.

    A clinical column is 0 where it is not known. A hinge max(x - k, 0) bends the line that a
    weight lays through a value: there is a risk in both tails.
    """

    def __init__(self, hourly, mean, std, hinges=False):
        self.hourly = hourly  # HourlyLayout
        self.mean, self.std = mean, std  # (270,) each
        self.hinges = hinges
        names = *HOURLY_COLUMNS, *(column.name for column in CLINICAL)
        sources = *HourlyLayout.sources, *(column.sources for column in CLINICAL)
        if hinges:
            bent = [*range(N_VALUES), *range(len(HOURLY_COLUMNS), len(names))]
            names += tuple(f"{names[d]}>{k:g}" for k in HINGES for d in bent)
            sources += tuple(sources[d] for _ in HINGES for d in bent)
        self.columns, self.sources = names, sources

    @classmethod
    def fit_features(cls, records, recipe):
        """The layout with the statistics of training records, and their features."""
        hourly, of_hours = HourlyLayout.fit_features(records, recipe)
        ends = hourly.hours(None).astype(int)
        hours = np.union1d(STATISTICS_HOURS, ends)
        columns = clinical_columns(records, hours)  # (N, hours, 270)
        looked_at = columns[:, np.isin(hours, STATISTICS_HOURS)].reshape(-1, len(CLINICAL))
        known = ~np.isnan(looked_at)
        count = np.maximum(known.sum(axis=0), 1)
        mean = np.where(known, looked_at, 0).sum(axis=0) / count
        std = np.sqrt((np.where(known, looked_at - mean, 0) ** 2).sum(axis=0) / count)
        # By the range and not by std == 0: rounding leaves a constant a tiny std.
        spread = np.fmin.reduce(looked_at) < np.fmax.reduce(looked_at)
        layout = cls(hourly, mean, np.where(spread, std, 1.0), recipe.hinges)
        return layout, layout._with(of_hours, columns[:, np.isin(hours, ends)])

    def features(self, records):
        """N records -> list of ndarray (T, 392) or, with hinges, (T, 1313) float64."""
        ends = self.hourly.hours(None).astype(int)
        return self._with(self.hourly.features(records), clinical_columns(records, ends))

    def _with(self, of_hours, columns):
        """N arrays (T, 122) of the hourly layout and raw columns (N, T, 270) -> the features."""
        z = np.clip((columns - self.mean) / self.std, -CLIP, CLIP)
        z = np.where(np.isnan(z), 0.0, z)
        features = []
        for x, own in zip(of_hours, z, strict=True):
            parts = [x, own]
            if self.hinges:
                bent = np.concatenate([x[:, :N_VALUES], own], axis=1)
                parts += [np.maximum(bent - k, 0.0) for k in HINGES]
            features.append(np.concatenate(parts, axis=1))
        return features

    def hours(self, record):
        """Each step ends an hour: ndarray (T,)."""
        return self.hourly.hours(record)

    def to_arrays(self):
        """The statistics, by name."""
        names = np.array([column.name for column in CLINICAL])
        own = {"clinical": names, "clinical_mean": self.mean, "clinical_std": self.std}
        return {**self.hourly.to_arrays(), **own}

    @classmethod
    def from_arrays(cls, arrays, recipe):
        """Take back what `to_arrays` gave."""
        if arrays["clinical"].tolist() != [column.name for column in CLINICAL]:
            raise ValueError("clinical: other columns than this version's")
        mean, std = (np.asarray(arrays[f"clinical_{name}"], float) for name in ("mean", "std"))
        for name, array in ("mean", mean), ("std", std):
            if array.shape != (len(CLINICAL),) or not np.isfinite(array).all():
                raise ValueError(f"clinical_{name}: expected {len(CLINICAL)} finite numbers")
        if not (std > 0).all():
            raise ValueError("clinical_std: expected numbers above 0")
        return cls(HourlyLayout.from_arrays(arrays, recipe), mean, std, recipe.hinges)

    def __repr__(self):
        return f"ClinicalLayout(steps of {self.hourly.step} h, {len(self.columns)} columns)"


class RowsLayout:
    """The example's: one step for each time stamp, 86 columns, as z-scores."""

    columns, sources = COLUMNS, _sources(COLUMNS)

    def __init__(self, statistics, standardizer):
        self.statistics = statistics  # Statistics: limits and medians of the training records
        self.standardizer = standardizer  # mean and standard deviation of their rows

    @classmethod
    def fit_features(cls, records, recipe):
        """The layout with the statistics of training records, and their features."""
        statistics = fit_statistics(records)
        rows = [record_rows(record, statistics) for record in records]
        without_labels = SequenceDataset(rows, [[]] * len(rows), n_classes=2)
        layout = cls(statistics, Standardizer().fit(without_labels))
        return layout, layout.features(records)

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
    def from_arrays(cls, arrays, recipe):
        """Take back what `to_arrays` gave."""
        statistics = Statistics(*(arrays[name] for name in ("measured", "p1", "median", "p99")))
        return cls(statistics, Standardizer(arrays["row_mean"], arrays["row_std"]))

    def __repr__(self):
        return f"RowsLayout(a step for each time stamp, {len(self.columns)} columns)"


LAYOUTS = {"hourly": HourlyLayout, "clinical": ClinicalLayout, "rows": RowsLayout}
