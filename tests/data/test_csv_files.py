import os
import random
import re
import shutil

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
        "missing files: sequence/%d.csv: 3, 7-9, 40, 50-51; mortality/%d.csv: 0, 50-51; "
        "the first is sequence/3.csv"
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


def test_progress_counts_the_files(tmp_path):
    write(tmp_path, dict.fromkeys(range(3), "1"), dict.fromkeys(range(3), "0"))
    kinds = [
        csv_files.CSVFiles(f"{tmp_path}/{kind}/%d.csv", range(3), 0, ",")
        for kind in ("sequence", "mortality")
    ]
    seen = []
    csv_files.read_examples(*kinds, 2, seen.append)
    assert seen == [1, 2, 3]


def test_a_stray_number_is_no_search_for_a_billion_files(tmp_path):
    write(tmp_path, dict.fromkeys([*range(4), 1_700_000_000], "1"), {0: "1"})
    message = message_of(tmp_path, FileNotFoundError, last=1_700_000_000)
    assert message.startswith(
        "missing files: sequence/%d.csv: 4-1003 and maybe more of 0-1700000000; mortality/%d.csv: "
    )
    assert message_of(tmp_path, FileNotFoundError, last=10**30).startswith("missing files: ")


def test_the_first_missing_file_by_its_whole_path(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(FileNotFoundError) as caught:
        SequenceDataset.from_csv("x%d.csv", "y%d.csv", 3, 4, 2)
    assert str(caught.value).endswith(f"x%d.csv: 3-4; y%d.csv: 3-4; the first is {tmp_path}/x3.csv")


def test_what_is_no_file(tmp_path):
    write(tmp_path, {}, {0: "1"})
    (tmp_path / "sequence" / "0.csv").mkdir()
    with pytest.raises(IsADirectoryError, match=r"0\.csv"):
        read(tmp_path)
    if hasattr(os, "mkfifo"):
        (tmp_path / "sequence" / "0.csv").rmdir()
        os.mkfifo(tmp_path / "sequence" / "0.csv")
        assert message_of(tmp_path).startswith("sequence/0.csv: not a regular file but a FIFO")


HEADER_HINT = "(a header is skipped with skip_rows=1)"


@pytest.mark.parametrize(
    ("features", "labels", "message"),
    [
        (
            "1;2\n3;4\n",
            "1",
            "sequence/0.csv, line 1, column 1: '1;2' is not a finite number (is the d",
        ),
        ("HR;pH\n3;4\n", "1", "'HR;pH' is not a finite number (is the delimiter ';'?)"),
        ("1\t2\n", "1", "'1\\t2' is not a finite number (is the delimiter '\\t'?)"),
        ("1,5;2,5\n", "1", "column 2: '5;2' is not a finite number (is the delimiter ';'?)"),
        ("HR,pH\n1,2\n", "1", f"'HR' is not a finite number {HEADER_HINT}"),
        # Skipped, the first line would be lost or leave another fault.
        ("1,x\n1,2\n", "1", "'x' is not a finite number$"),
        ("HR,pH\n1,y\n", "1", "'HR' is not a finite number$"),
        ("HR,pH\n", "1", "'HR' is not a finite number$"),
        ("HR\n1,2\n", "1", "'HR' is not a finite number$"),
        ("1\nHR\n2\n", "1", "line 2, column 1: 'HR' is not a finite number$"),
        (
            "1",
            "died\n1\n",
            "'died' is not a finite number (a header is skipped with label_skip_rows=1)",
        ),
    ],
)
def test_hints(tmp_path, features, labels, message):
    write(tmp_path, {0: features}, {0: labels})
    found = message_of(tmp_path)
    assert message.rstrip("$") in found and (not message.endswith("$") or "(" not in found)


def test_a_long_cell_is_quoted_in_part(tmp_path):
    write(tmp_path, {0: "9" * 400_000}, {0: "1"})
    expected = f"sequence/0.csv, line 1, column 1: '{'9' * 60}'... is not a finite number"
    assert message_of(tmp_path) == expected


@pytest.mark.parametrize(
    ("features", "labels", "skip", "expected"),
    [
        (
            ["5,6\n1,2", "7,8\n1,2", "x,y\n1,2"],
            ["1"] * 3,
            (1, 0),
            "sequence/%d.csv: in 2 of 3 files",
        ),
        (["x,y\n5,6\n1,2"], ["1"], (2, 0), "line 2, which is skipped, holds nothing but numbers"),
        (["x,y\n5,6\n1,2"], ["1"], (2, 0), "if it is no header: skip_rows=1 (--skip-rows 1)"),
        (["1\n2"] * 2, ["0\n1", "1\n1"], (0, 1), "label_skip_rows=0 (--label-skip-rows 0)"),
        # Headers of numbers, as programs write them where the columns have no names.
        (["0,1\n5,6"], ["1"], (1, 0), None),
        (["1,2\n5,6"], ["1"], (1, 0), None),
        (["1\n2"] * 2, ["0\n1"] * 2, (0, 1), None),
        # Not a row of the table below it.
        (["5\n5,6"], ["1"], (1, 0), None),
        (["HR,\n5,6"], ["1"], (1, 0), None),
    ],
)
def test_a_skipped_row_of_numbers_is_said_once(tmp_path, features, labels, skip, expected):
    write(tmp_path, dict(enumerate(features)), dict(enumerate(labels)))
    options = {"last": len(features) - 1, "skip_rows": skip[0], "label_skip_rows": skip[1]}
    if expected is None:
        read(tmp_path, **options)  # a warning would be an error
    else:
        with pytest.warns(UserWarning, match=re.escape(expected)) as caught:
            read(tmp_path, **options)
        assert len(caught) == 1 and caught[0].filename == __file__


def test_lines_end_where_text_files_lines_end(tmp_path):
    """At CR LF, LF and CR; not at what str.splitlines also takes."""
    for end in ("\x0b", "\x0c", "\x1c", "\x85", "\u2028"):
        shutil.rmtree(tmp_path / "sequence", ignore_errors=True)
        shutil.rmtree(tmp_path / "mortality", ignore_errors=True)
        write(tmp_path, {0: f"1,2{end}3,4\n5,6"}, {0: "1"})
        assert "line 1, column 2: " in message_of(tmp_path) or "line 2: 2 cells" in message_of(
            tmp_path
        )


def test_mutated_files_are_read_as_they_stand_or_refused(tmp_path):
    """What is read is what float() makes of the cells."""
    rng = random.Random(0)
    whole = b"\xef\xbb\xbf0.5,-2.25,3e5\r\n4,+5.,.6\n7,8,9\n"
    write(tmp_path, {0: whole}, {0: "1"})
    path, refused = tmp_path / "sequence" / "0.csv", 0
    for _ in range(400):
        content = bytearray(whole)
        for _ in range(rng.randint(1, 3)):
            content[rng.randrange(len(content))] = rng.choice(
                b"0123456789.,-+eE \t\r\n;\x00\x0b\xff_"
            )
        path.write_bytes(content)
        try:
            table = read(tmp_path).features[0]
        except ValueError as error:
            refused += 1
            assert str(path) in str(error)
        else:
            text = content.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
            rows = [[float(c) for c in line.split(",")] for line in text.rstrip("\n ").split("\n")]
            assert table.tolist() == rows
    assert 100 < refused < 390
