"""From a set of the PhysioNet/CinC Challenge 2012, packed or unpacked, to a list of Records.

A set is one file a patient, ``132539.txt``, with the lines ``Time,Parameter,Value``, and one file
``Outcomes-a.txt``. Nothing is cleaned here but what the format itself demands: descriptors are
told from measurements by their names, -1 becomes nan, and rows without a parameter name (set-c has
2,403) are skipped and counted.
"""

import math
import re
from dataclasses import dataclass, replace

import numpy as np

from tinylstm.small.text_lines import plain_number, quoted, text_lines

from .files import read_files
from .variables import DESCRIPTORS, SERIES

_HEADER = ["Time", "Parameter", "Value"]
_MINUTES = {f"{m // 60:02d}:{m % 60:02d}": m for m in range(48 * 60 + 1)}
_SERIES_INDEX = {variable.name: index for index, variable in enumerate(SERIES)}
_DESCRIPTOR_NAMES = ("RecordID", *(variable.name for variable in DESCRIPTORS))
_CODES = {"Gender": (0, 1, -1), "ICUType": (1, 2, 3, 4, -1)}
_DAYS = {"Survival": "survival", "Length_of_stay": "length_of_stay"}


@dataclass(frozen=True, eq=False, repr=False)
class Record:
    """One patient's first 48 hours in the ICU, M measurements in order of time.

    Attributes
    ----------
    record_id : int
    age, gender, height, icu_type, weight : float
        The descriptors, in the units of ``variables.DESCRIPTORS``; nan where unknown.
    minutes : ndarray (M,) int64
        Minutes since admission, 0 to 2880, ascending.
    variables : ndarray (M,) int64
        Which variable was measured: an index into ``variables.SERIES``.
    values : ndarray (M,) float64
        In the units of ``variables.SERIES``; nan where the file says -1.
    died : int or None
        1: died in hospital, 0: survived, None: not known.
    unnamed_rows : int
        Rows of the file that were skipped because they name no parameter.
    survival, length_of_stay : float
        Days from admission to death and to leaving hospital; nan where unknown. Outcomes like
        `died`: targets of a training, never inputs.

    Examples
    --------
    >>> hr = [variable.name for variable in SERIES].index("HR")
    >>> pulse = np.array([60, 90]), np.array([hr, hr]), np.array([80.0, 95.0])
    >>> record = Record(132539, 54, 0, math.nan, 4, 70.5, *pulse, died=0)
    >>> print(record.minutes / 60, record.values)
    [1.  1.5] [80. 95.]
    """

    record_id: int
    age: float
    gender: float
    height: float
    icu_type: float
    weight: float
    minutes: np.ndarray
    variables: np.ndarray
    values: np.ndarray
    died: int | None = None
    unnamed_rows: int = 0
    survival: float = math.nan
    length_of_stay: float = math.nan

    def __repr__(self):
        return f"Record({self.record_id}, {len(self.values)} measurements, died={self.died})"


def read_records(raw, progress=None):
    """Read a set's records and, where there is an Outcomes file, who died.

    Parameters
    ----------
    raw : path
        A set's ``.tar.gz`` (or ``.tar``), or a folder that holds the records or one folder of
        records. ``Outcomes-a.txt`` stands with them, above them or beside `raw`.
    progress : callable, optional
        Called as ``progress(done, total)`` after each record.

    Returns
    -------
    list of Record
        In ascending order of RecordID; ``died`` is None in all where there is no Outcomes file.

    Raises
    ------
    FileNotFoundError
        There is no such file or folder, or no records in it.
    ValueError
        With file, line and column: a malformed line, an unknown parameter; with the file: a
        RecordID that is not its name, a record that is there twice or has no outcome though there
        is an Outcomes file, an archive that is not whole or of more bytes than a set can have.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     lines = "Time,Parameter,Value", "00:00,RecordID,7", "00:00,Age,54", "01:30,HR,88"
    ...     _ = pathlib.Path(folder, "7.txt").write_text("\\n".join(lines))
    ...     (record,) = read_records(folder)
    >>> print(record.record_id, record.age, record.height, record.minutes, record.values)
    7 54.0 nan [90] [88.]
    """
    files, outcomes = read_files(raw)
    died = parse_outcomes(*outcomes) if outcomes else None
    days = parse_days(*outcomes) if outcomes else {}
    numbers = _Numbers()
    records = []
    for file, data in sorted(files.items(), key=lambda item: int(item[0].stem)):
        record_id = int(file.stem)
        if records and records[-1].record_id == record_id:
            raise ValueError(f"{file}: record {record_id} is there twice, under another name too")
        if died is not None and record_id not in died:
            raise ValueError(f"{file}: no outcome for this record in {outcomes[0]}")
        outcome = None if died is None else died[record_id]
        record = _parse_record(file, data, outcome, numbers)
        records.append(replace(record, **days.get(record_id, {})))
        if progress is not None:
            progress(len(records), len(files))
    return records


class _Numbers(dict):
    """Text -> float, each text parsed once: a set has 1.8 million values, few of them different."""

    def __missing__(self, text):
        self[text] = number = plain_number(text)
        return number


def _error(file, line, column, what):
    return ValueError(f"{file}, line {line}, column {column}: {what}")


def _rows(file, data):
    """The cells of each line of a CSV file, all of the header's number."""
    rows = [line.split(",") for line in text_lines(file, data)] or [[""]]
    for line, row in enumerate(rows, 1):
        if len(row) != len(rows[0]):
            raise ValueError(f"{file}, line {line}: {len(row)} cells, expected {len(rows[0])}")
    return rows


