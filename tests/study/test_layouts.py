import numpy as np
import pytest
from helpers.small_records import make_records

from tinylstm.data import SequenceDataset, Standardizer
from tinylstm.data.physionet2012 import (
    fit_hourly_statistics,
    fit_statistics,
    hourly_features,
    record_rows,
)
from tinylstm.study.layouts import LAYOUTS

TRAIN, NEW = make_records(), make_records(5, seed=1)


def test_hourly_is_the_hourly_layout():
    features = LAYOUTS["hourly"].fit(TRAIN).features(NEW)
    expected = hourly_features(NEW, fit_hourly_statistics(TRAIN))
    np.testing.assert_array_equal(np.array(features), expected)


def test_rows_are_the_example_s_columns_as_z_scores_of_the_training_records():
    statistics = fit_statistics(TRAIN)
    datasets = []
    for records in (TRAIN, NEW):
        rows = [record_rows(record, statistics) for record in records]
        datasets.append(SequenceDataset(rows, [[0]] * len(rows), 2))
    expected = Standardizer().fit(datasets[0]).transform(datasets[1])
    features = LAYOUTS["rows"].fit(TRAIN).features(NEW)
    for x, y in zip(features, expected.features, strict=True):
        np.testing.assert_array_equal(x, y)


@pytest.mark.parametrize("name", LAYOUTS)
def test_it_comes_back_from_its_arrays(name, tmp_path):
    layout = LAYOUTS[name].fit(TRAIN)
    np.savez(tmp_path / "a.npz", **layout.to_arrays())
    with np.load(tmp_path / "a.npz") as arrays:
        other = LAYOUTS[name].from_arrays(dict(arrays))
    for x, y in zip(layout.features(NEW), other.features(NEW), strict=True):
        np.testing.assert_array_equal(x, y)
