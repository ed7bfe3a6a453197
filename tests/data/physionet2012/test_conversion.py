import os
from pathlib import Path

import numpy as np
import pytest
from helpers.raw_records import outcomes_text, record_text, write_archive, write_texts

from tinylstm.data import SequenceDataset
from tinylstm.data.physionet2012 import (
    COLUMNS,
    Statistics,
    convert,
    fit_statistics,
    read_records,
    record_rows,
)

DIED = {103: 1, 20: 0, 31: 1, 45: 0, 99: 0}


def texts():
    records = {
        f"set-a/{n}.txt": record_text(n, f"00:07,HR,{n}", f"01:59,HR,{n / 3:.2f}") for n in DIED
    }
    return {**records, "Outcomes-a.txt": outcomes_text(DIED)}


@pytest.fixture
def raw(tmp_path):
    return write_texts(tmp_path / "raw", texts())


def read_numbers(path):
    return np.loadtxt(path, delimiter=",", skiprows=1, ndmin=2)


def test_the_files_hold_the_rows_to_the_last_bit_in_order_of_record_id(raw, tmp_path):
    out = tmp_path / "a" / "rows"
    convert(raw, out, n_train=3)
    names = {"sequence", "mortality", "records.csv", "statistics.csv"}
    assert {path.name for path in out.iterdir()} == names
    records = read_records(raw)
    statistics = fit_statistics(records[:3])
    for number, record in enumerate(records):
        file = out / "sequence" / f"{number}.csv"
        assert file.read_text().split("\n")[0] == ",".join(COLUMNS)
        assert np.array_equal(read_numbers(file), record_rows(record, statistics))
        label = (out / "mortality" / f"{number}.csv").read_text()
        assert label == f"{DIED[record.record_id]}\n"
    assert len(list((out / "sequence").iterdir())) == len(list((out / "mortality").iterdir())) == 5
    expected = "number,RecordID\n0,20\n1,31\n2,45\n3,99\n4,103\n"
    assert (out / "records.csv").read_text() == expected
    assert np.array_equal(Statistics.load(out / "statistics.csv").p99, statistics.p99)


def test_the_files_are_what_sequence_dataset_reads(raw, tmp_path):
    out = tmp_path / "rows"
    convert(raw, out)
    patterns = f"{out}/sequence/%d.csv", f"{out}/mortality/%d.csv"
    dataset = SequenceDataset.from_csv(*patterns, first=0, last=4, n_classes=2, skip_rows=1)
    assert [x.shape for x in dataset.features] == [(3, 86)] * 5
    assert [y.tolist() for y in dataset.labels] == [[0], [1], [0], [0], [1]]


def test_an_archive_gives_the_same_files_as_a_folder(raw, tmp_path):
    archive = write_archive(tmp_path / "set-a.tar.gz", texts())
    convert(raw, tmp_path / "one")
    convert(archive, tmp_path / "two")
    for path in (tmp_path / "one").rglob("*.csv"):
        assert (
            path.read_bytes()
            == (tmp_path / "two" / path.relative_to(tmp_path / "one")).read_bytes()
        )


def test_the_statistics_are_those_of_the_first_four_in_five(raw, tmp_path):
    convert(raw, tmp_path / "rows")
    found = Statistics.load(tmp_path / "rows" / "statistics.csv")
    expected = fit_statistics(read_records(raw)[:4])
    for name in "measured", "p1", "median", "p99":
        assert np.array_equal(getattr(found, name), getattr(expected, name))


def test_another_conversions_statistics(raw, tmp_path):
    convert(raw, tmp_path / "one", n_train=2)
    summary = convert(raw, tmp_path / "two", like=tmp_path / "one")
    assert summary.statistics_from == str(tmp_path / "one")
    for name in "statistics.csv", "sequence/4.csv":
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_the_summary(tmp_path):
    records = {
        "1.txt": record_text(1, "01:00,HR,60", "02:00,HR,80", "03:00,,1"),
        "2.txt": record_text(2, "01:00,Temp,36", "01:00,Temp,37", "01:00,Temp,38", "02:00,HR,-1"),
        "3.txt": record_text(
            3, "01:00,HR,10", "01:00,Weight,70", "01:00,Weight,-1", "02:00,pH,7.4"
        ),
    }
    outcomes = {"Outcomes-a.txt": outcomes_text({1: 0, 2: 1, 3: 1})}
    write_texts(tmp_path / "raw", records | outcomes)
    summary = convert(tmp_path / "raw", tmp_path / "rows", n_train=2)
    assert (summary.records, summary.deaths, summary.rows) == (3, 2, 9)
    assert summary.statistics_from == "the first 2 records"
    assert summary.unknown_descriptors == {"Height": 3}
    assert summary.unnamed_rows == 1
    assert summary.missing_values == 2
    assert summary.weights_left_out == 1
    assert summary.merged_values == 2
    # The 1st and 99th percentile lie inside the two heart rates that they are taken from.
    assert summary.clipped == {"HR": 3, "pH": 1}
    assert "Height" in summary.never_measured and "HR" not in summary.never_measured
    text = str(summary)
    assert "records                       3, of which 2 died; 9 rows\n" in text
    assert "values clipped                4: HR 3, pH 1\n" in text
    assert max(map(len, text.split("\n"))) <= 100