def _parse_record(file, data, died, numbers):
    """The Record of one file's bytes."""
    rows = _rows(file, data)
    if rows[0] != _HEADER:
        header = quoted(",".join(rows[0]))
        raise ValueError(f"{file}, line 1: {header}, expected {','.join(_HEADER)!r}")
    described, minutes, variables, values = [], [], [], []
    unnamed_rows, weight_described = 0, False
    for line, (time, name, text) in enumerate(rows[1:], 2):
        if name == "":
            unnamed_rows += 1
            continue
        if time not in _MINUTES:
            raise _error(file, line, 1, f"{quoted(time)} is not a time from 00:00 to 48:00")
        try:
            value = numbers[text]
        except ValueError as error:
            raise _error(file, line, 3, error) from None
        if name == "Weight" and time == "00:00" and not weight_described:
            weight_described = True
            described.append((line, time, name, value))
        elif name in _SERIES_INDEX:
            minutes.append(_MINUTES[time])
            variables.append(_SERIES_INDEX[name])
            values.append(math.nan if value == -1 else value)
        elif name in _DESCRIPTOR_NAMES:
            described.append((line, time, name, value))
        else:
            raise _error(file, line, 2, f"unknown parameter {quoted(name)}")
    descriptors = _descriptors(file, described)
    order = np.argsort(minutes, kind="stable")
    return Record(
        record_id=int(file.stem),
        age=descriptors["Age"],
        gender=descriptors["Gender"],
        height=descriptors["Height"],
        icu_type=descriptors["ICUType"],
        weight=descriptors["Weight"],
        minutes=np.array(minutes, dtype=np.int64)[order],
        variables=np.array(variables, dtype=np.int64)[order],
        values=np.array(values, dtype=np.float64)[order],
        died=died,
        unnamed_rows=unnamed_rows,
    )


def _descriptors(file, described):
    """Check the descriptors' rows, each (line, time, name, value); return {name: value or nan}."""
    found = {}
    for line, time, name, value in described:
        if time != "00:00":
            raise _error(file, line, 1, f"{name} at {time}, expected at 00:00 alone")
        if found.setdefault(name, value) != value:
            raise _error(file, line, 3, f"{name} is {value:g}, but was {found[name]:g} before")
        if value not in _CODES.get(name, (value,)):
            raise _error(file, line, 3, f"{name} is {value:g}, expected one of {_CODES[name]}")
    if found.get("RecordID") != int(file.stem):
        inside = f"{found['RecordID']:.15g}" if "RecordID" in found else "missing"
        raise ValueError(f"{file}: RecordID is {inside}, expected {int(file.stem)}, as the name")
    known = {name: value for name, value in found.items() if value != -1}
    return {name: known.get(name, math.nan) for name in _DESCRIPTOR_NAMES}


def parse_outcomes(file, data):
    """Record id -> 1 (died in hospital) or 0, from the bytes of an Outcomes file.

    >>> print(parse_outcomes("Outcomes-a.txt", b"RecordID,In-hospital_death\\n7,1"))
    {7: 1}
    """
    died = {}
    for record_id, (line, row) in outcome_rows(file, data, "In-hospital_death").items():
        outcome = row["In-hospital_death"]
        if outcome not in ("0", "1"):
            column = list(row).index("In-hospital_death") + 1
            raise _error(file, line, column, f"{quoted(outcome)} is neither 0 nor 1")
        died[record_id] = int(outcome)
    return died


def parse_days(file, data):
    """Record id -> {"survival": days, "length_of_stay": days} of an Outcomes file.

    nan where the number is below 0 (-1: unknown; set-b has a -23, too) or there is no such column.
    A ValueError names file, line and column of what is no whole number.
    """
    days = {}
    for record_id, (line, row) in outcome_rows(file, data).items():
        days[record_id] = {}
        for column, text in row.items():
            if column in _DAYS:
                if not re.fullmatch("-?[0-9]{1,6}", text):
                    where = list(row).index(column) + 1
                    raise _error(file, line, where, f"{quoted(text)} is no whole number of days")
                days[record_id][_DAYS[column]] = math.nan if text[0] == "-" else float(text)
    return days


def outcome_rows(file, data, *required):
    """Record id -> (number of the line, {column: text}), from the bytes of an Outcomes file.

    The required columns, and RecordID, must be there; none may be there twice.

    >>> print(outcome_rows("Outcomes-a.txt", b"RecordID,SOFA\\n7,3"))
    {7: (2, {'RecordID': '7', 'SOFA': '3'})}
    """
    header, *rows = _rows(file, data)
    for name in ("RecordID", *required):
        if name not in header:
            raise ValueError(f"{file}, line 1: no column {name} in {quoted(','.join(header))}")
    for column, name in enumerate(header, 1):
        if name in header[: column - 1]:
            raise _error(file, 1, column, f"a column named {quoted(name)} is there already")
    column = header.index("RecordID")
    found = {}
    for line, row in enumerate(rows, 2):
        if not re.fullmatch("[0-9]{1,18}", row[column]):
            raise _error(file, line, column + 1, f"{quoted(row[column])} is not a RecordID")
        if int(row[column]) in found:
            what = f"record {row[column]} has an outcome already"
            raise _error(file, line, column + 1, what)
        found[int(row[column])] = line, dict(zip(header, row, strict=True))
    return found
