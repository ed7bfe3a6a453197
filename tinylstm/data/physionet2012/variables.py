"""The table of the Challenge's variables: one line each, and everything else is read from it.

Names, units and meanings are those of the PhysioNet/CinC Challenge 2012 (Silva et al., Predicting
In-Hospital Mortality of ICU Patients, Computing in Cardiology 2012;
physionet.org/content/challenge-2012/1.0.0). Where the files differ from its page, the files count.
"""

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
