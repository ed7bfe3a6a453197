"""More classes than two for the same question: which they are, and who may see them."""

import dataclasses

import numpy as np
import pytest
from helpers.small_records import make_records

import tinylstm as tl
from tinylstm.study.layouts import LAYOUTS
from tinylstm.study.rivals import fit_rivals
from tinylstm.study.targets import TARGETS, classes_of

PARTS = {
    name: dataclasses.replace(part, n_units=3, epochs=1, batch_size=8)
    for name, part in tl.RECIPES["clinical"].parts.items()
}
(RECORD,) = make_records(1)


def with_days(records, seed):
    rng = np.random.default_rng(seed)
    days = [(float(rng.integers(0, 400)), float(rng.integers(0, 40))) for _ in records]
    return [
        dataclasses.replace(r, survival=s, length_of_stay=d)
        for r, (s, d) in zip(records, days, strict=True)
    ]


@pytest.mark.parametrize(
    ("died", "survival", "stay", "name"),
    [
        (1, 0, 1, "died in hospital, 0-4 days"),
        (1, 4, 4, "died in hospital, 0-4 days"),
        (1, 5, 5, "died in hospital, 5-9 days"),
        (1, 9, 9, "died in hospital, 5-9 days"),
        (1, 10, 10, "died in hospital, 10-19 days"),
        (1, 20, 20, "died in hospital, >= 20 days"),
        (1, np.nan, 12, "died in hospital, 10-19 days"),
        (0, 60, 3, "died later, 0-60 days"),
        (0, 61, 3, "died later, 61-365 days"),
        (0, 365, 3, "died later, 61-365 days"),
        (0, 366, 4, "stayed <= 4 days or unknown"),
        (0, np.nan, np.nan, "stayed <= 4 days or unknown"),
        (0, np.nan, 5, "stayed 5-6 days"),
        (0, np.nan, 8, "stayed 7-8 days"),
        (0, np.nan, 11, "stayed 9-11 days"),
        (0, np.nan, 12, "stayed 12-16 days"),
        (0, np.nan, 25, "stayed 17-25 days"),
        (0, np.nan, 26, "stayed >= 26 days"),
    ],
)
def test_the_thirteen_classes(died, survival, stay, name):
    record = dataclasses.replace(RECORD, died=died, survival=survival, length_of_stay=stay)
    classes, risk = TARGETS["course"]
    (k,) = classes_of([record], "course")
    assert classes[k] == name and len(classes) == 13
    assert (k in risk) == bool(died)
    assert classes_of([record], "death").tolist() == [died]


def test_the_risk_is_the_sum_over_those_who_died_in_hospital():
    records = with_days(make_records(), 0)
    model = tl.train_recipe(records, PARTS["plain"], verbose=False)
    for x, risk in zip(model.layout.features(records), model.risks(records), strict=True):
        p = model.network.forward(x[:, None])[:, 0]
        assert p.shape == (6, 13)
        np.testing.assert_allclose(risk, p[:, 0] + p[:, 1] + p[:, 2] + p[:, 3], rtol=1e-5)


@pytest.mark.parametrize("recipe", [*PARTS.values(), tl.RECIPES["hourly"], tl.RECIPES["example"]])
def test_no_input_and_no_statistic_sees_the_outcomes(recipe):
    records = with_days(make_records(), 0)
    layout, x = LAYOUTS[recipe.layout].fit_features(records, recipe)
    turned = [dataclasses.replace(r, died=1 - r.died) for r in with_days(records, 1)]
    other, y = LAYOUTS[recipe.layout].fit_features(turned, recipe)
    np.testing.assert_array_equal(np.concatenate(x), np.concatenate(y))
    for name, array in layout.to_arrays().items():
        np.testing.assert_array_equal(array, other.to_arrays()[name])


@pytest.mark.slow
def test_days_are_of_training_alone():
    """They change what a network of 13 classes learns, and nothing else at all."""
    records, new = with_days(make_records(), 0), with_days(make_records(6, 1), 0)
    other = with_days(records, 1)
    one, two = (tl.train_recipe(r, PARTS["base"], verbose=False) for r in (records, other))
    assert (one.probabilities(new) != two.probabilities(new)).all()
    np.testing.assert_array_equal(one.probabilities(new), one.probabilities(with_days(new, 1)))
    death = dataclasses.replace(PARTS["base"], targets="death")
    one, two = (tl.train_recipe(r, death, verbose=False) for r in (records, other))
    np.testing.assert_array_equal(one.probabilities(new), two.probabilities(new))
    folds = np.arange(24) % 2
    one, two = (fit_rivals(r, {}, folds).to_arrays() for r in (records, other))
    for name, array in one.items():
        np.testing.assert_array_equal(array, two[name])


def test_a_threshold_and_a_recalibration_see_deaths_alone():
    records = with_days(make_records(), 0)
    death = dataclasses.replace(PARTS["base"], targets="death")
    how = {"folds": 2, "seeds": 1, "verbose": False}
    one, two = (tl.crossvalidate(r, death, **how) for r in (records, with_days(records, 1)))
    assert (one.threshold, one.recalibration) == (two.threshold, two.recalibration)
