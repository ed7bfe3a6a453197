import csv
import importlib.util
import os

import numpy as np
import pytest
from helpers.paths import SAMPLES

from tinylstm.data import SequenceDataset
from tinylstm.data.physionet2012 import COLUMNS, convert, read_records
from tinylstm.data.physionet2012.variables import SERIES

FOLDERS = "icu", "physionet2012"


def files_under(folder):
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def records():
    return {record.record_id: record for record in read_records(SAMPLES / "physionet2012")}


def values(record, name):
    """Return {minute: [values]} of one variable."""
    found = {}
    for minute, variable, value in zip(
        record.minutes.tolist(), record.variables, record.values.tolist(), strict=True
    ):
        if SERIES[variable].name == name:
            found.setdefault(minute, []).append(value)
    return found


def test_the_generator_writes_the_same_bytes_again(tmp_path):
    spec = importlib.util.spec_from_file_location("generate", SAMPLES / "generate.py")
    generate = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(generate)
    generate.main(tmp_path)
    for folder in FOLDERS:
        names = files_under(SAMPLES / folder)
        assert names == files_under(tmp_path / folder)
        for name in names:
            assert (SAMPLES / folder / name).read_bytes() == (tmp_path / folder / name).read_bytes()


def test_the_files_are_small_and_said_to_be_synthetic():
    # 4096-byte blocks: what the files take on most disks.
    sizes = [os.path.getsize(SAMPLES / name) for name in files_under(SAMPLES)]
    assert sum(-(-size // 4096) * 4096 for size in sizes) < 3_000_000
    assert (SAMPLES / "README.md").read_text(encoding="utf-8").startswith("# Synthetic data")


def test_icu_has_the_examples_layout():
    icu = SAMPLES / "icu"
    with open(icu / "sequence" / "0.csv", newline="") as file:
        assert tuple(next(csv.reader(file))) == COLUMNS
    patterns = f"{icu}/sequence/%d.csv", f"{icu}/mortality/%d.csv"
    dataset = SequenceDataset.from_csv(*patterns, first=0, last=299, n_classes=2, skip_rows=1)
    assert len(files_under(icu)) == 600
    lengths = [len(x) for x in dataset.features]
    assert (min(lengths), max(lengths)) == (1, 60)
    rows = np.concatenate(dataset.features)
    assert rows.shape[1] == 86 and np.abs(rows).max() < 20
    for part, patients in (dataset[:240], 240), (dataset[240:], 60):
        labels = np.concatenate(part.labels)
        assert len(labels) == patients and 0.25 < labels.mean() < 0.45
    flags = [index for index, name in enumerate(COLUMNS) if name.endswith("Missing")]
    assert len(flags) == 39 and set(rows[:, flags].ravel()) == {0, 1}


def test_the_raw_sample_converts(tmp_path):
    summary = convert(SAMPLES / "physionet2012", tmp_path / "rows")
    assert (summary.records, summary.unnamed_rows, summary.missing_values) == (60, 2, 2)
    assert summary.merged_values == 2


def test_the_raw_sample_has_the_oddities_that_its_readme_lists(records):
    assert len(records) == 60
    lines = (SAMPLES / "physionet2012/set-s/900004.txt").read_text().split("\n")
    assert [line.split(",")[1] for line in lines[1:4]] == ["Age", "DiasABP", "Gender"]
    assert len(records[900006].values) == len(records[900047].values) == 0
    assert np.isnan(records[900010].values).sum() == 2
    assert values(records[900012], "Temp")[425] == [36.2, 37]
    assert values(records[900013], "Urine")[425] == [40, 65]
    assert records[900017].height == 1.8
    assert records[900020].unnamed_rows == 2
    for name, value in ("pH", 735), ("WBC", 12500), ("Mg", 37.5):
        assert [value] in values(records[900023], name).values()
    for name, value in ("Temp", -17.8), ("HR", 0), ("NISysABP", 0):
        assert [value] in values(records[900027], name).values()
    assert values(records[900030], "Weight")[180] == [0]
    assert values(records[900030], "AST")[190] == [14220]
    assert np.isnan(records[900034].weight) and values(records[900034], "Weight")[0] == [82.5]
    assert records[900037].minutes[-1] == 2880
    assert np.isnan(records[900041].gender)
    assert records[900044].weight == 0
