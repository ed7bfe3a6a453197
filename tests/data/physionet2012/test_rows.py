import copy
import os
import pickle
from pathlib import Path

import numpy as np
import pytest
from helpers.raw_records import record_text, write_texts

from tinylstm.data.physionet2012 import (
    COLUMNS,
    Statistics,
    fit_statistics,
    read_records,
    record_rows,
)
from tinylstm.data.physionet2012.rows import VALUES
from tinylstm.data.physionet2012.variables import SERIES

MEASURED = [variable.name for variable in SERIES if variable.name != "Weight"]
UNCLIPPED = Statistics(
    np.zeros(39), p1=np.full(39, -np.inf), median=np.full(39, 5.0), p99=np.full(39, np.inf)
)


def rows_of(folder, *lines, statistics=UNCLIPPED, **options):
    write_texts(folder, {"7.txt": record_text(7, *lines, **options)})
    return record_rows(*read_records(folder), statistics)


def column(rows, name):
    return rows[:, COLUMNS.index(name)].tolist()


# The oracle: one cell after another, from the text of the records.


def parse(text):
    static, cells, times = {}, {}, set()
    for line in text.split("\n")[1:-1]:
        time, name, value = line.split(",")
        minute = int(time[:2]) * 60 + int(time[3:])
        if name == "":
            continue
        times.add(minute)
        if name in ("RecordID", "Age", "Gender", "Height", "ICUType"):
            static[name] = float(value)
        elif name == "Weight":
            if minute == 0 and name not in static:
                static[name] = float(value)
        elif value != "-1":
            cells.setdefault((minute, name), []).append(float(value))
    merged = {}
    for (minute, name), values in cells.items():
        merged[minute, name] = sum(values) if name == "Urine" else sum(values) / len(values)
    return static, merged, sorted(times)


def percentile(values, percent):
    values = sorted(values)
    rank = percent / 100 * (len(values) - 1)
    low = int(rank)
    high = min(low + 1, len(values) - 1)
    return values[low] + (rank - low) * (values[high] - values[low])


def oracle_limits(texts, percent):
    found = {}
    for static, merged, _ in map(parse, texts):
        for name in ("Age", "Height", "Weight"):
            if static.get(name, -1) != -1:
                found.setdefault(name, []).append(static[name])
        for (_, name), value in merged.items():
            found.setdefault(name, []).append(value)
    return {name: percentile(values, percent) for name, values in found.items()}


def oracle_rows(text, p1, median, p99):
    static, merged, times = parse(text)
    rows, last, before = [], {}, 0
    for minute in times:
        row = {"Time": minute / 60, "Elapsed": (minute - before) / 60}
        before = minute
        for code in 0, 1:
            row[f"Gender{code}"] = 1 if static.get("Gender") == code else 0
        for code in 1, 2, 3, 4:
            row[f"ICUType{code}"] = 1 if static.get("ICUType") == code else 0
        for name in [*MEASURED, "Age", "Height", "Weight"]:
            value = merged.get((minute, name))
            if name in ("Age", "Height", "Weight") and static.get(name, -1) != -1:
                value = static[name]
            row[f"{name}Missing"] = 1 if value is None else 0
            if value is not None:
                last[name] = min(max(value, p1.get(name, 0)), p99.get(name, 0))
            row[name] = last.get(name, median.get(name, 0))
        rows.append([row[name] for name in COLUMNS])
    return rows


def random_text(rng, record_id):
    descriptors = [
        f"00:00,Age,{rng.integers(16, 90)}",
        f"00:00,Gender,{rng.integers(-1, 2)}",
        f"00:00,Height,{rng.choice(['-1', '160.5', '182.9'])}",
        f"00:00,ICUType,{rng.integers(1, 5)}",
        f"00:00,Weight,{rng.choice(['-1', '61.2', '90'])}",
    ]
    lines = []
    # Few variables and few times: many are measured twice at once.
    for minute in sorted(rng.choice([0, 5, 61, 62, 700, 1439, 2879, 2880], rng.integers(0, 60))):
        name = rng.choice(["HR", "Urine", "pH", "Weight", "GCS", "Temp", ""])
        value = rng.choice(["-1", "0", f"{rng.normal(20, 9):.2f}"])
        lines.append(f"{minute // 60:02d}:{minute % 60:02d},{name},{value}")
    return record_text(record_id, *lines, descriptors=descriptors)


