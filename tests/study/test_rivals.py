"""What the network is compared with: nothing of a fold's outcomes reaches its own predictions."""

import dataclasses

import numpy as np
import pytest
from helpers.small_records import make_records

from tinylstm.data.physionet2012 import hourly_cells
from tinylstm.data.physionet2012.variables import SERIES
from tinylstm.evaluation import LogisticRegression, best_threshold, roc_curve
from tinylstm.study.boosting import Boosting, is_installed
from tinylstm.study.layouts import LAYOUTS
from tinylstm.study.rivals import (
    LAST_ROW,
    ClinicalRegression,
    Rivals,
    fit_rivals,
    half_and_half,
    out_of_fold,
    thresholds_of_others,
)

RECORDS = make_records(60)
DIED = np.array([record.died for record in RECORDS])
POINTS = np.random.default_rng(1).integers(0, 20, 60) + 5 * DIED
SCORES = {"SAPS-I": dict(zip(range(1000, 1060), POINTS.astype(float), strict=True))}
FOLDS = np.arange(60) % 2


@pytest.fixture(scope="module")
def rivals():
    return fit_rivals(RECORDS, SCORES, FOLDS)


@pytest.mark.slow
def test_a_score_keeps_its_order_and_becomes_a_probability(rivals):
    p = rivals.probabilities(RECORDS, SCORES)["SAPS-I"]
    assert roc_curve(DIED, p).auc == roc_curve(DIED, POINTS).auc
    assert p.mean() == pytest.approx(DIED.mean(), abs=1e-6)


def test_an_unknown_score_counts_as_the_mean(rivals):
    mean, unknown = ({"SAPS-I": {1000: value}} for value in (POINTS.mean(), np.nan))
    p, q = (rivals.probabilities(RECORDS[:1], s)["SAPS-I"] for s in (mean, unknown))
    assert p == pytest.approx(q)


def test_prevalence_is_the_training_records_and_predicts_everybody_s_death(rivals):
    assert rivals.probabilities(RECORDS[:3], {})["prevalence"] == pytest.approx([1 / 3] * 3)
    assert rivals.thresholds["prevalence"] == 0


def test_the_regression_sees_summaries_and_descriptors(rivals):
    cells = hourly_cells(RECORDS, on_scale=True)
    hr = cells[:, :, [variable.name for variable in SERIES].index("HR")]
    features = []
    for row, record in zip(hr, RECORDS, strict=True):
        row = row[~np.isnan(row)]
        summary = row[-1], row.mean(), row.min(), row.max(), len(row)
        features.append([*summary, record.age, record.gender, record.weight])
    # The other columns are constant or unknown here, and count nothing.
    expected = LogisticRegression.fit(features, DIED, 0.03).probabilities(features)
    p = rivals.probabilities(RECORDS, {})["logistic regression"]
    np.testing.assert_allclose(p, expected, rtol=1e-9)


def test_saved_and_loaded(rivals, tmp_path):
    np.savez(tmp_path / "b.npz", **rivals.to_arrays())
    with np.load(tmp_path / "b.npz") as arrays:
        other = Rivals.from_arrays(dict(arrays))
    assert other.thresholds == rivals.thresholds
    p, q = (b.probabilities(RECORDS, SCORES) for b in (rivals, other))
    names = {"logistic regression", "logistic regression, clinical", "SAPS-I", "prevalence"}
    assert p.keys() == q.keys() == (names | {"gradient boosting"} if is_installed() else names)
    for name in p:
        np.testing.assert_array_equal(p[name], q[name])
    assert "SAPS-I" not in other.probabilities(RECORDS, {})
    assert other.missing == ({} if is_installed() else {"gradient boosting": "not installed"})


def test_an_older_run_has_fewer_rivals(rivals):
    of_old = {k: v for k, v in rivals.to_arrays().items() if k.startswith(("SAPS", "preva"))}
    other = Rivals.from_arrays(of_old)
    assert other.probabilities(RECORDS, SCORES).keys() == {"SAPS-I", "prevalence"}
    assert other.missing == {}


