"""The clinical columns: what a physician would work out from the hourly cells, hour by hour.

`CLINICAL` is the one table of them: its rows are what the layout ``clinical`` computes, what the
study's page lists and what an explanation adds up by source variable. All are causal: the value at
hour t (0 to 47) is made of the cells of hours 0 to t. Pressures are the invasive ones, or the
cuff's in an hour without; "24 h" are the hours t - 23 to t.
"""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy as np

from tinylstm.data.physionet2012 import clean_descriptors, hourly_cells
from tinylstm.data.physionet2012.variables import RULES, SERIES, STAND_INS

from .running_statistics import (
    change,
    count,
    greatest,
    last,
    least,
    log_count,
    mean,
    ratio,
    recent,
    recent_greatest,
    recent_least,
    recent_mean,
    total,
)

INDEX = {variable.name: index for index, variable in enumerate(SERIES)}
STAND_IN = {stand_in.name: stand_in.source for stand_in in STAND_INS}
LOGGED = {rule.name for rule in RULES if rule.scale == "log1p"}
USUAL_WEIGHT = 80.0  # kg, of those whose weight at admission is not known


class Stays:
    """The hours of N records: `self[name]` are the cells (N, 48) of a variable, nan where none."""

    def __init__(self, records):
        self.cells = hourly_cells(records)  # (N, 48, 37), in physical units
        age, _, _, weight = clean_descriptors(records).T
        self.age = np.repeat(age[:, None], self.cells.shape[1], axis=1)
        self.weight = np.where(np.isnan(weight), USUAL_WEIGHT, weight)[:, None]
        self.icu_type = np.array([record.icu_type for record in records])[:, None]

    def __getitem__(self, name):
        return self.cells[:, :, INDEX[name]]

    def pressure(self, name):
        """An invasive pressure, or the cuff's in an hour without."""
        return np.where(np.isnan(self[name]), self[STAND_IN[name]], self[name])

    def scaled(self, name):
        """The cells on the scale of the table of variables."""
        return np.log1p(self[name]) if name in LOGGED else self[name]


class Column(NamedTuple):
    """One clinical column; `values` makes its (N, 48) of `Stays`, nan where it is not known."""

    name: str
    unit: str
    sources: tuple  # the variables that it is made of
    meaning: str
    values: Callable


# Signals: what all seven statistics are taken of.


def _systolic(stays):
    return stays.pressure("SysABP")


def _diastolic(stays):
    return stays.pressure("DiasABP")


def _mean_pressure(stays):
    return stays.pressure("MAP")


def _shock_index(stays):
    return stays["HR"] / _systolic(stays)


def _oxygenation(stays):
    with np.errstate(divide="ignore"):  # no oxygen at all is cut like any other extreme
        return np.log(np.clip(stays["PaO2"] / last(stays["FiO2"]), 20, 1000))


def _pulse_pressure(stays):
    return _systolic(stays) - _diastolic(stays)


def _bun_creatinine(stays):
    bun, creatinine = last(stays["BUN"]), last(stays["Creatinine"])
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.log(np.clip(bun / creatinine, 1, 200))


def _na_bicarbonate(stays):
    return last(stays["Na"]) - last(stays["HCO3"])


def _gcs(stays):
    return stays["GCS"]


SIGNALS = (
    ("Systolic", "mmHg", ("SysABP",), "systolic pressure", _systolic),
    ("Diastolic", "mmHg", ("DiasABP",), "diastolic pressure", _diastolic),
    ("MeanPressure", "mmHg", ("MAP",), "mean pressure", _mean_pressure),
    ("ShockIndex", "1/(min mmHg)", ("HR", "SysABP"), "heart rate / systolic", _shock_index),
    ("PaO2/FiO2", "log mmHg", ("PaO2", "FiO2"), "log of PaO2 / last FiO2", _oxygenation),
    ("PulsePressure", "mmHg", ("SysABP", "DiasABP"), "systolic - diastolic", _pulse_pressure),
    ("BUN/Creatinine", "log", ("BUN", "Creatinine"), "log of last BUN / last", _bun_creatinine),
    ("Na-HCO3", "mmol/L", ("Na", "HCO3"), "last Na - last bicarbonate", _na_bicarbonate),
    ("GCS", "3 to 15", ("GCS",), "Glasgow Coma Score", _gcs),
)
STATISTICS = (
    ("Last", "last so far", last),
    ("Least", "least so far", least),
    ("Greatest", "greatest so far", greatest),
    ("Mean", "mean so far", mean),
    ("Least24h", "least of 24 h", recent_least),
    ("Greatest24h", "greatest of 24 h", recent_greatest),
    ("Mean24h", "mean of 24 h", recent_mean),
)

