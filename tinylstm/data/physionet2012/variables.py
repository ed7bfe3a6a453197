"""The table of the Challenge's variables: one line each, and everything else is read from it.

``DESCRIPTORS`` and ``SERIES`` say what there is, ``RULES`` which values the hourly layout believes,
and ``STAND_INS`` which variable takes the place of another that was not measured.
Names, units and meanings are those of the PhysioNet/CinC Challenge 2012 (Silva et al., Predicting
In-Hospital Mortality of ICU Patients, Computing in Cardiology 2012;
physionet.org/content/challenge-2012/1.0.0). Where the files differ from its page, the files count.
"""

from math import inf
from typing import NamedTuple


class Variable(NamedTuple):
    """One variable: its name in the files, unit, meaning, and how repeated values become one.

    ``merge`` says what several values at one time give: their ``"mean"``, or their ``"sum"`` where
    each value is an amount since the last one.

    >>> Variable("HR", "1/min", "heart rate").merge
    'mean'
    """

    name: str
    unit: str
    meaning: str
    merge: str = "mean"


# What is known of a patient at 00:00. RecordID is the patient's name, not a variable. Weight is
# here and in SERIES: its first value at 00:00 is the descriptor, each later one a measurement.
DESCRIPTORS = (
    Variable("Age", "years", "age"),
    Variable("Gender", "0 or 1", "0 female, 1 male"),
    Variable("Height", "cm", "height"),
    Variable("ICUType", "1 to 4", "1 coronary, 2 cardiac surgery, 3 medical, 4 surgical ICU"),
    Variable("Weight", "kg", "weight at admission"),
)

# What is measured over time.
SERIES = (
    Variable("ALP", "IU/L", "alkaline phosphatase"),
    Variable("ALT", "IU/L", "alanine transaminase"),
    Variable("AST", "IU/L", "aspartate transaminase"),
    Variable("Albumin", "g/dL", "albumin"),
    Variable("BUN", "mg/dL", "blood urea nitrogen"),
    Variable("Bilirubin", "mg/dL", "bilirubin"),
    Variable("Cholesterol", "mg/dL", "cholesterol"),
    Variable("Creatinine", "mg/dL", "serum creatinine"),
    Variable("DiasABP", "mmHg", "diastolic arterial blood pressure, invasive"),
    Variable("FiO2", "0 to 1", "fraction of oxygen in the air breathed in"),
    Variable("GCS", "3 to 15", "Glasgow Coma Score"),
    Variable("Glucose", "mg/dL", "serum glucose"),
    Variable("HCO3", "mmol/L", "serum bicarbonate"),
    Variable("HCT", "%", "haematocrit"),
    Variable("HR", "1/min", "heart rate"),
    Variable("K", "mEq/L", "serum potassium"),
    Variable("Lactate", "mmol/L", "lactate"),
    Variable("MAP", "mmHg", "mean arterial blood pressure, invasive"),
    Variable("MechVent", "0 or 1", "mechanical ventilation; only ever 1"),
    # The Challenge's page says mmol/L; a median of 2 can only be mg/dL.
    Variable("Mg", "mg/dL", "serum magnesium"),
    Variable("NIDiasABP", "mmHg", "diastolic arterial blood pressure, by cuff"),
    Variable("NIMAP", "mmHg", "mean arterial blood pressure, by cuff"),
    Variable("NISysABP", "mmHg", "systolic arterial blood pressure, by cuff"),
    Variable("Na", "mEq/L", "serum sodium"),
    Variable("PaCO2", "mmHg", "partial pressure of arterial carbon dioxide"),
    Variable("PaO2", "mmHg", "partial pressure of arterial oxygen"),
    Variable("Platelets", "cells/nL", "platelets"),
    Variable("RespRate", "1/min", "respiration rate"),
    Variable("SaO2", "%", "oxygen saturation of haemoglobin"),
    Variable("SysABP", "mmHg", "systolic arterial blood pressure, invasive"),
    Variable("Temp", "°C", "temperature"),
    Variable("TroponinI", "µg/L", "troponin-I"),
    Variable("TroponinT", "µg/L", "troponin-T"),
    Variable("Urine", "mL", "urine output since the last value", merge="sum"),
    Variable("WBC", "cells/nL", "white blood cell count"),
    Variable("Weight", "kg", "weight"),
    Variable("pH", "0 to 14", "arterial pH"),
)


