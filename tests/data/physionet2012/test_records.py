import os
import random
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from helpers.raw_records import outcomes_text, record_text, write_archive, write_texts

from tinylstm.data.physionet2012 import read_records
from tinylstm.data.physionet2012.variables import SERIES

NAMES = [variable.name for variable in SERIES]


def read_one(folder, text):
    (record,) = read_records(write_texts(folder, {"7.txt": text}))
    return record


def measurements(record):
    """Return [(minute, name, value or None)]."""
    assert record.minutes.dtype == record.variables.dtype == np.int64
    assert record.values.dtype == np.float64
    values = [None if np.isnan(value) else value for value in record.values.tolist()]
    names = [NAMES[index] for index in record.variables]
    return list(zip(record.minutes.tolist(), names, values, strict=True))


def error(folder, texts):
    with pytest.raises(ValueError) as caught:
        read_records(write_texts(folder, texts))
    return str(caught.value).replace(f"{folder}{os.sep}", "")


def test_a_record(tmp_path):
    record = read_one(tmp_path, record_text(7, "00:07,HR,73", "01:05,pH,7.35", "48:00,AST,1.4e+04"))
    assert (record.record_id, record.age, record.gender, record.icu_type) == (7, 54, 0, 4)
    assert np.isnan(record.height) and record.weight == 70.5
    assert measurements(record) == [(7, "HR", 73), (65, "pH", 7.35), (2880, "AST", 14000)]
    assert record.died is None and record.unnamed_rows == 0


def test_descriptors_are_known_by_name_wherever_they_stand(tmp_path):
    lines = [
        "00:00,Age,54",
        "00:00,DiasABP,61",
        "00:00,Gender,1",
        "00:00,HR,92",
        "00:00,Height,160",
    ]
    lines += ["00:00,ICUType,2", "00:00,RecordID,7", "00:00,Temp,36.4", "00:00,Weight,50"]
    record = read_one(tmp_path, "\n".join(["Time,Parameter,Value", *lines]))
    static = record.age, record.gender, record.height, record.icu_type, record.weight
    assert static == (54, 1, 160, 2, 50)
    assert measurements(record) == [(0, "DiasABP", 61), (0, "HR", 92), (0, "Temp", 36.4)]


def test_a_descriptor_of_minus_one_or_without_a_row_is_unknown(tmp_path):
    unknown = [f"00:00,{name},-1" for name in ("Age", "Gender", "Height", "ICUType", "Weight")]
    for descriptors in unknown, []:
        record = read_one(tmp_path, record_text(7, descriptors=descriptors))
        static = record.age, record.gender, record.height, record.icu_type, record.weight
        assert np.isnan(static).all()


def test_a_descriptor_may_be_repeated_with_the_same_value(tmp_path):
    assert read_one(tmp_path, record_text(7, "00:00,Age,54.0")).age == 54


def test_the_first_weight_at_admission_is_the_descriptor_and_each_other_a_measurement(tmp_path):
    later = ["00:00,Weight,82", "05:00,Weight,81", "06:00,Weight,0"]
    for first, expected in ("70.5", 70.5), ("0", 0), ("-1", None):
        text = record_text(7, *later, descriptors=[f"00:00,Weight,{first}"])
        record = read_one(tmp_path, text)
        assert record.weight == expected if expected is not None else np.isnan(record.weight)
        expected = [(0, "Weight", 82), (300, "Weight", 81), (360, "Weight", 0)]
        assert measurements(record) == expected
    record = read_one(tmp_path, record_text(7, "05:00,Weight,81", descriptors=[]))
    assert np.isnan(record.weight) and measurements(record) == [(300, "Weight", 81)]


def test_minus_one_as_a_measurement_is_missing_and_other_negative_numbers_are_not(tmp_path):
    lines = "01:00,NIDiasABP,-1", "02:00,DiasABP,-1.0", "03:00,Temp,-17.8"
    expected = [(60, "NIDiasABP", None), (120, "DiasABP", None), (180, "Temp", -17.8)]
    assert measurements(read_one(tmp_path, record_text(7, *lines))) == expected


def test_rows_without_a_name_are_skipped_and_counted_whatever_else_is_in_them(tmp_path):
    lines = "01:00,,-1", "01:30,HR,80", ",,", "02:00,,", "99:99,,x"
    record = read_one(tmp_path, record_text(7, *lines))
    assert record.unnamed_rows == 4
    assert measurements(record) == [(90, "HR", 80)]