def test_rows_and_statistics_agree_with_a_second_implementation(tmp_path):
    rng = np.random.default_rng(0)
    texts = [random_text(rng, n) for n in range(1, 41)]
    write_texts(tmp_path, {f"{n}.txt": text for n, text in enumerate(texts, 1)})
    records = read_records(tmp_path)
    statistics = fit_statistics(records[:30])
    p1, median, p99 = (oracle_limits(texts[:30], percent) for percent in (1, 50, 99))
    for expected, found in (p1, statistics.p1), (median, statistics.median), (p99, statistics.p99):
        expected = [expected.get(name, 0) for name in VALUES]
        np.testing.assert_allclose(found, expected, rtol=1e-12)
    assert any(len(record.values) == 0 for record in records)
    for text, record in zip(texts, records, strict=True):
        rows = record_rows(record, statistics)
        assert rows.dtype == np.float64
        np.testing.assert_allclose(rows, oracle_rows(text, p1, median, p99), rtol=1e-12, atol=0)


def test_the_86_columns():
    assert len(COLUMNS) == len(set(COLUMNS)) == 86
    assert COLUMNS[:4] == ("Time", "Elapsed", "ALP", "ALPMissing")
    assert COLUMNS[8:12] == ("Age", "AgeMissing", "Albumin", "AlbuminMissing")
    assert COLUMNS[24:29] == ("GCS", "GCSMissing", "Gender0", "Gender1", "Glucose")
    assert COLUMNS[36:40] == ("Height", "HeightMissing", "ICUType1", "ICUType2")
    assert COLUMNS[-4:] == ("Weight", "WeightMissing", "pH", "pHMissing")
    assert list(COLUMNS[2:]) == sorted(COLUMNS[2:])
    assert len(VALUES) == 39 and len(SERIES) == 37


def test_one_row_for_each_distinct_time(tmp_path):
    rows = rows_of(tmp_path, "00:06,HR,80", "00:06,GCS,9", "01:36,HR,90", "48:00,HR,70")
    assert rows.shape == (4, 86)
    assert column(rows, "Time") == [0, 0.1, 1.6, 48]
    np.testing.assert_allclose(column(rows, "Elapsed"), [0, 0.1, 1.5, 46.4])


def test_what_makes_a_row_and_what_does_not(tmp_path):
    rows = rows_of(tmp_path, "01:00,,12", "02:00,HR,-1", "03:00,Weight,80")
    assert column(rows, "Time") == [0, 2, 3]
    assert column(rows, "HRMissing") == [1, 1, 1]


def test_a_record_with_nothing_but_descriptors_is_one_row(tmp_path):
    rows = rows_of(tmp_path)
    assert rows.shape == (1, 86)
    assert (column(rows, "Time"), column(rows, "Elapsed")) == ([0], [0])
    missing = [name for name in VALUES if column(rows, f"{name}Missing") == [1]]
    assert missing == [name for name in VALUES if name not in ("Age", "Weight")]


def test_values_at_one_time_are_averaged_and_urine_is_summed(tmp_path):
    lines = "01:00,Temp,36", "01:00,Temp,37", "01:00,Urine,40", "01:00,Urine,65"
    rows = rows_of(tmp_path, *lines, "02:00,GCS,9", "02:00,GCS,-1")
    assert column(rows, "Temp") == [5, 36.5, 36.5]
    assert column(rows, "Urine") == [5, 105, 105]
    assert column(rows, "GCS") == [5, 5, 9]