class Rule(NamedTuple):
    """How the hourly layout takes one variable: what is plausible, and on which scale.

    A value from ``low`` to ``high`` is kept, another becomes missing. Before that, a value above
    one of ``divide_above`` is divided by it, by the largest that it is above. ``scale`` says how
    the network sees it: ``"linear"`` (the z-score of the value), ``"log1p"`` (the z-score of
    log(1 + value)) or ``"flag"`` (the value as it is).

    >>> Rule("HR", "1/min", 10, 300, "linear", "a monitor that came off reads 0").high
    300
    """

    name: str
    unit: str
    low: float
    high: float
    scale: str
    reason: str
    divide_above: tuple = ()


_TAIL = "never below 0; long tail"

# A variable without a line has no rule: each value is kept, on the linear scale. The line of
# Weight is for the descriptor and for the series.
RULES = (
    Rule("ALP", "IU/L", 0, inf, "log1p", _TAIL),
    Rule("ALT", "IU/L", 0, inf, "log1p", _TAIL),
    Rule("AST", "IU/L", 0, inf, "log1p", _TAIL),
    Rule("BUN", "mg/dL", 0, inf, "log1p", _TAIL),
    Rule("Bilirubin", "mg/dL", 0, inf, "log1p", _TAIL),
    Rule("Creatinine", "mg/dL", 0, inf, "log1p", _TAIL),
    Rule("DiasABP", "mmHg", 5, 250, "linear", "a line that is shut reads 0"),
    Rule("Glucose", "mg/dL", 0, inf, "log1p", _TAIL),
    Rule("HR", "1/min", 10, 300, "linear", "a monitor that came off reads 0"),
    Rule("Height", "cm", 120, 230, "linear", "adults; 1.8 is in metres"),
    Rule("K", "mEq/L", 1, 15, "linear", "over 15 the sample is spoilt"),
    Rule("Lactate", "mmol/L", 0, inf, "log1p", _TAIL),
    Rule("MAP", "mmHg", 10, 300, "linear", "a line that is shut reads 0"),
    Rule("MechVent", "0 or 1", 0, 1, "flag", "only ever 1: no spread to divide by"),
    Rule("Mg", "mg/dL", 0.2, 15, "linear", "37.5 is no patient's"),
    Rule("NIDiasABP", "mmHg", 5, 250, "linear", "a cuff that failed reads 0"),
    Rule("NIMAP", "mmHg", 10, 300, "linear", "a cuff that failed reads 0"),
    Rule("NISysABP", "mmHg", 20, 300, "linear", "a cuff that failed reads 0"),
    Rule("PaCO2", "mmHg", 5, 200, "linear", "0.3 is no patient's"),
    Rule("PaO2", "mmHg", 10, 600, "log1p", "long tail; pure oxygen gives little over 600"),
    Rule("Platelets", "cells/nL", 1, 3000, "log1p", "long tail; more is in another unit"),
    Rule("RespRate", "1/min", 1, inf, "linear", "a monitor that came off reads 0"),
    Rule("SaO2", "%", 20, 100, "linear", "a percentage; less is no patient's"),
    Rule("SysABP", "mmHg", 20, 300, "linear", "a line that is shut reads 0"),
    Rule("Temp", "°C", 25, 45, "linear", "-17.8 °C is 0 °F: a field left empty"),
    Rule("TroponinI", "µg/L", 0, inf, "log1p", _TAIL),
    Rule("TroponinT", "µg/L", 0, inf, "log1p", _TAIL),
    Rule("Urine", "mL", 0, inf, "log1p", _TAIL),
    Rule("WBC", "cells/nL", 0, 500, "log1p", "long tail; 12500 is in cells/µL"),
    Rule("Weight", "kg", 20, 300, "linear", "adults; 0 is a field left empty"),
    Rule("pH", "0 to 14", 6.5, 8, "linear", "735 is 7.35 without a point", divide_above=(10, 100)),
)


class StandIn(NamedTuple):
    """A variable whose z-score the hourly layout takes for another's in an hour without that.

    >>> StandIn("SysABP", "NISysABP", "the same pressure, by a cuff").source
    'NISysABP'
    """

    name: str
    source: str
    reason: str


_CUFF = "without an arterial line the cuff measures the same pressure"

# By z-scores, each of its own kind of measurement. The source keeps its columns, and the time since
# the last measurement is not stood in for: that a patient has an arterial line says something too.
STAND_INS = (
    StandIn("DiasABP", "NIDiasABP", _CUFF),
    StandIn("MAP", "NIMAP", _CUFF),
    StandIn("SysABP", "NISysABP", _CUFF),
)
