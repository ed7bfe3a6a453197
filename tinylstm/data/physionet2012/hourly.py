"""From Records to 48 hourly steps of 122 columns, the layout of the study.

For each of the 37 series a step has its value, a flag that is 1 where the variable was measured in
this hour, and the time since it was last measured; 11 columns describe the patient and the time.
Values are cleaned by the table of variables, averaged over the hour (Urine: summed), put on its
scale and taken as z-scores of the training records; a gap holds the last value before it, and 0,
the mean, where there is none. In an hour without a value of its own an invasive blood pressure
takes the cuff's z-score and flag, so that every patient's pressure stands in one column; the time
stays its own, and so says who has an arterial line. (Value, mask and time since the last
measurement are the inputs that Che et al., Recurrent Neural Networks for Multivariate Time Series
with Missing Values, Scientific Reports 8, 2018, call x, m and delta.) Scores, length of stay and
survival are no part of a Record and so of no column.
"""

from dataclasses import dataclass

import numpy as np

from tinylstm.small.arrays import is_constant

from .cleaning import HOURS, clean_descriptors, clean_series, hour_of
from .variables import RULES, SERIES, STAND_INS

LONGEST_GAP = 24  # hours; a longer one counts as this
CLIP = 4.0  # z-scores beyond it are cut
_RECORDS_AT_ONCE = 256  # the arrays on the way to a large set's features would not fit a cache

_NAMES = tuple(variable.name for variable in SERIES)
# The descriptors among the columns; the weight at admission beside the series Weight.
_DESCRIBED = ("Age", "Gender", "Height", "AdmissionWeight")
SCALED = (*_NAMES, *_DESCRIBED)
COLUMNS = (
    *_NAMES,
    *(f"{name}Measured" for name in _NAMES),
    *(f"{name}SinceLast" for name in _NAMES),
    *_DESCRIBED,
    *("HeightKnown", "AdmissionWeightKnown"),
    *("ICUType1", "ICUType2", "ICUType3", "ICUType4"),
    "Time",
)
# Where the blocks stand: column k of each of the first three belongs to SERIES[k].
VALUE = slice(0, 37)
MEASURED = slice(37, 74)
SINCE_LAST = slice(74, 111)
STATIC = slice(111, 122)

_SCALE_OF = {rule.name: rule.scale for rule in RULES}
_IS_LOG = np.array([_SCALE_OF.get(name) == "log1p" for name in _NAMES])
_STAND_INS = [(_NAMES.index(s.name), _NAMES.index(s.source)) for s in STAND_INS]
_IS_SUM = np.array([variable.merge == "sum" for variable in SERIES])


@dataclass(frozen=True, eq=False, repr=False)
class HourlyStatistics:
    """What the hourly layout takes from the training records, for each of the 41 ``SCALED``.

    Those are the 37 series, on their scale of the table of variables, then Age, Gender, Height and
    the weight at admission. A flag has mean 0 and standard deviation 1, which leave it as it is.

    Attributes
    ----------
    measured : ndarray (41,) int64
        How many cells (a record, an hour and a variable) or records the rest is taken from. Where
        it is 0, the column of values is 0 throughout.
    mean, std : ndarray (41,) float64
        std is the population's, and 1 where there is no spread.
    """

    measured: np.ndarray
    mean: np.ndarray
    std: np.ndarray

    def __repr__(self):
        return f"HourlyStatistics({len(SCALED)} variables, {int(self.measured.sum())} cells)"

    def to_arrays(self):
        """Give the statistics as arrays, for ``numpy.savez``; ``from_arrays`` takes them back.

        Returns
        -------
        dict
            ``scaled``, ndarray (41,) str, the names; ``measured``, ``mean`` and ``std``.

        Examples
        --------
        >>> statistics = HourlyStatistics(np.ones(41, dtype=int), np.zeros(41), np.ones(41))
        >>> again = HourlyStatistics.from_arrays(statistics.to_arrays())
        >>> print(again.std[:3])
        [1. 1. 1.]
        """
        arrays = {"measured": self.measured, "mean": self.mean, "std": self.std}
        return {"scaled": np.array(SCALED), **arrays}

    @classmethod
    def from_arrays(cls, arrays):
        """Take back what ``to_arrays`` gave.

        Parameters
        ----------
        arrays : mapping of str to array
            ``scaled``, ``measured``, ``mean`` and ``std``; others are not looked at.

        Returns
        -------
        HourlyStatistics

        Raises
        ------
        ValueError
            An array is missing or has another shape; the names are others than ``SCALED``; a
            number is not finite, or a standard deviation not above 0.
        """
        for name in "scaled", "measured", "mean", "std":
            if name not in arrays:
                raise ValueError(f"hourly statistics: no array {name!r}")
            shape = np.shape(arrays[name])
            if shape != (len(SCALED),):
                raise ValueError(
                    f"hourly statistics, {name}: shape {shape}, expected ({len(SCALED)},)"
                )
            kinds = {"scaled": "U", "measured": "iu"}.get(name, "fiu")
            if np.asarray(arrays[name]).dtype.kind not in kinds:
                raise ValueError(f"hourly statistics, {name}: not of the type that was saved")
        if tuple(np.asarray(arrays["scaled"]).tolist()) != SCALED:
            raise ValueError(f"hourly statistics, scaled: expected {', '.join(SCALED)}")
        mean, std = (np.array(arrays[name], dtype=np.float64) for name in ("mean", "std"))
        if (np.asarray(arrays["measured"]) < 0).any():
            raise ValueError("hourly statistics, measured: expected counts of 0 or more")
        if not (np.isfinite(mean).all() and np.isfinite(std).all() and (std > 0).all()):
            raise ValueError("hourly statistics: expected finite means and std above 0")
        return cls(np.array(arrays["measured"], dtype=np.int64), mean, std)