# Single columns.


def _share(stays, signal, holds):
    x = signal(stays)
    return ratio(total(np.where(np.isnan(x), np.nan, holds(x))), count(x))


def _pulse(stays):
    return stays["HR"]


def _low_mean_pressure(x):
    return x < 60


def _low_systolic(x):
    return x < 90


def _fast(x):
    return x > 110


def _awake(x):
    return x >= 15


def _comatose(x):
    return x <= 5


def _gcs_recovered(stays):
    return last(stays["GCS"]) - least(stays["GCS"])


def _hours_so_far():
    return np.arange(1, 49)


def _per_kg(stays, amount, hours):
    """log1p of ml/kg in 24 h, from an amount (N, 48) of so many hours; nan before any urine."""
    known = count(stays["Urine"]) > 0
    return np.where(known, np.log1p(amount / stays.weight * 24 / hours), np.nan)


def _urine(stays):
    return _per_kg(stays, total(stays["Urine"]), _hours_so_far())


def _urine_recent(stays, hours):
    amount = np.nan_to_num(recent(stays["Urine"], hours)).sum(axis=2)
    return _per_kg(stays, amount, np.minimum(_hours_so_far(), hours))


def _urine_first_day(stays):
    amount = total(stays["Urine"])
    amount[:, 24:] = amount[:, 23:24]
    return _per_kg(stays, amount, np.minimum(_hours_so_far(), 24))


def _urine_lowest(stays):
    amount = np.nan_to_num(recent(stays["Urine"], 6)).sum(axis=2)
    amount[:, :5] = np.nan
    return _per_kg(stays, least(amount), 6)


def _is_ventilated(stays):
    return np.nan_to_num(stays["MechVent"]) > 0


def _ventilated_ever(stays):
    return np.maximum.accumulate(_is_ventilated(stays), axis=1).astype(float)


def _ventilated_hours(stays):
    return np.cumsum(_is_ventilated(stays), axis=1) / 10


def _ventilated_since(stays):
    hour = np.arange(48)
    latest = np.maximum.accumulate(np.where(_is_ventilated(stays), hour, -24), axis=1)
    return np.minimum(hour - latest, 24) / 24


def _ventilated_24(stays):
    return (_ventilated_since(stays) < 1).astype(float)


def _fio2_24(stays):
    return recent_greatest(stays["FiO2"])


def _scaled_24(stays, name):
    return recent_mean(stays.scaled(name))


def _age(stays):
    return (stays.age - 64) / 17


def _gcs_24(stays):
    return (recent_mean(stays["GCS"]) - 11.5) / 3.5


def _urea(stays):
    return (greatest(stays.scaled("BUN")) - 3.2) / 0.7


def _alert(stays):
    return (last(stays["GCS"]) - 12) / 3.5


def _product(stays, one, other):
    return one(stays) * other(stays)


def _alert_in(stays, icu_type):
    return _alert(stays) * (stays.icu_type == icu_type)