@pytest.mark.parametrize(
    ("key", "array", "message"),
    [
        ("SAPS-I/weights", np.zeros((1, 1)), "SAPS-I: weights, mean and std are not of one length"),
        ("SAPS-I/std", np.zeros(1), "SAPS-I: expected finite numbers, and std above 0"),
        ("SAPS-I/intercept", np.array(np.nan), "SAPS-I/intercept: expected one finite number"),
        ("SAPS-I/threshold", np.zeros(2), "SAPS-I/threshold: expected one finite number"),
        ("logistic regression, clinical/clinical_std", np.zeros(270), "clinical_std: .* above 0"),
    ],
)
def test_arrays_that_no_rival_has(rivals, key, array, message):
    arrays = rivals.to_arrays()
    with pytest.raises(ValueError, match=message):
        Rivals.from_arrays({**arrays, key: array})


@pytest.mark.slow
def test_out_of_fold():
    outside, _ = out_of_fold(RECORDS, SCORES, FOLDS)
    inside = FOLDS == 1
    turned = [
        dataclasses.replace(record, died=1 - record.died) if its_own else record
        for its_own, record in zip(inside, RECORDS, strict=True)
    ]
    for name, p in out_of_fold(turned, SCORES, FOLDS)[0].items():
        if name == "prevalence":
            assert outside[name] == pytest.approx(np.full(60, DIED.mean()))
            assert (thresholds_of_others(DIED, p, FOLDS, name) == 0).all()
            continue
        np.testing.assert_array_equal(p[inside], outside[name][inside])
        assert (p[~inside] != outside[name][~inside]).any()


def test_half_and_half_is_the_mean_of_the_log_odds():
    p, q = np.array([0.1, 0.5]), np.array([0.5, 0.9])
    ((name, half),) = half_and_half(p, {"logistic regression, clinical": q}).items()
    assert name == "half this model, half logistic regression, clinical"
    odds = np.sqrt(p / (1 - p) * q / (1 - q))
    np.testing.assert_allclose(half, odds / (1 + odds))
    both = {"logistic regression, clinical": q, "gradient boosting": p}
    assert list(half_and_half(p, both)) == ["half this model, half gradient boosting"]
    assert half_and_half(p, {"SAPS-I": q}) == {}


def test_the_clinical_regression_sees_the_last_row_with_its_hinges():
    _, features = LAYOUTS["clinical"].fit_features(RECORDS, LAST_ROW)
    x = np.stack([rows[-1] for rows in features])
    assert x.shape == (60, 1313)
    clinical = ClinicalRegression.fit(RECORDS, DIED)
    weights, intercept = clinical.regression.weights, clinical.regression.intercept
    p = clinical.probabilities(RECORDS)
    np.testing.assert_allclose(p, 1 / (1 + np.exp(-x @ weights - intercept)), rtol=1e-9)
    # At the minimum of a strictly convex objective, on the scale of the layout.
    np.testing.assert_allclose(x.T @ (p - DIED) / 60 + 0.03 * weights, 0, atol=1e-6)
    assert abs(np.mean(p - DIED)) < 1e-6


def test_boosted_trees_say_what_scikit_learn_says():
    pytest.importorskip("sklearn")
    rng = np.random.default_rng(0)
    x = rng.normal(size=(300, 6))
    x[rng.random(x.shape) < 0.2] = np.nan
    x[:, 5] = np.nan
    died = (np.nan_to_num(x[:, 0]) + rng.normal(size=300) > 1).astype(int)
    boosting = Boosting.fit(x, died)  # compares itself with predict_proba
    other = Boosting.from_arrays(boosting.to_arrays())
    np.testing.assert_array_equal(other.probabilities(x), boosting.probabilities(x))
    for name, wrong in (
        ("left", boosting.left[::-1]),
        ("right", np.zeros_like(boosting.right)),
        ("first", boosting.first + 1),
        ("value", np.full_like(boosting.value, np.inf)),
        ("feature", -boosting.feature - 1),
    ):
        with pytest.raises(ValueError, match=f"^{name}: "):
            Boosting.from_arrays({**boosting.to_arrays(), name: wrong})


def test_a_threshold_does_not_know_its_own_fold():
    p = np.random.default_rng(0).random(60)
    thresholds = thresholds_of_others(DIED, p, FOLDS)
    for fold in range(2):
        others = fold != FOLDS
        assert (thresholds[~others] == best_threshold(DIED[others], p[others])).all()


def test_thresholds_of_the_training_records_are_from_folds(rivals):
    for name, p in out_of_fold(RECORDS, SCORES, FOLDS)[0].items():
        if name != "prevalence":
            assert rivals.thresholds[name] == best_threshold(DIED, p)