def hourly_cells(records, on_scale=False):
    """Return what was measured in each hour, cleaned and in physical units.

    Several values in an hour become their mean, or their sum where the table of variables says so.
    48:00 belongs to the last hour.

    Parameters
    ----------
    records : list of Record
        N of them, at least one.
    on_scale : bool
        Whether to put each variable on its scale of the table of variables: log(1 + value) for
        some.

    Returns
    -------
    ndarray (N, 48, 37) float64
        A column for each of ``SERIES``, nan where nothing plausible was measured.

    Raises
    ------
    ValueError
        There are no records.

    Examples
    --------
    >>> from tinylstm.data.physionet2012 import Record
    >>> hr = [variable.name for variable in SERIES].index("HR")
    >>> pulse = np.array([60, 90, 130]), np.array([hr, hr, hr]), np.array([80.0, 90.0, 0.0])
    >>> print(hourly_cells([Record(132539, 54, 0, np.nan, 4, 70.5, *pulse)])[0, :3, hr])
    [nan 85. nan]
    """
    if len(records) == 0:
        raise ValueError("no records, expected at least one")
    variable = np.concatenate([record.variables for record in records])
    values = clean_series(variable, np.concatenate([record.values for record in records]))
    hour = hour_of(np.concatenate([record.minutes for record in records]))
    patient = np.repeat(np.arange(len(records)), [len(record.values) for record in records])
    kept = ~np.isnan(values)
    shape = len(records), HOURS, len(SERIES)
    cell = np.ravel_multi_index((patient[kept], hour[kept], variable[kept]), shape)
    count = np.bincount(cell, minlength=np.prod(shape)).reshape(shape)
    total = np.bincount(cell, values[kept], minlength=np.prod(shape)).reshape(shape)
    divisor = np.where(_IS_SUM, np.minimum(count, 1), count)
    cells = np.divide(total, divisor, out=np.full(shape, np.nan), where=count > 0)
    if on_scale:
        cells[..., _IS_LOG] = np.log1p(cells[..., _IS_LOG])
    return cells


def fit_hourly_statistics(records):
    """Return the ``HourlyStatistics`` of training records.

    Parameters
    ----------
    records : list of Record
        At least one.

    Returns
    -------
    HourlyStatistics

    Raises
    ------
    ValueError
        There are no records.

    Examples
    --------
    >>> from tinylstm.data.physionet2012 import Record
    >>> nothing = np.zeros((3, 0), dtype=int)
    >>> records = [Record(n, age, 0, np.nan, 4, 70.5, *nothing) for n, age in enumerate((50, 70))]
    >>> statistics = fit_hourly_statistics(records)
    >>> age = SCALED.index("Age")
    >>> print(statistics.measured[age], statistics.mean[age], statistics.std[age])
    2 60.0 10.0
    """
    cells = hourly_cells(records, on_scale=True).reshape(-1, len(SERIES))
    measured = np.zeros(len(SCALED), dtype=np.int64)
    mean, std = np.zeros(len(SCALED)), np.ones(len(SCALED))
    for index, column in enumerate([*cells.T, *clean_descriptors(records).T]):
        column = column[~np.isnan(column)]
        measured[index] = len(column)
        if len(column) and _SCALE_OF.get(SCALED[index]) != "flag":
            mean[index] = column.mean()
            if not is_constant(column.min(), column.max()):
                std[index] = column.std()
    return HourlyStatistics(measured, mean, std)


