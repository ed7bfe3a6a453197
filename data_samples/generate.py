"""Write the synthetic data of this folder anew: ``python data_samples/generate.py [FOLDER]``.

No number in it is a patient's. A patient is a hidden severity that drifts over the stay; each
variable is drawn around it, and who is sicker at the end is likelier to die. The same seeds give
the same bytes. README.md here says what is in the folder.
"""

import math
import sys
from pathlib import Path

import numpy as np

from tinylstm.data.physionet2012 import COLUMNS, Record, Statistics, record_rows
from tinylstm.data.physionet2012.rows import VALUES
from tinylstm.data.physionet2012.variables import SERIES

# Name: centre, spread, least, greatest, decimals; how many spreads a unit of severity moves it; how
# likely it is to be measured at a time stamp. Rough figures of intensive care, made up for this.
VARIABLES = {
    "ALP": (90, 30, 20, 900, 0, 0.2, 0.05),
    "ALT": (50, 20, 5, 5000, 0, 0.3, 0.05),
    "AST": (60, 25, 5, 5000, 0, 0.4, 0.05),
    "Albumin": (3.0, 0.5, 1, 5, 1, -0.5, 0.04),
    "BUN": (24, 8, 3, 150, 0, 0.7, 0.12),
    "Bilirubin": (1.0, 0.4, 0.1, 40, 1, 0.5, 0.05),
    "Cholesterol": (155, 35, 50, 330, 0, -0.1, 0.01),
    "Creatinine": (1.2, 0.4, 0.2, 12, 1, 0.6, 0.12),
    "DiasABP": (59, 11, 20, 130, 0, -0.5, 0.50),
    "FiO2": (0.5, 0.12, 0.21, 1, 2, 0.6, 0.15),
    "GCS": (12, 2.5, 3, 15, 0, -0.8, 0.35),
    "Glucose": (135, 40, 40, 600, 0, 0.3, 0.12),
    "HCO3": (23, 4, 8, 45, 0, -0.6, 0.12),
    "HCT": (31, 4.5, 15, 55, 1, -0.1, 0.15),
    "HR": (87, 15, 30, 200, 0, 0.6, 1),
    "K": (4.1, 0.5, 2, 8, 1, 0.2, 0.12),
    "Lactate": (2.2, 0.8, 0.4, 20, 1, 0.8, 0.08),
    "MAP": (78, 13, 30, 150, 0, -0.6, 0.50),
    "MechVent": (1, 1, 1, 1, 0, 0, 0.10),
    "Mg": (2.0, 0.3, 0.8, 5, 1, 0.1, 0.10),
    "NIDiasABP": (57, 12, 20, 130, 0, -0.4, 0.40),
    "NIMAP": (77, 13, 30, 150, 2, -0.5, 0.40),
    "NISysABP": (118, 20, 50, 220, 0, -0.5, 0.40),
    "Na": (139, 4, 115, 165, 0, 0.1, 0.12),
    "PaCO2": (40, 8, 15, 100, 0, 0.1, 0.12),
    "PaO2": (130, 50, 30, 500, 0, -0.3, 0.12),
    "Platelets": (190, 70, 10, 900, 0, -0.4, 0.12),
    "RespRate": (19, 4, 6, 50, 0, 0.6, 0.30),
    "SaO2": (96, 2.5, 60, 100, 0, -0.5, 0.06),
    "SysABP": (117, 20, 50, 220, 0, -0.6, 0.50),
    "Temp": (37, 0.7, 33, 41, 1, 0.1, 0.40),
    "TroponinI": (4, 2, 0.3, 50, 1, 0.4, 0.01),
    "TroponinT": (0.4, 0.2, 0.01, 20, 2, 0.4, 0.03),
    "Urine": (110, 60, 0, 1500, 0, -0.6, 0.60),
    "WBC": (12, 4, 0.5, 60, 1, 0.4, 0.12),
    "Weight": (81, 17, 35, 200, 1, 0, 0.30),
    "pH": (7.38, 0.06, 6.9, 7.7, 2, -0.6, 0.12),
}
CENTRE_AND_SPREAD = {name: row[:2] for name, row in VARIABLES.items()}
CENTRE_AND_SPREAD |= {"Age": (64, 17), "Height": (169, 11)}

# The oddities of the real files: number of the record -> what is added to it, or changed in it.
ADDED = {
    3: [("00:00", "HR", "92"), ("00:00", "DiasABP", "61"), ("00:00", "Temp", "36.4")],
    8: [("06:10", "NIDiasABP", "-1"), ("06:20", "DiasABP", "-1")],
    10: [("07:05", "Temp", "36.2"), ("07:05", "Temp", "37")],
    11: [("07:05", "Urine", "40"), ("07:05", "Urine", "65")],
    17: [("09:30", "", "-1"), ("09:40", "", "12")],
    20: [("05:00", "pH", "735"), ("05:00", "WBC", "12500"), ("05:00", "Mg", "37.5")],
    23: [("04:00", "Temp", "-17.8"), ("04:00", "HR", "0"), ("04:00", "NISysABP", "0")],
    26: [("03:00", "Weight", "0"), ("03:10", "AST", "1.422e+04")],
    29: [("00:00", "Weight", "82.5")],
    32: [("48:00", "HR", "84"), ("48:00", "Urine", "120")],
}
CHANGED = {14: ("Height", "1.8"), 29: ("Weight", "-1"), 35: ("Gender", "-1"), 38: ("Weight", "0")}
UNORDERED = (3,)
NOTHING_MEASURED = (5, 41)