def test_a_record_with_nothing_but_descriptors(tmp_path):
    record = read_one(tmp_path, record_text(7))
    assert measurements(record) == []


def test_repeated_values_stay_in_their_order_and_times_ascend(tmp_path):
    lines = "02:00,HR,3", "01:00,HR,2", "01:00,HR,1", "01:00,GCS,9"
    expected = [(60, "HR", 2), (60, "HR", 1), (60, "GCS", 9), (120, "HR", 3)]
    assert measurements(read_one(tmp_path, record_text(7, *lines))) == expected


def test_a_byte_order_mark_crlf_and_blank_lines_at_the_end(tmp_path):
    text = "\ufeff" + record_text(7, "01:00,HR,80").replace("\n", "\r\n") + "\r\n\r\n"
    assert measurements(read_one(tmp_path, text)) == [(60, "HR", 80)]


def test_records_come_by_ascending_number_with_their_outcomes(tmp_path):
    texts = {f"set-b/{n}.txt": record_text(n, f"01:00,HR,{n}") for n in (100, 9, 23)}
    outcomes = {"Outcomes-b.txt": outcomes_text({9: 1, 5: 1, 23: 0, 100: 1})}
    archive = write_archive(tmp_path / "set-b.tar.gz", texts | outcomes)
    for raw in write_texts(tmp_path / "data", texts | outcomes), archive:
        calls = []
        records = read_records(raw, progress=lambda *call, calls=calls: calls.append(call))
        assert [(r.record_id, r.died) for r in records] == [(9, 1), (23, 0), (100, 1)]
        assert [r.values.tolist() for r in records] == [[9], [23], [100]]
        assert calls == [(1, 3), (2, 3), (3, 3)]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("24:60,HR,80", "column 1: '24:60' is not a time from 00:00 to 48:00"),
        ("48:01,HR,80", "column 1: '48:01' is not a time from 00:00 to 48:00"),
        ("1:00,HR,80", "column 1: '1:00' is not a time from 00:00 to 48:00"),
        (",HR,80", "column 1: '' is not a time from 00:00 to 48:00"),
        ("01:00,Pulse,80", "column 2: unknown parameter 'Pulse'"),
        ("01:00,SAPS-I,80", "column 2: unknown parameter 'SAPS-I'"),
        ("01:00, HR,80", "column 2: unknown parameter ' HR'"),
        ("01:00,HR,", "column 3: '' is not a number"),
        ("01:00,HR,high", "column 3: 'high' is not a number"),
        ("01:00,HR,1_0", "column 3: '1_0' is not a number"),
        ("01:00,HR,nan", "column 3: 'nan' is not a number"),
        ("01:00,HR,inf", "column 3: 'inf' is not a number"),
        ("01:00,HR,1e999", "column 3: '1e999' is not a number"),
        ("01:00,HR,٣", "column 3: '٣' is not a number"),
        ("01:00,Age,54", "column 1: Age at 01:00, expected at 00:00 alone"),
        ("00:00,Age,55", "column 3: Age is 55, but was 54 before"),
        ("00:00,RecordID,8", "column 3: RecordID is 8, but was 7 before"),
    ],
)
def test_a_malformed_line(tmp_path, line, message):
    text = record_text(7, "00:30,HR,90", line, "02:00,HR,90")
    assert error(tmp_path, {"7.txt": text}) == f"7.txt, line 9, {message}"


@pytest.mark.parametrize(
    ("name", "codes"), [("Gender", "(0, 1, -1)"), ("ICUType", "(1, 2, 3, 4, -1)")]
)
def test_a_code_that_does_not_exist(tmp_path, name, codes):
    text = record_text(7, descriptors=["00:00,Age,54", f"00:00,{name},5"])
    expected = f"7.txt, line 4, column 3: {name} is 5, expected one of {codes}"
    assert error(tmp_path, {"7.txt": text}) == expected


@pytest.mark.parametrize(("line", "cells"), [("01:00,HR", 2), ("01:00,HR,80,bpm", 4), ("", 1)])
def test_a_wrong_number_of_cells(tmp_path, line, cells):
    text = record_text(7, line, "02:00,HR,90")
    assert error(tmp_path, {"7.txt": text}) == f"7.txt, line 8: {cells} cells, expected 3"


