"""From Records to the 86 columns the example trains on: one row per distinct time stamp.

Time and Elapsed are hours since admission and since the row before. Gender and ICUType are one-hot,
all 0 where unknown. The other 78 columns are 39 values, in the units of the table of variables, and
after each its flag, ``HRMissing`` after ``HR``: 1 where nothing was measured at this row. A gap is
filled with the last value before it, or with the median of the training records where there is
none, and values are clipped to the training records' 1st and 99th percentile. The columns are those
of the example's own data set (prepared by github.com/turambar/physionet2012-util), which has them
scaled instead; here that is left to ``Standardizer``.
"""

import re
from dataclasses import dataclass

import numpy as np

from tinylstm.small.text_lines import plain_number, quoted, text_lines
from tinylstm.small.whole_files import read_whole, write_whole

from .variables import SERIES

_DESCRIPTORS = ("Age", "Height", "Weight")
VALUES = tuple(sorted((*_DESCRIPTORS, *(v.name for v in SERIES if v.name != "Weight"))))
_ONE_HOT = ("Gender0", "Gender1", "ICUType1", "ICUType2", "ICUType3", "ICUType4")
COLUMNS = ("Time", "Elapsed", *sorted((*_ONE_HOT, *VALUES, *(f"{v}Missing" for v in VALUES))))

_AT = {name: index for index, name in enumerate(COLUMNS)}
_VALUES_AT = [_AT[name] for name in VALUES]
_FLAGS_AT = [_AT[f"{name}Missing"] for name in VALUES]
# Weight as a series has no column: the column Weight is the descriptor.
_HAS_COLUMN = np.array([variable.name != "Weight" for variable in SERIES])
_VALUE_OF = np.array([VALUES.index(variable.name) for variable in SERIES])
IS_DESCRIPTOR = np.isin(VALUES, _DESCRIPTORS)
_IS_SUM = np.isin(VALUES, [variable.name for variable in SERIES if variable.merge == "sum"])
_STATISTICS_HEADER = "variable,measured,p1,median,p99"


@dataclass(frozen=True, eq=False, repr=False)
class Statistics:
    """What the conversion takes from the training records, for each of the 39 ``VALUES``.

    A value that no training record has gets 0 for all three, so its column is 0 throughout.

    Attributes
    ----------
    measured : ndarray (39,) int64
        How many measured cells the rest is taken from.
    p1, median, p99 : ndarray (39,) float64
        In the units of the table of variables.
    """

    measured: np.ndarray
    p1: np.ndarray
    median: np.ndarray
    p99: np.ndarray

    def save(self, path):
        """Write a CSV file with the columns variable, measured, p1, median, p99.

        Parameters
        ----------
        path : path

        Examples
        --------
        >>> import tempfile
        >>> from tinylstm.data.physionet2012 import Record
        >>> nothing = np.zeros((3, 0), dtype=int)
        >>> statistics = fit_statistics([Record(132539, 54, 0, np.nan, 4, 70.5, *nothing)])
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     statistics.save(f"{folder}/statistics.csv")
        ...     again = Statistics.load(f"{folder}/statistics.csv")
        >>> bool((again.median == statistics.median).all())
        True
        """
        lines = [_STATISTICS_HEADER]
        columns = (self.measured, self.p1, self.median, self.p99)
        for name, *numbers in zip(VALUES, *(c.tolist() for c in columns), strict=True):
            lines.append(",".join([name, *map(repr, numbers)]))
        write_whole(path, ("\n".join(lines) + "\n").encode())

    @classmethod
    def load(cls, path):
        """Read what ``save`` wrote.

        Parameters
        ----------
        path : path

        Returns
        -------
        Statistics

        Raises
        ------
        FileNotFoundError
            There is no such file.
        ValueError
            Not the header or the 39 variables in order, something that is no plain number or
            count, or p1 <= median <= p99 does not hold; the message names file and line.
        """
        try:
            lines = text_lines(path, read_whole(path, most=1 << 16))
        except FileNotFoundError:
            raise FileNotFoundError(f"{path}: no such file") from None
        rows = [line.split(",") for line in lines]
        if not rows or ",".join(rows[0]) != _STATISTICS_HEADER:
            raise ValueError(f"{path}, line 1: expected {_STATISTICS_HEADER}")
        if tuple(row[0] for row in rows[1:]) != VALUES:
            raise ValueError(f"{path}: expected a line for each of {', '.join(VALUES)}")
        measured, limits = [], []
        for line, (_, *texts) in enumerate(rows[1:], 2):
            try:
                if len(texts) != 4:
                    raise ValueError(f"{len(texts) + 1} cells, expected a name and four numbers")
                if not re.fullmatch("[0-9]{1,15}", texts[0]):
                    raise ValueError(f"{quoted(texts[0])} is no whole number of measured cells")
                p1, median, p99 = map(plain_number, texts[1:])
                if not p1 <= median <= p99:
                    raise ValueError(f"{p1:g}, {median:g}, {p99:g}: expected p1 <= median <= p99")
            except ValueError as error:
                raise ValueError(f"{path}, line {line}: {error}") from None
            measured.append(int(texts[0]))
            limits.append((p1, median, p99))
        return cls(np.array(measured, dtype=np.int64), *np.array(limits).T)

    def __repr__(self):
        return f"Statistics({len(VALUES)} values, {int(self.measured.sum())} measured cells)"


