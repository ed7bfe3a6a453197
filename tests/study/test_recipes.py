import dataclasses

import numpy as np
import pytest

import tinylstm as tl
from tinylstm.study.recipes import recipe_of, train_features

HOURLY = tl.RECIPES["hourly"]
DIED = np.array([1, 0, 0, 0, 1, 0, 0, 0, 0, 0] * 3)
FEATURES = list(np.random.default_rng(0).normal(size=(30, 6, 20)))


def untrained(recipe, seed=0):
    network, history = train_features(FEATURES, DIED, replace(recipe, epochs=0), seed, False)
    assert history.loss == []
    return network


def replace(recipe, **changes):
    if changes.get("epochs") == 0:
        changes |= {"average": None, "cosine": False}
    return dataclasses.replace(recipe, **changes)


def test_hourly_starts_as_described():
    weights = untrained(HOURLY).parameters
    D, H = 20, 128
    limit = 0.7 * np.sqrt(6 / (D + H))
    assert 0.95 * limit < np.abs(weights["lstm.W"]).max() <= np.float32(limit)
    for gate in range(4):
        R = weights["lstm.R"][:, gate * H : (gate + 1) * H]
        np.testing.assert_allclose(R.T @ R, 0.49 * np.eye(H), atol=1e-6)
    assert not weights["lstm.p"].any()
    bias = weights["lstm.b"].reshape(4, H)
    assert (bias[1] == 1).all() and not bias[[0, 2, 3]].any()
    np.testing.assert_allclose(np.exp(weights["output.b"]), [0.8, 0.2], rtol=1e-6)
    # The logit of death is the difference of two columns: uniform within 0.5 sqrt(6 / 129) would
    # have this variance.
    difference = np.diff(
        [untrained(HOURLY, seed).parameters["output.W"] for seed in range(20)], axis=2
    )
    np.testing.assert_allclose(difference.var(), 0.5**2 * 6 / 129 / 3, rtol=0.15)


def test_the_example_starts_as_described():
    weights = untrained(tl.RECIPES["example"]).parameters
    for name in ("lstm.W", "lstm.R", "lstm.p"):
        np.testing.assert_allclose(weights[name].std(), 0.05, rtol=0.1)
    assert weights["lstm.R"].shape == (300, 1200)
    assert not weights["output.b"].any()


@pytest.mark.parametrize("name", ["hourly", "example"])
def test_equals_fit_with_these_settings(name):
    recipe = replace(tl.RECIPES[name], n_units=5, epochs=2, batch_size=8)
    network, history = train_features(FEATURES, DIED, recipe, 3, False)
    ours = untrained(replace(recipe), 3)
    dataset = tl.SequenceDataset(FEATURES, DIED[:, None], 2)
    average = None
    more = {}
    optimizer = tl.SGD(0.05)
    if name == "hourly":
        average = tl.ExponentialAverage(0.99)
        more = {"dropout": tl.Dropout(0.2, 0.2, 0.3), "average": average}
        decay = {"lstm.W": 1e-4, "lstm.R": 1e-4, "output.W": 1e-4}
        optimizer = tl.Clipped(tl.Adam(0.002, schedule=tl.Cosine(8), weight_decay=decay), 1.0)
    own = tl.fit(ours, dataset, optimizer, epochs=2, batch_size=8, seed=3, verbose=False, **more)
    assert own.loss == history.loss
    expected = ours.parameters if average is None else average.parameters
    for parameter, array in network.parameters.items():
        assert array.dtype == np.float32
        np.testing.assert_array_equal(array, expected[parameter])


def test_labels_at_several_of_the_last_steps():
    recipe = replace(HOURLY, n_units=3, epochs=1, batch_size=30, labelled_steps=4)
    _, history = train_features(FEATURES, DIED, replace(recipe, dropout=(0, 0, 0)), 0, False)
    one = train_features(FEATURES, DIED, replace(recipe, dropout=(0, 0, 0), labelled_steps=1))[1]
    assert history.loss[0] == pytest.approx(4 * one.loss[0], rel=0.1)  # a sum over four steps


def test_nothing_to_learn():
    with pytest.raises(ValueError, match="0 deaths among 30 records: nothing to learn"):
        train_features(FEATURES, np.zeros(30, int), HOURLY)


def test_names():
    assert recipe_of("example") is tl.RECIPES["example"]
    assert recipe_of(HOURLY) is HOURLY
    with pytest.raises(ValueError, match="recipe 'daily' is not one of example, hourly, clinical"):
        recipe_of("daily")