def test_the_header(tmp_path):
    for text, header in ("", "''"), ("RecordID,7\n", "'RecordID,7'"):
        expected = f"7.txt, line 1: {header}, expected 'Time,Parameter,Value'"
        assert error(tmp_path, {"7.txt": text}) == expected


def test_something_else_than_text(tmp_path):
    (tmp_path / "7.txt").write_bytes(b"Time,Parameter,Value\n\xff\xfe")
    assert error(tmp_path, {}) == "7.txt, line 2: not UTF-8 text"


def test_a_record_id_that_is_not_the_name_of_the_file(tmp_path):
    expected = "7.txt: RecordID is 8, expected 7, as the name"
    assert error(tmp_path, {"7.txt": record_text(8)}) == expected
    expected = "7.txt: RecordID is missing, expected 7, as the name"
    assert error(tmp_path, {"7.txt": "Time,Parameter,Value\n00:00,Age,5"}) == expected


def test_a_record_that_is_there_twice(tmp_path):
    message = error(tmp_path, {"7.txt": record_text(7), "07.txt": record_text(7)})
    assert "7.txt: record 7 is there twice, under another name too" in message


def test_days_are_outcomes_too_and_unknown_below_zero(tmp_path):
    rows = "RecordID,Length_of_stay,Survival,In-hospital_death", "7,5,-1,0", "8,-1,-23,0", "9,0,3,1"
    texts = {f"{n}.txt": record_text(n) for n in (7, 8, 9)}
    folder = write_texts(tmp_path, {**texts, "Outcomes-a.txt": "\n".join(rows)})
    days = [(record.length_of_stay, record.survival) for record in read_records(folder)]
    np.testing.assert_array_equal(days, [(5, np.nan), (np.nan, np.nan), (0, 3)])
    (folder / "Outcomes-a.txt").write_text("\n".join(rows).replace("9,0,3", "9,0,3.5"))
    message = r"Outcomes-a\.txt, line 4, column 3: '3\.5' is no whole number of days"
    with pytest.raises(ValueError, match=message):
        read_records(folder)
    without = "RecordID,In-hospital_death\n7,1\n8,0\n9,0\n"
    (folder / "Outcomes-a.txt").write_text(without)
    assert all(np.isnan([r.survival, r.length_of_stay]).all() for r in read_records(folder))


def test_a_record_without_outcome(tmp_path):
    texts = {"7.txt": record_text(7), "Outcomes-a.txt": outcomes_text({8: 0})}
    assert error(tmp_path, texts) == "7.txt: no outcome for this record in Outcomes-a.txt"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("RecordID,Died\n7,0", "line 1: no column In-hospital_death in 'RecordID,Died'"),
        ("", "line 1: no column RecordID in ''"),
        ("RecordID,In-hospital_death\n7,2", "line 2, column 2: '2' is neither 0 nor 1"),
        ("RecordID,In-hospital_death\n7,", "line 2, column 2: '' is neither 0 nor 1"),
        ("RecordID,In-hospital_death\n7,0\nx,0", "line 3, column 1: 'x' is not a RecordID"),
        (
            "In-hospital_death,RecordID\n0,7\n0,7",
            "line 3, column 2: record 7 has an outcome already",
        ),
        ("RecordID,In-hospital_death\n7,0\n8", "line 3: 1 cells, expected 2"),
        (
            "RecordID,In-hospital_death,In-hospital_death\n7,0,1",
            "line 1, column 3: a column named 'In-hospital_death' is there already",
        ),
        (
            "RecordID,SOFA,In-hospital_death,SOFA\n7,0,1,0",
            "line 1, column 4: a column named 'SOFA' is there already",
        ),
        (
            f"RecordID,In-hospital_death\n{'7' * 5000},0",
            f"line 2, column 1: '{'7' * 60}'... is not a RecordID",
        ),
        (
            "RecordID,In-hospital_death\x0b7,0\x858,1",
            "line 1: no column In-hospital_death in 'RecordID,In-hospital_death\\x0b7,0\\x858,1'",
        ),
    ],
)
def test_a_malformed_outcomes_file(tmp_path, text, message):
    texts = {"7.txt": record_text(7), "Outcomes-a.txt": text}
    assert error(tmp_path, texts) == f"Outcomes-a.txt, {message}"