def measured_cells(record):
    """A record's distinct times (T,), in minutes from 0, and what was measured at each (T, 39).

    A column for each of `VALUES`, nan where it was not measured; Age, Height and Weight are the
    descriptors, the same in each row. Values of one variable at one time become their mean, or
    their sum where the table of variables says so. 00:00, where the descriptors are, is always
    among the times; a time at which everything is -1 or Weight is among them too.
    """
    minutes = np.union1d(record.minutes, [0])
    used = _HAS_COLUMN[record.variables] & ~np.isnan(record.values)
    row = np.searchsorted(minutes, record.minutes[used])
    cell = row * len(VALUES) + _VALUE_OF[record.variables[used]]
    shape = (len(minutes), len(VALUES))
    count = np.bincount(cell, minlength=shape[0] * shape[1]).reshape(shape)
    total = np.bincount(cell, record.values[used], shape[0] * shape[1]).reshape(shape)
    cells = np.where(count > 0, total / np.where(_IS_SUM, 1, np.maximum(count, 1)), np.nan)
    cells[:, IS_DESCRIPTOR] = record.age, record.height, record.weight
    return minutes, cells


def fit_statistics(records):
    """Return the ``Statistics`` of training records.

    Percentiles (linear between ranks) and medians are taken over measured cells after merging;
    a descriptor is one cell a record, however many rows the record has.

    Parameters
    ----------
    records : list of Record
        At least one.

    Returns
    -------
    Statistics

    Raises
    ------
    ValueError
        There are no records.

    Examples
    --------
    >>> from tinylstm.data.physionet2012 import Record
    >>> nothing = np.zeros((3, 0), dtype=int)
    >>> records = [Record(n, age, 0, np.nan, 4, 70.5, *nothing) for n, age in enumerate((50, 70))]
    >>> print(fit_statistics(records).median[VALUES.index("Age")])
    60.0
    """
    if len(records) == 0:
        raise ValueError("no records, expected at least one")
    measured = []
    for record in records:
        _, cells = measured_cells(record)
        cells[1:, IS_DESCRIPTOR] = np.nan
        measured.append(cells)
    columns = [column[~np.isnan(column)] for column in np.concatenate(measured).T]
    p1, median, p99 = np.zeros((3, len(VALUES)))
    for index, column in enumerate(columns):
        if len(column):
            p1[index], median[index], p99[index] = np.percentile(column, [1, 50, 99])
    return Statistics(np.array([len(column) for column in columns]), p1, median, p99)


def record_rows(record, statistics):
    """Return the 86 columns of one record.

    Parameters
    ----------
    record : Record
    statistics : Statistics
        Of the training records.

    Returns
    -------
    ndarray (T, 86) float64
        A row per distinct time, in the order of ``COLUMNS``; no nan.

    Examples
    --------
    >>> from tinylstm.data.physionet2012 import Record
    >>> hr = [variable.name for variable in SERIES].index("HR")
    >>> pulse = np.array([60, 90]), np.array([hr, hr]), np.array([80.0, 90.0])
    >>> record = Record(132539, 54, 0, np.nan, 4, 70.5, *pulse)
    >>> rows = record_rows(record, fit_statistics([record]))
    >>> print(rows.shape, rows[:, COLUMNS.index("Time")], rows[:, COLUMNS.index("HRMissing")])
    (3, 86) [0.  1.  1.5] [1. 0. 0.]
    """
    minutes, cells = measured_cells(record)
    missing = np.isnan(cells)
    clipped = np.clip(cells, statistics.p1, statistics.p99)
    row = np.arange(len(minutes))[:, None]
    last = np.maximum.accumulate(np.where(missing, -1, row), axis=0)
    filled = np.where(last < 0, statistics.median, np.take_along_axis(clipped, last, axis=0))
    rows = np.zeros((len(minutes), len(COLUMNS)))
    rows[:, _AT["Time"]] = minutes / 60
    rows[1:, _AT["Elapsed"]] = np.diff(minutes) / 60
    for code in 0, 1:
        rows[:, _AT[f"Gender{code}"]] = record.gender == code
    for code in 1, 2, 3, 4:
        rows[:, _AT[f"ICUType{code}"]] = record.icu_type == code
    rows[:, _VALUES_AT] = filled
    rows[:, _FLAGS_AT] = missing
    return rows