def test_gaps_hold_the_last_value_or_the_median_and_flags_are_set_before(tmp_path):
    rows = rows_of(tmp_path, "01:00,GCS,9", "02:00,HR,80", "03:00,GCS,8", "04:00,HR,81")
    assert column(rows, "HR") == [5, 5, 80, 80, 81]
    assert column(rows, "HRMissing") == [1, 1, 0, 1, 0]
    assert column(rows, "GCS") == [5, 9, 9, 8, 8]
    assert column(rows, "GCSMissing") == [1, 0, 1, 0, 1]


def test_descriptors_are_the_same_in_each_row(tmp_path):
    rows = rows_of(tmp_path, "00:00,Weight,90", "01:00,Weight,80", "02:00,HR,80")
    assert column(rows, "Age") == [54] * 3 and column(rows, "AgeMissing") == [0] * 3
    assert column(rows, "Height") == [5] * 3 and column(rows, "HeightMissing") == [1] * 3
    assert column(rows, "Weight") == [70.5] * 3 and column(rows, "WeightMissing") == [0] * 3


def test_gender_and_icu_type_are_one_hot_or_all_zero(tmp_path):
    names = "Gender0", "Gender1", "ICUType1", "ICUType2", "ICUType3", "ICUType4"
    for gender, icu_type, expected in (0, 3, [1, 0, 0, 0, 1, 0]), (-1, -1, [0] * 6):
        codes = [f"00:00,Gender,{gender}", f"00:00,ICUType,{icu_type}"]
        rows = rows_of(tmp_path, "01:00,HR,80", descriptors=codes)
        for row in rows:
            assert [row[COLUMNS.index(name)] for name in names] == expected


def test_values_are_clipped_and_time_is_not(tmp_path):
    limits = np.full(39, 1.0), np.full(39, 5.0), np.full(39, 7.0)
    statistics = Statistics(np.full(39, 9), *limits)
    rows = rows_of(tmp_path, "30:00,pH,735", "31:00,pH,0", "32:00,pH,6.5", statistics=statistics)
    assert column(rows, "pH") == [5, 7, 1, 6.5]
    assert column(rows, "pHMissing") == [1, 0, 0, 0]
    assert column(rows, "Age") == [7] * 4
    assert column(rows, "Time") == [0, 30, 31, 32]


def test_statistics_count_a_descriptor_once_and_a_merged_cell_once(tmp_path):
    texts = {"1.txt": record_text(1, "01:00,HR,80", "01:00,HR,90", "02:00,HR,100", "03:00,pH,-1")}
    texts["2.txt"] = record_text(2, descriptors=["00:00,Age,64", "00:00,Weight,-1"])
    statistics = fit_statistics(read_records(write_texts(tmp_path, texts)))
    index = VALUES.index
    measured = dict(zip(VALUES, statistics.measured.tolist(), strict=True))
    assert (measured["Age"], measured["Weight"], measured["HR"], measured["pH"]) == (2, 1, 2, 0)
    assert statistics.median[[index("Age"), index("Weight"), index("HR")]].tolist() == [
        59,
        70.5,
        92.5,
    ]
    np.testing.assert_allclose(statistics.p1[index("Age")], 54.1)
    np.testing.assert_allclose(statistics.p99[index("HR")], 99.85)


def test_a_value_that_no_training_record_has_is_zero_throughout(tmp_path):
    statistics = fit_statistics(
        read_records(write_texts(tmp_path / "a", {"1.txt": record_text(1)}))
    )
    rows = rows_of(tmp_path / "b", "01:00,Lactate,4", statistics=statistics)
    assert column(rows, "Lactate") == [0, 0]
    assert column(rows, "LactateMissing") == [1, 0]


def test_no_records():
    with pytest.raises(ValueError, match=r"^no records, expected at least one$"):
        fit_statistics([])