def test_progress(raw, tmp_path):
    calls = []
    convert(raw, tmp_path / "rows", progress=lambda *call: calls.append(call))
    assert calls == [(done, 10) for done in range(1, 11)]


def test_an_out_folder_may_be_there_but_not_hold_anything(raw, tmp_path):
    (tmp_path / "rows").mkdir()
    convert(raw, tmp_path / "rows")
    for path in tmp_path / "rows", tmp_path / "rows" / "records.csv":
        with pytest.raises(FileExistsError) as error:
            convert(raw, path)
        expected = f"{path}: is there already; name a folder that is new or empty"
        assert str(error.value) == expected


def test_what_a_killed_conversion_left_is_in_nobodys_way(raw, tmp_path):
    out = write_texts(tmp_path / "rows", {".unfinished-x1/sequence/0.csv": "1"})
    convert(raw, out)
    names = {"sequence", "mortality", "records.csv", "statistics.csv"}
    assert {path.name for path in out.iterdir()} == names


def test_a_conversion_that_is_broken_off_leaves_nothing(raw, tmp_path):
    def interrupt(done, total):
        if done == 8:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        convert(raw, tmp_path / "rows", progress=interrupt)
    assert not (tmp_path / "rows").exists()


@pytest.mark.parametrize("moved", [[], ["mortality"], ["mortality", "records.csv", "sequence"]])
def test_one_that_was_killed_is_not_in_the_way(raw, tmp_path, moved):
    convert(raw, tmp_path / "whole")
    convert(raw, tmp_path / "rows")
    (tmp_path / "rows" / ".unfinished-x").mkdir()
    for path in (tmp_path / "rows").glob("[!.]*"):
        if path.name not in moved:
            path.rename(tmp_path / "rows" / ".unfinished-x" / path.name)
    convert(raw, tmp_path / "rows")
    trees = [
        {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}
        for folder in (tmp_path / "rows", tmp_path / "whole")
    ]
    assert trees[0] == trees[1]
    assert not (tmp_path / "rows" / ".unfinished-x").exists()


def test_records_without_labels(raw, tmp_path):
    (raw / "Outcomes-a.txt").unlink()
    with pytest.raises(ValueError, match="raw: no Outcomes file of this set in it or beside it"):
        convert(raw, tmp_path / "rows")
    assert not (tmp_path / "rows").exists()


@pytest.mark.parametrize("n_train", [0, 6])
def test_a_number_of_training_records_that_is_not_there(raw, tmp_path, n_train):
    with pytest.raises(ValueError, match=rf"n_train is {n_train}, expected 1 to 5 \(the records\)"):
        convert(raw, tmp_path / "rows", n_train=n_train)


def test_training_records_and_another_conversions_statistics(raw, tmp_path):
    with pytest.raises(ValueError, match="n_train and like: the statistics are taken from one"):
        convert(raw, tmp_path / "rows", n_train=3, like=tmp_path)


def test_like_a_folder_without_statistics(raw, tmp_path):
    with pytest.raises(FileNotFoundError, match=r"statistics\.csv: no such file"):
        convert(raw, tmp_path / "rows", like=raw)


@pytest.mark.skipif("TINYLSTM_PHYSIONET2012" not in os.environ, reason="needs the real records")
def test_set_a(tmp_path):
    raw = Path(os.environ["TINYLSTM_PHYSIONET2012"], "set-a.tar.gz")
    summary = convert(raw, tmp_path / "rows")
    assert (summary.records, summary.deaths, summary.rows) == (4000, 554, 299_264)
    assert summary.statistics_from == "the first 3,200 records"
    assert summary.unknown_descriptors == {"Gender": 3, "Height": 1894, "Weight": 326}
    assert (summary.unnamed_rows, summary.missing_values) == (0, 0)
    assert summary.merged_values == 3744
    assert summary.never_measured == []
    rows = [len(read_numbers(tmp_path / "rows" / "sequence" / f"{n}.csv")) for n in (0, 3999)]
    records = read_records(raw)
    assert rows == [len(np.union1d(records[n].minutes, [0])) for n in (0, -1)]
