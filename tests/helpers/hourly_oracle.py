"""The hourly layout a second time: one cell after another, from the text of the records."""

import math

from helpers.raw_records import record_text

from tinylstm.data.physionet2012.variables import RULES, SERIES

NAMES = [variable.name for variable in SERIES]
DESCRIBED = ["Age", "Gender", "Height", "AdmissionWeight"]
RULE_OF = {rule.name: rule for rule in RULES}


def plausible(name, value):
    if value == -1:
        return None
    if name == "pH" and value > 10:
        value = value / 100 if value > 100 else value / 10
    rule = RULE_OF.get(name)
    return value if rule is None or rule.low <= value <= rule.high else None


def parse(text):
    """Return the descriptors by name and the values on their scale by (hour, name)."""
    static, binned = {}, {}
    for line in text.split("\n")[1:-1]:
        time, name, value = line.split(",")
        if name == "":
            continue
        value = float(value)
        is_first_weight = name == "Weight" and time == "00:00" and "AdmissionWeight" not in static
        if name in ("RecordID", "Age", "Gender", "Height", "ICUType") or is_first_weight:
            known_as = "AdmissionWeight" if name == "Weight" else name
            static[known_as] = plausible(name, value)
        elif plausible(name, value) is not None:
            hour = min(int(time[:2]), 47)
            binned.setdefault((hour, name), []).append(plausible(name, value))
    cells = {}
    for (hour, name), values in binned.items():
        value = sum(values) if name == "Urine" else sum(values) / len(values)
        is_log = name in RULE_OF and RULE_OF[name].scale == "log1p"
        cells[hour, name] = math.log(1 + value) if is_log else value
    return static, cells


def oracle_statistics(texts):
    """Return {name: (number, mean, standard deviation)}."""
    found = {}
    for static, cells in map(parse, texts):
        for name in DESCRIBED:
            if static.get(name) is not None:
                found.setdefault(name, []).append(static[name])
        for (_, name), value in cells.items():
            found.setdefault(name, []).append(value)
    statistics = {}
    for name, values in found.items():
        mean = sum(values) / len(values)
        spread = math.sqrt(sum((value - mean) ** 2 for value in values) / len(values))
        statistics[name] = len(values), mean, spread if max(values) > min(values) else 1
    statistics["MechVent"] = statistics["MechVent"][0], 0, 1
    return statistics


def oracle_hours(text, statistics):
    static, cells = parse(text)

    def z_score(name, value):
        if value is None or name not in statistics:
            return 0
        _, mean, std = statistics[name]
        return min(max((value - mean) / std, -4), 4)

    rows, last, value = [], {}, dict.fromkeys(NAMES, 0)
    for hour in range(48):
        measured, since = [], []
        for name in NAMES:
            source = f"NI{name}" if name in ("SysABP", "DiasABP", "MAP") else name
            if (hour, name) in cells:
                last[name], source = hour, name
            if (hour, source) in cells:
                value[name] = z_score(source, cells[hour, source])
            measured.append(1 if (hour, source) in cells else 0)
            since.append(min(hour - last[name], 24) / 24 if name in last else 1)
        values = [value[name] for name in NAMES]
        row = values + measured + since
        row += [z_score(name, static.get(name)) for name in DESCRIBED]
        row += [1 if static.get(name) is not None else 0 for name in DESCRIBED[2:]]
        row += [1 if static.get("ICUType") == code else 0 for code in (1, 2, 3, 4)]
        rows.append([*row, hour / 24 - 1])
    return rows


def random_text(rng, record_id):
    descriptors = [
        f"00:00,Age,{rng.integers(16, 90)}",
        f"00:00,Gender,{rng.integers(-1, 2)}",
        f"00:00,Height,{rng.choice(['-1', '1.8', '160.5', '182.9'])}",
        f"00:00,ICUType,{rng.choice([-1, 1, 2, 3, 4])}",
        f"00:00,Weight,{rng.choice(['-1', '0', '61.2', '90'])}",
    ]
    lines = []
    # Few variables and few times: many are measured twice in an hour.
    for minute in sorted(rng.choice([0, 59, 61, 62, 70, 1439, 2820, 2880], rng.integers(0, 80))):
        names = ["HR", "Urine", "pH", "Weight", "GCS", "WBC", "MechVent", "SaO2", ""]
        name = rng.choice([*names, "SysABP", "NISysABP", "NIMAP"])
        if name == "SaO2" and record_id <= 30:
            name = "K"
        value = {
            "MechVent": "1",
            "K": "4.5",
            "pH": rng.choice(["7.3", "7.41", "735", "74", "1"]),
        }.get(name, f"{abs(rng.normal(30, 30)):.2f}")
        value = "-1" if rng.random() < 0.1 else value
        lines.append(f"{minute // 60:02d}:{minute % 60:02d},{name},{value}")
    return record_text(record_id, *lines, descriptors=descriptors)
