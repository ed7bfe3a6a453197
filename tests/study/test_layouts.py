import dataclasses
import pickle

import numpy as np
import pytest
from helpers.small_records import make_records

import tinylstm as tl
from tinylstm.data import SequenceDataset, Standardizer
from tinylstm.data.physionet2012 import (
    fit_hourly_statistics,
    fit_statistics,
    hourly_features,
    record_rows,
)
from tinylstm.study.layouts import LAYOUTS

TRAIN, NEW = make_records(), make_records(5, seed=1)
PARTS = tl.RECIPES["clinical"].parts
ALL = [tl.RECIPES["example"], tl.RECIPES["hourly"], *PARTS.values()]


def test_hourly_is_the_hourly_layout():
    layout, own = LAYOUTS["hourly"].fit_features(TRAIN, tl.RECIPES["hourly"])
    features = layout.features(NEW)
    np.testing.assert_array_equal(own, layout.features(TRAIN))
    expected = hourly_features(NEW, fit_hourly_statistics(TRAIN))
    np.testing.assert_array_equal(np.array(features), expected)


def test_rows_are_the_example_s_columns_as_z_scores_of_the_training_records():
    statistics = fit_statistics(TRAIN)
    datasets = []
    for records in (TRAIN, NEW):
        rows = [record_rows(record, statistics) for record in records]
        datasets.append(SequenceDataset(rows, [[0]] * len(rows), 2))
    expected = Standardizer().fit(datasets[0]).transform(datasets[1])
    layout, _ = LAYOUTS["rows"].fit_features(TRAIN, tl.RECIPES["example"])
    features = layout.features(NEW)
    for x, y in zip(features, expected.features, strict=True):
        np.testing.assert_array_equal(x, y)


@pytest.mark.parametrize("recipe", ALL, ids=[f"{r.layout}, {r.step} h" for r in ALL])
def test_it_comes_back_from_its_arrays(recipe, tmp_path):
    layout, own = LAYOUTS[recipe.layout].fit_features(TRAIN, recipe)
    np.savez(tmp_path / "a.npz", **layout.to_arrays())
    with np.load(tmp_path / "a.npz") as arrays:
        other = LAYOUTS[recipe.layout].from_arrays(dict(arrays), recipe)
    for records, expected in (TRAIN, own), (NEW, layout.features(NEW)):
        for record, x, y in zip(records, other.features(records), expected, strict=True):
            np.testing.assert_allclose(x, y, rtol=1e-12, atol=1e-12)
            assert x.shape == (len(layout.hours(record)), len(layout.columns))
    assert len(layout.columns) == len(layout.sources) == len(set(layout.columns))
    assert pickle.loads(pickle.dumps(layout)).to_arrays().keys() == layout.to_arrays().keys()
    assert "\n" not in repr(layout)


@pytest.mark.parametrize("step", [1, 4, 5, 8, 48])
def test_longer_steps_are_some_of_the_hours_with_the_last_one(step):
    every, _ = LAYOUTS["hourly"].fit_features(TRAIN, tl.RECIPES["hourly"])
    recipe = dataclasses.replace(tl.RECIPES["hourly"], step=step)
    layout, _ = LAYOUTS["hourly"].fit_features(TRAIN, recipe)
    hours = layout.hours(NEW[0]).astype(int)
    assert hours[-1] == 48 and 0 < hours[0] <= step and set(np.diff(hours)) <= {step}
    for x, y in zip(layout.features(NEW), every.features(NEW), strict=True):
        np.testing.assert_array_equal(x, y[hours - 1])


def test_hinges_bend_the_line_at_minus_one_zero_and_one():
    layout, features = LAYOUTS["clinical"].fit_features(TRAIN, PARTS["hinges"])
    names = layout.columns
    assert len(names) == 122 + 270 + 3 * (37 + 270)
    for x in features:
        assert np.abs(x).max() <= 5
        for k in (-1, 0, 1):
            for name in ("HR", "GCSLast", "UrinePerKg24h", "pH:Change"):
                bent = x[:, names.index(f"{name}>{k}")]
                np.testing.assert_array_equal(bent, np.maximum(x[:, names.index(name)] - k, 0))
