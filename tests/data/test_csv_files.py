import re

import numpy as np
import pytest

from tinylstm.data import SequenceDataset, csv_files


def write(folder, features, labels):
    """Write the texts (or bytes) of numbered files to sequence/ and mortality/."""
    for kind, texts in (("sequence", features), ("mortality", labels)):
        (folder / kind).mkdir()
        for number, text in texts.items():
            content = text if isinstance(text, bytes) else text.encode()
            (folder / kind / f"{number}.csv").write_bytes(content)


def read(folder, first=0, last=0, n_classes=2, features="sequence/%d.csv", **options):
    return SequenceDataset.from_csv(
        folder / features, f"{folder}/mortality/%d.csv", first, last, n_classes, **options
    )


def message_of(folder, error=ValueError, **options):
    with pytest.raises(error) as caught:
        read(folder, **options)
    return str(caught.value).replace(f"{folder}/", "")


def test_reads_the_range_with_its_last(tmp_path):
    features = {n: f"a,b\n{n},0.5\n-1e-3,+2\n" for n in range(12)}
    write(tmp_path, features, {n: f"{n % 3}\n" for n in range(12)})
    dataset = read(tmp_path, first=8, last=11, n_classes=3, skip_rows=1)
    assert len(dataset) == 4
    for (x, y), n in zip(dataset, range(8, 12), strict=True):
        assert x.dtype == np.float64
        assert x.tolist() == [[n, 0.5], [-0.001, 2]]
        assert y.dtype == np.int64
        assert y.tolist() == [n % 3]


def test_numbers_with_leading_zeros_and_a_percent_sign(tmp_path):
    write(tmp_path, {}, {7: "1"})
    (tmp_path / "100%_00007.csv").write_text("1,2")
    dataset = read(tmp_path, first=7, last=7, features="100%%_%05d.csv")
    assert dataset.features[0].tolist() == [[1, 2]]


@pytest.mark.parametrize(
    "pattern", ["0.csv", "%d_%d.csv", "%s.csv", "%f.csv", "100%_%d.csv", "%%d"]
)
def test_pattern_without_exactly_one_number(tmp_path, pattern):
    with pytest.raises(ValueError, match=re.escape(f"pattern {pattern!r}: expected one number")):
        csv_files.CSVFiles(pattern, range(3), 0, ",")


@pytest.mark.parametrize(
    "text",
    [
        b"\xef\xbb\xbfx,y\n1,2\n3,4\n",
        b"x,y\r\n1,2\r\n3,4\r\n",
        b"x,y\r1,2\r3,4\r",
        b"x,y\r1,2\r3,4\r",
        b"x,y\n1,2\n3,4",
        b"x,y\n1,2\n3,4\n\n  \n\n",
        b"\xef\xbb\xbfx,y\r\n1,2\r\n3,4\r\n\r\n\r\n",
        b"x,y\n 1.0 ,\t2\n3.,.4e1\n",
    ],
)
def test_accepted_forms(tmp_path, text):
    write(tmp_path, {0: text}, {0: b"\xef\xbb\xbf1.0\r\n\r\n"})
    dataset = read(tmp_path, skip_rows=1)
    assert dataset.features[0].tolist() == [[1, 2], [3, 4]]
    assert dataset.labels[0].tolist() == [1]


@pytest.mark.parametrize("delimiter", [";", "\t", "|", " "])
def test_delimiter(tmp_path, delimiter):
    write(tmp_path, {0: f"1{delimiter}2\n3{delimiter}4\n"}, {0: "0\n1\n"})
    assert read(tmp_path, delimiter=delimiter).features[0].tolist() == [[1, 2], [3, 4]]


def test_numbers_are_exact(tmp_path):
    rng = np.random.default_rng(3)
    numbers = (rng.normal(size=(40, 9)) * 10.0 ** rng.integers(-300, 300, size=(40, 9))).tolist()
    text = "\n".join(",".join(map(repr, row)) for row in numbers)
    write(tmp_path, {0: text}, {0: "0"})
    assert read(tmp_path).features[0].tolist() == numbers


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a,b\n1,2\n3,x\n", "sequence/0.csv, line 3, column 2: 'x' is not a finite number"),
        ("a,b\n1,2\n1_0,4\n", "sequence/0.csv, line 3, column 1: '1_0' is not a finite number"),
        ("a,b\n1,\uff12\n", "sequence/0.csv, line 2, column 2: '\uff12' is not a finite number"),
        ("a,b\n1,2\n3,nan\n", "sequence/0.csv, line 3, column 2: 'nan' is not a finite number"),
        ("a,b\n-inf,2\n", "sequence/0.csv, line 2, column 1: '-inf' is not a finite number"),
        ("a,b\n1,1e999\n", "sequence/0.csv, line 2, column 2: '1e999' is not a finite number"),
        ("a,b\n1,2#\n", "sequence/0.csv, line 2, column 2: '2#' is not a finite number"),
        ("a,b\n1,\n", "sequence/0.csv, line 2, column 2: an empty cell"),
        ("a,b\n1, \n", "sequence/0.csv, line 2, column 2: an empty cell"),
        ("a,b\n1,2\n3\n", "sequence/0.csv, line 3: 1 cells, but line 2 has 2"),
        ("a,b\n1,2\n3,4,5\n", "sequence/0.csv, line 3: 3 cells, but line 2 has 2"),
        ("a,b\n1,2\n\n3,4\n", "sequence/0.csv, line 3: a blank line between rows"),
        ("a,b\n\n1,2\n", "sequence/0.csv, line 2: a blank line between rows"),
        ("", "sequence/0.csv: the file is empty"),
        ("\n\n", "sequence/0.csv: the file is empty"),
        ("a,b\n\n", "sequence/0.csv: no rows after the 1 skipped"),
        (b"a,b\n1,2\n\xff,4\n", "sequence/0.csv, line 3: not UTF-8 text"),
    ],
)
def test_faults_of_a_feature_file(tmp_path, text, message):
    write(tmp_path, {0: text}, {0: "1"})
    assert message_of(tmp_path, skip_rows=1) == message