@pytest.mark.parametrize("end", ["\x0b", "\x0c", "\x1c", "\x85", "\u2028"])
def test_lines_end_where_other_text_files_lines_end(tmp_path, end):
    """Not at what str.splitlines also takes: this is a cell that is no number, not two rows."""
    text = record_text(7, f"01:00,HR,80{end}02:00,HR,90")
    assert "line 8: 5 cells, expected 3" in error(tmp_path, {"7.txt": text})
    text = record_text(7, f"01:00,HR,80{end}")
    assert "line 8, column 3: " in error(tmp_path, {"7.txt": text})


def test_a_cell_of_many_digits_is_said_at_once_and_in_part(tmp_path):
    """By a regular expression with two ways to match a digit it took a minute."""
    message = error(tmp_path, {"7.txt": record_text(7, f"01:00,HR,{'9' * 400_000}x")})
    assert message == f"7.txt, line 8, column 3: '{'9' * 60}'... is not a number"
    message = error(tmp_path, {"7.txt": record_text(7, f"{'0' * 99}:00,HR,1")})
    assert message.endswith(f"'{'0' * 60}'... is not a time from 00:00 to 48:00")
    message = error(tmp_path, {"7.txt": record_text(7, f"01:00,{'H' * 99},1")})
    assert message.endswith(f"unknown parameter '{'H' * 60}'...")


def test_mutated_records_are_read_as_they_stand_or_refused(tmp_path):
    rng, refused = random.Random(0), 0
    whole = record_text(7, "01:00,HR,80", "02:30,pH,7.4", "48:00,Urine,-1").encode()
    path = write_texts(tmp_path, {"Outcomes-a.txt": outcomes_text({7: 1})}) / "7.txt"
    for _ in range(300):
        content = bytearray(whole)
        for _ in range(rng.randint(1, 3)):
            content[rng.randrange(len(content))] = rng.choice(b"0123456789:.,-+eE \n\r\x0b\xffHRp")
        path.write_bytes(content)
        try:
            (record,) = read_records(tmp_path)
        except ValueError as caught:
            refused += 1
            assert str(path) in str(caught)
            continue
        rows = (
            content.decode().replace("\r\n", "\n").replace("\r", "\n").rstrip(" \n").split("\n")[1:]
        )
        expected = [row.split(",") for row in rows]
        named = sum(name != "" for _, name, _ in expected)
        n_descriptors = sum(
            name in ("RecordID", "Age", "Gender", "Height", "ICUType") for _, name, _ in expected
        )
        # Weight's first row at 00:00 is a descriptor as well.
        assert len(record.values) in (named - n_descriptors, named - n_descriptors - 1)
    assert 100 < refused < 295


def test_one_line_says_what_it_is(tmp_path):
    assert repr(read_one(tmp_path, record_text(7, "01:00,HR,80"))) == (
        "Record(7, 1 measurements, died=None)"
    )


@pytest.mark.skipif("TINYLSTM_PHYSIONET2012" not in os.environ, reason="needs the real records")
def test_set_a():
    records = read_records(Path(os.environ["TINYLSTM_PHYSIONET2012"], "set-a.tar.gz"))
    assert len(records) == 4000
    assert sum(record.died for record in records) == 554
    assert sum(6 + len(r.values) + r.unnamed_rows for r in records) == 1_757_980
    assert sum(np.isnan(record.height) for record in records) == 1894
    assert sum(np.isnan(record.weight) for record in records) == 326
    assert sum(np.isnan(record.gender) for record in records) == 3
    assert [r.record_id for r in records if len(r.values) == 0] == [140501, 140936, 141264]
    # Coverage in % of patients, and values per patient.
    patients = Counter(name for r in records for name in {NAMES[v] for v in r.variables})
    values = Counter(NAMES[v] for v in np.concatenate([r.variables for r in records]))
    for name, coverage, mean in (
        ("HR", 98.4, 57.13),
        ("Urine", 97.1, 34.23),
        ("pH", 76.0, 6.09),
        ("Weight", 68.2, 31.29),
        ("RespRate", 27.5, 13.76),
        ("TroponinI", 5.1, 0.11),
    ):
        assert abs(patients[name] / 40 - coverage) < 0.051, name
        assert abs(values[name] / 4000 - mean) < 0.0051, name