def main(folder):
    """Write ``icu/`` and ``physionet2012/`` into a folder."""
    write_icu(Path(folder) / "icu", np.random.default_rng(2015), n_patients=300)
    write_physionet2012(Path(folder) / "physionet2012", np.random.default_rng(48), n_patients=60)


def simulate(rng, record_id, n_times):
    """Return a made-up Record with ``n_times`` distinct times, and the last severity."""
    minutes = np.sort(1 + rng.permutation(2879)[: n_times - 1])
    start, drift = 1.1 * rng.standard_normal(), 0.5 * rng.standard_normal()
    severity = start + drift * np.append(0, minutes) / 1440
    constitution = 0.4 * rng.standard_normal(len(SERIES))
    measured = []
    for minute, now in zip(minutes, severity[1:], strict=True):
        noise, chance = rng.standard_normal(len(SERIES)), rng.random(len(SERIES))
        for index, variable in enumerate(SERIES):
            centre, spread, least, greatest, decimals, load, likely = VARIABLES[variable.name]
            deviation = load * now + constitution[index] + 0.6 * noise[index]
            value = min(max(centre + spread * deviation, least), greatest)
            if chance[index] < likely:
                measured.append((minute, index, round(value, decimals)))
    minutes, variables, values = np.array(measured).reshape(-1, 3).T
    gender = float(rng.random() < 0.56)
    height = round(162 + 13 * gender + 7 * rng.standard_normal(), 1)
    weight = round(81 + 15 * rng.standard_normal(), 1)
    record = Record(
        record_id=record_id,
        age=float(min(max(round(64 + 7 * start + 13 * rng.standard_normal()), 16), 90)),
        gender=gender,
        height=height if rng.random() < 0.55 else math.nan,
        icu_type=float(1 + int(4 * rng.random())),
        weight=max(weight, 40.0) if rng.random() < 0.92 else math.nan,
        minutes=minutes.astype(np.int64),
        variables=variables.astype(np.int64),
        values=values,
        died=int(rng.random() < 1 / (1 + math.exp(2.2 - 4 * severity[-1]))),
    )
    return record, severity[-1]


def write_icu(folder, rng, n_patients):
    """Write the example's layout, values scaled by the centres and spreads above."""
    centre, spread = np.array([CENTRE_AND_SPREAD[name] for name in VALUES], dtype=float).T
    infinity = np.full(len(VALUES), np.inf)
    unclipped = Statistics(np.zeros(len(VALUES)), p1=-infinity, median=centre, p99=infinity)
    value_columns = [COLUMNS.index(name) for name in VALUES]
    for number in range(n_patients):
        n_times = min(max(int(math.exp(1.75 + 0.85 * rng.standard_normal())), 1), 60)
        record, _ = simulate(rng, number, n_times)
        rows = record_rows(record, unclipped)
        rows[:, value_columns] = (rows[:, value_columns] - centre) / spread
        rows[:, :2] /= 24  # Time and Elapsed in days
        rounded = np.round(rows, 2) + 0.0  # no -0
        lines = [",".join(COLUMNS), *(",".join(f"{x:g}" for x in row) for row in rounded)]
        write_lines(folder / "sequence" / f"{number}.csv", lines)
        write_lines(folder / "mortality" / f"{number}.csv", [str(record.died)])


def write_physionet2012(folder, rng, n_patients):
    """Write the raw layout, with the real files' oddities put in."""
    outcomes = ["RecordID,SAPS-I,SOFA,Length_of_stay,Survival,In-hospital_death"]
    for number in range(n_patients):
        record_id = 900001 + number + number // 7  # the real numbers have gaps as well
        record, severity = simulate(rng, record_id, n_times=8 + int(28 * rng.random()))
        write_lines(folder / "set-s" / f"{record_id}.txt", record_lines(record, number))
        saps = max(round(14 + 4 * severity + 3 * rng.standard_normal()), 0)
        sofa = max(round(6 + 3 * severity + 2 * rng.standard_normal()), 0)
        days = 3 + int(20 * rng.random())
        survival = days if record.died else -1
        outcomes.append(f"{record_id},{saps},{sofa},{days},{survival},{record.died}")
    write_lines(folder / "Outcomes-s.txt", outcomes)


def record_lines(record, number):
    """Return a record's lines, with the oddities of that number."""
    described = {
        "RecordID": record.record_id,
        "Age": record.age,
        "Gender": record.gender,
        "Height": record.height,
        "ICUType": record.icu_type,
        "Weight": record.weight,
    }
    rows = [("00:00", n, "-1" if math.isnan(v) else f"{v:.6g}") for n, v in described.items()]
    if number in CHANGED:
        name, text = CHANGED[number]
        rows[list(described).index(name)] = ("00:00", name, text)
    if number not in NOTHING_MEASURED:
        for minute, index, value in zip(
            record.minutes, record.variables, record.values, strict=True
        ):
            time = f"{minute // 60:02d}:{minute % 60:02d}"
            rows.append((time, SERIES[index].name, f"{value:.6g}"))
    rows += ADDED.get(number, [])
    key = (lambda row: row[:2]) if number in UNORDERED else (lambda row: row[0])
    return ["Time,Parameter,Value", *(",".join(row) for row in sorted(rows, key=key))]


def write_lines(path, lines):
    """Write lines with the same line ends on every system."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parent)
