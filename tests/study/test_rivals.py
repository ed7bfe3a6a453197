"""What the network is compared with: nothing of a fold's outcomes reaches its own predictions."""

import dataclasses

import numpy as np
import pytest
from helpers.small_records import make_records

from tinylstm.data.physionet2012 import hourly_cells
from tinylstm.data.physionet2012.variables import SERIES
from tinylstm.evaluation import LogisticRegression, best_threshold, roc_curve
from tinylstm.study.rivals import Rivals, fit_rivals, out_of_fold, thresholds_of_others

RECORDS = make_records(60)
DIED = np.array([record.died for record in RECORDS])
POINTS = np.random.default_rng(1).integers(0, 20, 60) + 5 * DIED
SCORES = {"SAPS-I": dict(zip(range(1000, 1060), POINTS.astype(float), strict=True))}
FOLDS = np.arange(60) % 5


def test_a_score_keeps_its_order_and_becomes_a_probability():
    rivals = fit_rivals(RECORDS, SCORES, FOLDS)
    p = rivals.probabilities(RECORDS, SCORES)["SAPS-I"]
    assert roc_curve(DIED, p).auc == roc_curve(DIED, POINTS).auc
    assert p.mean() == pytest.approx(DIED.mean(), abs=1e-6)


def test_an_unknown_score_counts_as_the_mean():
    rivals = fit_rivals(RECORDS, SCORES, FOLDS)
    mean, unknown = ({"SAPS-I": {1000: value}} for value in (POINTS.mean(), np.nan))
    p, q = (rivals.probabilities(RECORDS[:1], s)["SAPS-I"] for s in (mean, unknown))
    assert p == pytest.approx(q)


def test_prevalence_is_the_training_records_and_predicts_everybody_s_death():
    rivals = fit_rivals(RECORDS, {}, FOLDS)
    assert rivals.probabilities(RECORDS[:3], {})["prevalence"] == pytest.approx([1 / 3] * 3)
    assert rivals.thresholds["prevalence"] == 0


def test_the_regression_sees_summaries_and_descriptors():
    cells = hourly_cells(RECORDS, on_scale=True)
    hr = cells[:, :, [variable.name for variable in SERIES].index("HR")]
    features = []
    for row, record in zip(hr, RECORDS, strict=True):
        row = row[~np.isnan(row)]
        summary = row[-1], row.mean(), row.min(), row.max(), len(row)
        features.append([*summary, record.age, record.gender, record.weight])
    # The other columns are constant or unknown here, and count nothing.
    expected = LogisticRegression.fit(features, DIED, 0.03).probabilities(features)
    p = fit_rivals(RECORDS, {}, FOLDS).probabilities(RECORDS, {})["logistic regression"]
    np.testing.assert_allclose(p, expected, rtol=1e-9)


def test_saved_and_loaded(tmp_path):
    rivals = fit_rivals(RECORDS, SCORES, FOLDS)
    np.savez(tmp_path / "b.npz", **rivals.to_arrays())
    with np.load(tmp_path / "b.npz") as arrays:
        other = Rivals.from_arrays(dict(arrays))
    assert other.thresholds == rivals.thresholds
    p, q = (b.probabilities(RECORDS, SCORES) for b in (rivals, other))
    assert p.keys() == q.keys() == {"logistic regression", "SAPS-I", "prevalence"}
    for name in p:
        np.testing.assert_array_equal(p[name], q[name])
    assert "SAPS-I" not in other.probabilities(RECORDS, {})


def test_out_of_fold():
    outside = out_of_fold(RECORDS, SCORES, FOLDS)
    inside = FOLDS == 2
    turned = [
        dataclasses.replace(record, died=1 - record.died) if its_own else record
        for its_own, record in zip(inside, RECORDS, strict=True)
    ]
    for name, (p, thresholds) in out_of_fold(turned, SCORES, FOLDS).items():
        if name == "prevalence":
            assert outside[name][0] == pytest.approx(np.full(60, DIED.mean()))
            assert (thresholds == 0).all()
            continue
        np.testing.assert_array_equal(p[inside], outside[name][0][inside])
        assert (p[~inside] != outside[name][0][~inside]).any()
        best = best_threshold(DIED[~inside], outside[name][0][~inside])
        assert (outside[name][1][inside] == best).all()
        assert len(thresholds) == 60


def test_a_threshold_does_not_know_its_own_fold():
    p = np.random.default_rng(0).random(60)
    thresholds = thresholds_of_others(DIED, p, FOLDS)
    for fold in range(5):
        others = fold != FOLDS
        assert (thresholds[~others] == best_threshold(DIED[others], p[others])).all()


def test_thresholds_of_the_training_records_are_from_folds():
    rivals = fit_rivals(RECORDS, SCORES, FOLDS)
    for name, (p, _) in out_of_fold(RECORDS, SCORES, FOLDS).items():
        if name != "prevalence":
            assert rivals.thresholds[name] == best_threshold(DIED, p)