def hourly_features(records, statistics):
    """Return the 48 steps of each record.

    Parameters
    ----------
    records : list of Record
        N of them, at least one.
    statistics : HourlyStatistics
        Of the training records.

    Returns
    -------
    ndarray (N, 48, 122) float64
        The columns of ``COLUMNS``; no nan. ``list`` of it is what ``SequenceDataset`` takes.
        Values and descriptors are z-scores cut at ±4; flags are 0 or 1; times since the last
        measurement are in units of 24 hours, 1 for these and more and where there was none; Time
        goes from -1 to 23/24.

    Raises
    ------
    ValueError
        There are no records.

    Examples
    --------
    >>> from tinylstm.data import SequenceDataset
    >>> from tinylstm.data.physionet2012 import Record
    >>> nothing = np.zeros((3, 0), dtype=int)
    >>> records = [Record(n, 50 + n, 0, np.nan, 4, 70.5, *nothing, died=0) for n in range(3)]
    >>> features = hourly_features(records, fit_hourly_statistics(records))
    >>> SequenceDataset(list(features), [[record.died] for record in records], n_classes=2)
    SequenceDataset(3 examples, 122 features, 2 classes, 48 to 48 steps)
    """
    if len(records) == 0:
        raise ValueError("no records, expected at least one")
    features = np.empty((len(records), HOURS, len(COLUMNS)))
    for start in range(0, len(records), _RECORDS_AT_ONCE):
        part = slice(start, start + _RECORDS_AT_ONCE)
        _write_features(features[part], records[part], statistics)
    return features


def _write_features(features, records, statistics):
    cells = hourly_cells(records, on_scale=True)
    is_measured = ~np.isnan(cells)
    z = _z_scores(cells, statistics, slice(0, len(SERIES)))
    last = _last_hour(is_measured)
    hour = np.arange(HOURS)[:, None]
    gap = np.where(last < 0, LONGEST_GAP, np.minimum(hour - last, LONGEST_GAP))
    features[:, :, SINCE_LAST] = gap / LONGEST_GAP
    for index, source in _STAND_INS:
        missing = ~is_measured[:, :, index]
        z[missing, index] = z[missing, source]
        is_measured[missing, index] = is_measured[missing, source]
    features[:, :, MEASURED] = is_measured
    # Before the first value this takes hour 0, where z is 0 for want of one.
    last = np.maximum(_last_hour(is_measured), 0)
    features[:, :, VALUE] = np.take_along_axis(z, last, axis=1)
    described = clean_descriptors(records)
    icu_type = np.array([record.icu_type for record in records])
    constant = np.column_stack(
        [
            _z_scores(described, statistics, slice(len(SERIES), None)),
            ~np.isnan(described[:, 2:]),  # Height and the weight at admission
            icu_type[:, None] == (1, 2, 3, 4),
        ]
    )
    features[:, :, STATIC.start : -1] = constant[:, None]
    features[:, :, -1] = np.arange(HOURS) / 24 - 1


def record_hours(record, statistics):
    """Return the 48 steps of one record.

    Parameters
    ----------
    record : Record
    statistics : HourlyStatistics
        Of the training records.

    Returns
    -------
    ndarray (48, 122) float64
        As in ``hourly_features``.

    Examples
    --------
    >>> from tinylstm.data.physionet2012 import Record
    >>> hr = [variable.name for variable in SERIES].index("HR")
    >>> pulse = np.array([60, 130]), np.array([hr, hr]), np.array([80.0, 90.0])
    >>> record = Record(132539, 54, 0, np.nan, 4, 70.5, *pulse)
    >>> steps = record_hours(record, fit_hourly_statistics([record]))
    >>> print(steps[:4, COLUMNS.index("HR")], steps[:4, COLUMNS.index("HRMeasured")])
    [ 0. -1.  1.  1.] [0. 1. 1. 0.]
    """
    return hourly_features([record], statistics)[0]


def _last_hour(is_there):
    """The last hour so far, this one included, in which something is there; -1 before."""
    hour = np.arange(HOURS)[:, None]
    return np.maximum.accumulate(np.where(is_there, hour, -1), axis=1)


def _z_scores(x, statistics, part):
    """Return z-scores, cut, and 0 where x is nan or no training record has the variable."""
    z = np.clip((x - statistics.mean[part]) / statistics.std[part], -CLIP, CLIP)
    return np.where(np.isnan(z) | (statistics.measured[part] == 0), 0.0, z)
