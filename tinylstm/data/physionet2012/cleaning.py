"""The rules of the table of variables, carried out, and how many values each of them touched.

Stand-ins are carried out on whole hours, in hourly.py, and counted here.
"""

from dataclasses import dataclass
from math import inf

import numpy as np

from .variables import RULES, SERIES, STAND_INS

HOURS = 48
_RULE_OF = {rule.name: rule for rule in RULES}


def clean(name, values):
    """Values of one variable by its rule, a new array: nan where missing or not plausible.

    Without a rule they stay as they are.

    >>> print(clean("pH", np.array([7.4, 735.0, 1.0])))
    [7.4  7.35  nan]
    """
    if name not in _RULE_OF:
        return values.copy()
    rule = _RULE_OF[name]
    divided = values
    for limit in sorted(rule.divide_above):
        divided = np.where(values > limit, values / limit, divided)
    return np.where((divided >= rule.low) & (divided <= rule.high), divided, np.nan)


def clean_series(variables, values):
    """Measurements (M,) of all kinds, each by its variable's rule; a new array.

    `variables` (M,) are indices into `SERIES`.

    >>> hr = [variable.name for variable in SERIES].index("HR")
    >>> print(clean_series(np.array([hr, hr]), np.array([0.0, 88.0])))
    [nan 88.]
    """
    cleaned = values.copy()
    for index, variable in enumerate(SERIES):
        if variable.name in _RULE_OF:
            is_it = variables == index
            cleaned[is_it] = clean(variable.name, values[is_it])
    return cleaned


def clean_descriptors(records):
    """Return what is known of each patient at admission, cleaned.

    Parameters
    ----------
    records : list of Record

    Returns
    -------
    ndarray (N, 4) float64
        Age, Gender, Height and the weight at admission; nan where unknown.

    Examples
    --------
    >>> from tinylstm.data.physionet2012 import Record
    >>> nothing = np.zeros((3, 0), dtype=int)
    >>> print(clean_descriptors([Record(132539, 54, 0, 1.8, 4, 70.5, *nothing)]))
    [[54.   0.   nan 70.5]]
    """
    described = np.array([(r.age, r.gender, r.height, r.weight) for r in records])
    names = "Age", "Gender", "Height", "Weight"
    return np.column_stack([clean(n, column) for n, column in zip(names, described.T, strict=True)])


def hour_of(minutes):
    """The hours of the stay (M,), 0 to 47, that minutes 0 to 2880 belong to; 48:00 to the last.

    >>> print(hour_of(np.array([59, 60, 2880])))
    [ 0  1 47]
    """
    return np.minimum(minutes // 60, HOURS - 1)


@dataclass(frozen=True)
class CleaningReport:
    """How many values each rule touched; ``str`` of it is a table for the terminal.

    Attributes
    ----------
    records : int
    measurements : int
        Timed values of all records, those of -1 not counted.
    unnamed_rows : int
        Rows without a parameter name, skipped.
    missing_values : int
        Measurements of -1, taken as missing.
    corrected, dropped : dict
        Name of each rule -> how many values were divided and kept, how many became missing. A
        descriptor counts as one value.
    stood_in : dict
        Name of each variable with a stand-in -> how many hours took the stand-in's value.
    """

    records: int
    measurements: int
    unnamed_rows: int
    missing_values: int
    corrected: dict
    dropped: dict
    stood_in: dict

    def __str__(self):
        lines = [
            f"{self.measurements:,} measurements of {self.records:,} records, "
            f"{self.missing_values:,} of -1 (missing), "
            f"{self.unnamed_rows:,} rows without a name (skipped)",
            "variable    plausible            corrected  dropped  reason",
        ]
        for rule in RULES:
            limits = f"{rule.low:g} to {rule.high:g}" if rule.high < inf else f"from {rule.low:g}"
            lines.append(
                f"{rule.name:<12}{limits:<12}{rule.unit:<9}{self.corrected[rule.name]:>9,}"
                f"{self.dropped[rule.name]:>9,}  {rule.reason}"
            )
        lines.append("variable    takes        in hours  reason")
        for name, source, reason in STAND_INS:
            lines.append(f"{name:<12}{source:<12}{self.stood_in[name]:>9,}  {reason}")
        return "\n".join(lines)


def report_cleaning(records):
    """Count what each rule does to records.

    Parameters
    ----------
    records : list of Record
        At least one.

    Returns
    -------
    CleaningReport

    Raises
    ------
    ValueError
        There are no records.

    Examples
    --------
    >>> from tinylstm.data.physionet2012 import Record
    >>> ph = [variable.name for variable in SERIES].index("pH")
    >>> gases = np.array([60, 90]), np.array([ph, ph]), np.array([735.0, 1.0])
    >>> report = report_cleaning([Record(132539, 54, 0, 1.8, 4, 70.5, *gases)])
    >>> print(report.corrected["pH"], report.dropped["pH"], report.dropped["Height"])
    1 1 1
    """
    if len(records) == 0:
        raise ValueError("no records, expected at least one")
    variables = np.concatenate([record.variables for record in records])
    values = np.concatenate([record.values for record in records])
    values_of = {v.name: [values[variables == index]] for index, v in enumerate(SERIES)}
    values_of["Weight"].append([record.weight for record in records])
    values_of["Height"] = [[record.height for record in records]]
    corrected, dropped = {}, {}
    for rule in RULES:
        before = np.concatenate(values_of[rule.name])
        after = clean(rule.name, before)
        gone = np.isnan(after)
        corrected[rule.name] = int(np.count_nonzero(~gone & (after != before)))
        dropped[rule.name] = int(np.count_nonzero(gone & ~np.isnan(before)))
    missing = int(np.count_nonzero(np.isnan(values)))
    hours_with = _hours_with(records, variables, values)
    return CleaningReport(
        records=len(records),
        measurements=len(values) - missing,
        unnamed_rows=sum(record.unnamed_rows for record in records),
        missing_values=missing,
        corrected=corrected,
        dropped=dropped,
        stood_in={s.name: len(hours_with[s.source] - hours_with[s.name]) for s in STAND_INS},
    )


def _hours_with(records, variables, values):
    """Name of each variable of a stand-in -> the set of hours, of all patients, that have it."""
    patient = np.repeat(np.arange(len(records)), [len(record.values) for record in records])
    hour = patient * HOURS + hour_of(np.concatenate([record.minutes for record in records]))
    kept = ~np.isnan(clean_series(variables, values))
    index_of = {variable.name: index for index, variable in enumerate(SERIES)}
    names = {name for stand_in in STAND_INS for name in (stand_in.name, stand_in.source)}
    return {name: set(hour[kept & (variables == index_of[name])].tolist()) for name in names}