def test_a_header_that_was_not_skipped(tmp_path):
    write(tmp_path, {0: "HR,Temp\n1,2\n"}, {0: "1"})
    assert message_of(tmp_path) == (
        "sequence/0.csv, line 1, column 1: 'HR' is not a finite number "
        "(a header is skipped with skip_rows=1)"
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("h\n2\n", "line 2, column 1: label 2.0, expected a whole number from 0 to 1"),
        ("h\n0\n-1\n", "line 3, column 1: label -1.0, expected a whole number from 0 to 1"),
        ("h\n0.5\n", "line 2, column 1: label 0.5, expected a whole number from 0 to 1"),
        ("h\n0,1\n", "line 2, column 2: a row of labels has one cell, this one has 2"),
        ("h\n0\n0,1\n", "line 3: 2 cells, but line 2 has 1"),
        ("h\n1_0\n", "line 2, column 1: '1_0' is not a finite number"),
        ("h\ndied\n", "line 2, column 1: 'died' is not a finite number"),
    ],
)
def test_faults_of_a_label_file(tmp_path, text, message):
    write(tmp_path, {0: "1\n2\n3\n"}, {0: text})
    assert message_of(tmp_path, label_skip_rows=1) == f"mortality/0.csv, {message}"


def test_empty_label_file(tmp_path):
    write(tmp_path, {0: "1\n"}, {0: ""})
    assert message_of(tmp_path) == "mortality/0.csv: the file is empty"


def test_files_that_do_not_go_together(tmp_path):
    write(tmp_path, {4: "1,2\n", 5: "1,2,3\n", 6: "1,2\n"}, {4: "0", 5: "0", 6: "0\n0\n"})
    assert message_of(tmp_path, first=4, last=5) == (
        "sequence/5.csv: 3 columns, but sequence/4.csv has 2"
    )
    assert message_of(tmp_path, first=6, last=6) == (
        "mortality/6.csv: 2 labels, but sequence/6.csv has 1 steps"
    )


def test_all_missing_files_are_named(tmp_path):
    there = dict.fromkeys(range(50), "1")
    features = {n: text for n, text in there.items() if n not in (3, 7, 8, 9, 40)}
    write(tmp_path, features, {n: text for n, text in there.items() if n != 0})
    assert message_of(tmp_path, FileNotFoundError, last=51) == (
        "missing files: sequence/%d.csv: 3, 7-9, 40, 50-51; mortality/%d.csv: 0, 50-51"
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"first": 3, "last": 2}, "last=2, expected at least 3"),
        ({"first": -1}, "first=-1, expected at least 0"),
        ({"first": 0.0}, "first=0.0, expected an integer"),
        ({"n_classes": 1}, "n_classes=1, expected at least 2"),
        ({"skip_rows": -1}, "skip_rows=-1, expected at least 0"),
        ({"delimiter": ", "}, "delimiter=', ', expected one character"),
        ({"delimiter": "\n"}, "delimiter='\\n', expected one character"),
    ],
)
def test_arguments(tmp_path, options, message):
    assert message_of(tmp_path, **options) == message


def test_cell_by_cell_agrees_with_the_fast_parser(tmp_path):
    text = "1,-2.5,3e5\n 4 ,+5.,.6\n"
    write(tmp_path, {0: text}, {})
    files = csv_files.CSVFiles(f"{tmp_path}/sequence/%d.csv", range(1), 0, ",")
    slow = files._parse_cell_by_cell(0, text.splitlines())
    np.testing.assert_array_equal(files.read_table(0), slow)


def test_progress_counts_the_files(tmp_path, monkeypatch):
    seen = []

    class Recorder(csv_files.Progress):
        def __init__(self, label, total, *, enabled):
            super().__init__(label, total, enabled=False)
            seen.append((label, total, enabled))

        def update(self, done, text=""):
            seen.append(done)

    monkeypatch.setattr(csv_files, "Progress", Recorder)
    write(tmp_path, dict.fromkeys(range(3), "1"), dict.fromkeys(range(3), "0"))
    read(tmp_path, last=2)
    assert seen == [("reading CSV files", 3, True), 1, 2, 3]
    seen.clear()
    read(tmp_path, last=2, verbose=False)
    assert seen[0] == ("reading CSV files", 3, False)
