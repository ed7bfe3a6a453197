import os
from pathlib import Path

import numpy as np
import pytest
from helpers.raw_records import DESCRIPTORS, record_text, write_texts

from tinylstm.data.physionet2012 import read_records, report_cleaning
from tinylstm.data.physionet2012.cleaning import clean, clean_series
from tinylstm.data.physionet2012.variables import RULES, SERIES


def test_a_ph_without_its_point():
    values = np.array([7.4, 735, 100.1, 100, 74, 65, 10.1, 10, 6.5, 8, 6.49, 8.01, np.nan])
    expected = [7.4, 7.35, np.nan, np.nan, 7.4, 6.5, np.nan, np.nan, 6.5, 8] + [np.nan] * 3
    before = values.copy()
    np.testing.assert_allclose(clean("pH", values), expected, rtol=1e-15)
    np.testing.assert_array_equal(values, before)


def test_limits_are_plausible_themselves_and_what_is_next_to_them_is_not():
    for rule in RULES:
        if rule.divide_above:
            continue
        values = [rule.low, rule.high, np.nextafter(rule.low, -1), np.nextafter(rule.high, np.inf)]
        cleaned = clean(rule.name, np.array(values))
        kept = [False, True] if rule.high == np.inf else [False, False]
        assert (~np.isnan(cleaned)).tolist() == [True, True, False, kept[1]], rule.name


def test_a_variable_without_a_rule_stays_as_it_is():
    values = np.array([-3.0, 999, np.nan])
    assert np.array_equal(clean("GCS", values), values, equal_nan=True)
    assert clean("GCS", values) is not values


def test_each_measurement_is_cleaned_by_its_own_rule():
    names = [variable.name for variable in SERIES]
    rng = np.random.default_rng(0)
    variables = rng.integers(0, 37, 5000)
    values = rng.choice([-17.8, 0, 0.3, 1, 7, 36, 72, 94, 250, 735, 12500, np.nan], 5000)
    before = values.copy()
    rule_of = {rule.name: rule for rule in RULES}
    expected = []
    for index, value in zip(variables, values, strict=True):
        rule = rule_of.get(names[index])
        if names[index] == "pH" and value > 10:
            value = value / 100 if value > 100 else value / 10
        expected.append(value if rule is None or rule.low <= value <= rule.high else np.nan)
    np.testing.assert_array_equal(clean_series(variables, values), expected)
    np.testing.assert_array_equal(values, before)


def test_the_report(tmp_path):
    first = record_text(
        1,
        *("01:00,pH,735", "02:00,pH,94", "03:00,pH,7.3", "04:00,pH,0"),
        *("05:00,Weight,0", "06:00,HR,-1", "07:00,HR,0", "08:00,,5", "09:00,GCS,99"),
        # The line's own value counts where it is plausible, and the last hour ends at 48:00.
        *("10:00,MAP,70", "10:10,NIMAP,72", "11:00,MAP,0", "11:10,NIMAP,72", "11:20,NIMAP,74"),
        *("47:30,NIMAP,72", "48:00,NIMAP,72"),
        descriptors=[*DESCRIPTORS, "00:00,Weight,0"],
    )
    second = record_text(2, descriptors=["00:00,Height,1.8", "00:00,Weight,-1"])
    texts = {"1.txt": first, "2.txt": second}
    report = report_cleaning(read_records(write_texts(tmp_path, texts)))
    assert (report.records, report.measurements) == (2, 14)
    assert (report.missing_values, report.unnamed_rows) == (1, 1)
    assert {name: n for name, n in report.corrected.items() if n} == {"pH": 1}
    dropped = {name: n for name, n in report.dropped.items() if n}
    assert dropped == {"pH": 2, "Weight": 2, "HR": 1, "Height": 1, "MAP": 1}
    assert set(report.corrected) == set(report.dropped) == {rule.name for rule in RULES}
    assert report.stood_in == {"DiasABP": 0, "MAP": 2, "SysABP": 0}
    lines = str(report).split("\n")
    assert lines[0] == (
        "14 measurements of 2 records, 1 of -1 (missing), 1 rows without a name (skipped)"
    )
    assert len(lines) == 3 + len(RULES) + 3
    assert max(map(len, lines)) <= 100
    assert " ".join(lines[-2].split()) == (
        "MAP NIMAP 2 without an arterial line the cuff measures the same pressure"
    )
    assert lines[-5].split()[:8] == ["pH", "6.5", "to", "8", "0", "to", "14", "1"]
    (respiration,) = (line for line in lines if line.startswith("RespRate"))
    assert " ".join(respiration.split()) == (
        "RespRate from 1 1/min 0 0 a monitor that came off reads 0"
    )


def test_no_records():
    with pytest.raises(ValueError, match=r"^no records, expected at least one$"):
        report_cleaning([])


@pytest.mark.skipif("TINYLSTM_PHYSIONET2012" not in os.environ, reason="needs the real records")
def test_set_a():
    report = report_cleaning(
        read_records(Path(os.environ["TINYLSTM_PHYSIONET2012"], "set-a.tar.gz"))
    )
    assert (report.records, report.measurements) == (4000, 1_757_980 - 24_000)
    # Counted in the files by other means.
    assert {name: n for name, n in report.corrected.items() if n} == {"pH": 3}
    assert {name: n for name, n in report.dropped.items() if n} == {
        **{"DiasABP": 689, "HR": 13, "Height": 16, "K": 2, "MAP": 79, "NIDiasABP": 104},
        **{"NIMAP": 46, "NISysABP": 181, "PaCO2": 1, "PaO2": 2, "RespRate": 59},
        **{"SysABP": 694, "Temp": 130, "Weight": 235, "pH": 8},
    }
    assert report.stood_in == {"DiasABP": 67_133, "MAP": 66_060, "SysABP": 67_135}