SINGLE = (
    Column(
        "MeanPressure<60",
        "share",
        ("MAP",),
        "of hours so far with mean pressure < 60 mmHg",
        partial(_share, signal=_mean_pressure, holds=_low_mean_pressure),
    ),
    Column(
        "Systolic<90",
        "share",
        ("SysABP",),
        "of hours so far with systolic < 90 mmHg",
        partial(_share, signal=_systolic, holds=_low_systolic),
    ),
    Column(
        "HR>110",
        "share",
        ("HR",),
        "of hours so far with HR > 110/min",
        partial(_share, signal=_pulse, holds=_fast),
    ),
    Column(
        "GCS>=15",
        "share",
        ("GCS",),
        "of hours so far with GCS 15",
        partial(_share, signal=_gcs, holds=_awake),
    ),
    Column(
        "GCS<=5",
        "share",
        ("GCS",),
        "of hours so far with GCS <= 5",
        partial(_share, signal=_gcs, holds=_comatose),
    ),
    Column("GCSRecovered", "points", ("GCS",), "last GCS less the least so far", _gcs_recovered),
    Column("UrinePerKg", "log1p ml/kg in 24 h", ("Urine",), "urine so far", _urine),
    Column(
        "UrinePerKg24h",
        "log1p ml/kg in 24 h",
        ("Urine",),
        "urine of 24 h",
        partial(_urine_recent, hours=24),
    ),
    Column(
        "UrinePerKg12h",
        "log1p ml/kg in 24 h",
        ("Urine",),
        "urine of 12 h",
        partial(_urine_recent, hours=12),
    ),
    Column(
        "UrinePerKgFirstDay",
        "log1p ml/kg in 24 h",
        ("Urine",),
        "urine of hours 0 to 23",
        _urine_first_day,
    ),
    Column(
        "UrinePerKgLowest",
        "log1p ml/kg in 24 h",
        ("Urine",),
        "the lowest 6 hours so far",
        _urine_lowest,
    ),
    Column("VentilatedEver", "0 or 1", ("MechVent",), "ventilated so far", _ventilated_ever),
    Column("VentilatedHours", "10 h", ("MechVent",), "hours ventilated so far", _ventilated_hours),
    Column(
        "VentilatedSince",
        "24 h",
        ("MechVent",),
        "time since, at most 24 h; 1 if never",
        _ventilated_since,
    ),
    Column("Ventilated24h", "0 or 1", ("MechVent",), "ventilated in 24 h", _ventilated_24),
    Column("FiO2Greatest24h", "0 to 1", ("FiO2",), "highest FiO2 of 24 h", _fio2_24),
    *(
        Column(
            f"{name}Mean24h",
            "scale",
            (name,),
            f"mean {name} of 24 h",
            partial(_scaled_24, name=name),
        )
        for name in ("Temp", "HR", "RespRate", "Urine")
    ),
    Column("Age*Age", "product", ("Age",), "a a", partial(_product, one=_age, other=_age)),
    Column("Age*GCS", "product", ("Age", "GCS"), "a g", partial(_product, one=_age, other=_gcs_24)),
    Column("Age*BUN", "product", ("Age", "BUN"), "a u", partial(_product, one=_age, other=_urea)),
    Column(
        "GCS*Ventilated",
        "product",
        ("GCS", "MechVent"),
        "l in 24 h ventilated",
        partial(_product, one=_alert, other=_ventilated_24),
    ),
    *(
        Column(
            f"GCS*ICUType{k}",
            "product",
            ("GCS", "ICUType"),
            f"l in ICU type {k}",
            partial(_alert_in, icu_type=k),
        )
        for k in (2, 3, 4)
    ),
)

SERIES_STATISTICS = (
    ("Least", "least so far", least),
    ("Greatest", "greatest so far", greatest),
    ("Mean", "mean so far", mean),
    ("LogCount", "log(1 + hours with a value)", log_count),
    ("Change", "last less first", change),
)


def _of_signal(stays, signal, statistic):
    return statistic(signal(stays))


def _of_series(stays, name, statistic):
    return statistic(stays.scaled(name))


CLINICAL = (
    *(
        Column(
            f"{name}{suffix}",
            unit,
            sources,
            f"{meaning}, {what}",
            partial(_of_signal, signal=signal, statistic=statistic),
        )
        for name, unit, sources, meaning, signal in SIGNALS
        for suffix, what, statistic in STATISTICS
    ),
    *SINGLE,
    *(
        Column(
            f"{variable.name}:{suffix}",
            variable.unit,
            (variable.name,),
            what,
            partial(_of_series, name=variable.name, statistic=statistic),
        )
        for variable in SERIES
        if variable.name != "MechVent"
        for suffix, what, statistic in SERIES_STATISTICS
    ),
)


def clinical_columns(records, hours):
    """Every column after these hours (T of 1 to 48): (N, T, 270) float32, nan where unknown."""
    stays = Stays(records)
    columns = np.empty((len(records), len(hours), len(CLINICAL)), dtype=np.float32)
    for index, column in enumerate(CLINICAL):
        columns[:, :, index] = column.values(stays)[:, np.asarray(hours) - 1]
    return columns