def test_a_record_is_left_as_it_is(tmp_path):
    write_texts(tmp_path, {"7.txt": record_text(7, "02:00,HR,80", "02:00,HR,0")})
    (record,) = read_records(tmp_path)
    before = record.minutes.copy(), record.variables.copy(), record.values.copy()
    first = record_rows(record, fit_statistics([record]))
    assert np.array_equal(first, record_rows(record, fit_statistics([record])))
    for old, new in zip(before, (record.minutes, record.variables, record.values), strict=True):
        assert np.array_equal(old, new)


def test_statistics_are_read_back_to_the_last_bit(tmp_path):
    rng = np.random.default_rng(1)
    written = Statistics(rng.integers(0, 999, 39), *np.sort(rng.normal(size=(3, 39)), axis=0))
    written.save(tmp_path / "statistics.csv")
    read = Statistics.load(tmp_path / "statistics.csv")
    for name in "measured", "p1", "median", "p99":
        assert np.array_equal(getattr(read, name), getattr(written, name))
    assert read.measured.dtype == np.int64


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "variable,measured",
            "name,measured",
            ", line 1: expected variable,measured,p1,median,p99",
        ),
        ("ALT,", "AlaT,", ": expected a line for each of ALP, ALT, AST, Age, Albumin"),
        ("ALT,0", "ALT,x", ", line 3: 'x' is no whole number of measured cells"),
        ("ALT,0", "ALT,0,0", ", line 3: 6 cells, expected a name and four numbers"),
        *(
            ("ALT,0,", f"ALT,{count},", f", line 3: '{count}' is no whole number of measured cells")
            for count in ("1_0", "\uff17", "-1", "2.5", "1e300", "nan", "9" * 16)
        ),
        *(
            ("ALT,0,0.0", f"ALT,0,{text}", f", line 3: '{text}' is not a number")
            for text in ("1_0", "\uff17", "nan", "-inf", "1e999", " 1", "")
        ),
        ("ALT,0,0.0", "ALT,0,0.5", ", line 3: 0.5, 0, 0: expected p1 <= median <= p99"),
        ("ALT,0,0.0,0.0", "ALT,0,0.0,1.5", ", line 3: 0, 1.5, 0: expected p1 <= median <= p99"),
    ],
)
def test_a_malformed_statistics_file(tmp_path, old, new, message):
    path = tmp_path / "statistics.csv"
    Statistics(np.zeros(39, dtype=int), *np.zeros((3, 39))).save(path)
    path.write_text(path.read_text().replace(old, new))
    with pytest.raises(ValueError) as error:
        Statistics.load(path)
    assert str(error.value).startswith(f"{path}{message}")


def test_a_missing_statistics_file(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"statistics\.csv: no such file"):
        Statistics.load(tmp_path / "statistics.csv")


@pytest.mark.skipif("TINYLSTM_PHYSIONET2012" not in os.environ, reason="needs the real records")
def test_set_a():
    records = read_records(Path(os.environ["TINYLSTM_PHYSIONET2012"], "set-a.tar.gz"))
    statistics = fit_statistics(records[:3200])
    lengths = {r.record_id: len(record_rows(r, statistics)) for r in records}
    assert sum(lengths.values()) == 299_264
    assert (min(lengths.values()), max(lengths.values())) == (1, 203)
    assert np.median(list(lengths.values())) == 72
    assert [lengths[n] for n in (140501, 140936, 141264)] == [1, 1, 1]
    assert statistics.median[VALUES.index("HR")] == 86


def test_statistics_say_what_they_are_and_can_be_copied():
    statistics = Statistics(np.arange(39), *np.sort(np.ones((3, 39)), axis=0))
    assert repr(statistics) == "Statistics(39 values, 741 measured cells)"
    for twin in (copy.deepcopy(statistics), pickle.loads(pickle.dumps(statistics))):
        assert np.array_equal(twin.measured, statistics.measured)
