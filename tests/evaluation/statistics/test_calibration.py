"""Brier score and calibration curve against plain loops."""

import numpy as np
import pytest

from tinylstm.evaluation import brier_score, calibration_curve, wilson_interval


def random_case(seed, n=203, levels=None):
    rng = np.random.default_rng(seed)
    probabilities = rng.beta(1, 4, n)
    if levels:
        probabilities = np.round(probabilities * levels) / levels
    return (rng.random(n) < probabilities).astype(int), probabilities


def test_brier_score_by_loop():
    labels, probabilities = random_case(0)
    total = 0.0
    for y, p in zip(labels, probabilities, strict=True):
        total += (1 - p) ** 2 if y else p**2
    assert brier_score(labels, probabilities) == pytest.approx(total / len(labels), rel=1e-13)


def test_brier_score_of_a_constant():
    labels = np.repeat([1, 0], [3, 17])
    assert brier_score(labels, np.full(20, 0.15)) == pytest.approx(0.15 * 0.85)
    assert brier_score(labels, np.full(20, 0.4)) == pytest.approx(0.15 * 0.85 + 0.25**2)
    assert brier_score(labels, labels) == 0
    assert brier_score(labels, 1 - labels) == 1


@pytest.mark.parametrize("n_bins", [1, 7, 10])
def test_curve_by_loop(n_bins):
    labels, probabilities = random_case(1)
    curve = calibration_curve(labels, probabilities, n_bins, level=0.9)
    rows = sorted(zip(probabilities.tolist(), labels.tolist(), strict=True))
    start = 0
    assert max(curve.counts) - min(curve.counts) <= 1
    for k, count in enumerate(curve.counts):
        members = rows[start : start + count]
        deaths = sum(y for _, y in members)
        assert curve.predicted[k] == pytest.approx(sum(p for p, _ in members) / count, rel=1e-12)
        assert curve.observed[k] == deaths / count
        assert (curve.low[k], curve.high[k]) == wilson_interval(deaths, count, 0.9)
        start += count
    assert start == len(labels)
    assert len(curve.counts) == n_bins


def test_tied_rows_stay_together_in_any_order():
    labels, probabilities = random_case(2, levels=20)
    curve = calibration_curve(labels, probabilities)
    order = np.random.default_rng(3).permutation(len(labels))
    shuffled = calibration_curve(labels[order], probabilities[order])
    assert shuffled.counts.tolist() == curve.counts.tolist()
    assert shuffled.observed.tolist() == curve.observed.tolist()
    # Between two bins there is always a gap in probability.
    ends = np.cumsum(curve.counts)[:-1]
    rising = np.sort(probabilities)
    assert (rising[ends - 1] < rising[ends]).all()
    assert curve.counts.sum() == len(labels)
    assert 1 < len(curve.counts) < 10


def test_constant_probabilities_are_one_bin():
    curve = calibration_curve([0, 1, 0, 0], [0.25] * 4, n_bins=4)
    assert (curve.predicted, curve.observed, curve.counts) == ([0.25], [0.25], [4])


def test_intervals_hold_a_calibrated_models_probabilities():
    labels, probabilities = random_case(4, n=20_000)
    curve = calibration_curve(labels, probabilities, n_bins=100)
    inside = np.mean((curve.low < curve.predicted) & (curve.predicted < curve.high))
    assert inside == pytest.approx(0.95, abs=0.06)
    doubled = calibration_curve(labels, np.minimum(2 * probabilities, 1), n_bins=100)
    inside = np.mean((doubled.low < doubled.predicted) & (doubled.predicted < doubled.high))
    assert inside < 0.4


def test_inputs_are_not_changed():
    labels, probabilities = random_case(5)
    labels.flags.writeable = probabilities.flags.writeable = False
    brier_score(labels, probabilities)
    calibration_curve(labels, probabilities)


@pytest.mark.parametrize("function", [brier_score, calibration_curve])
@pytest.mark.parametrize(
    "labels, probabilities, message",
    [
        ([], [], r"labels: shape \(0,\), expected \(n,\)"),
        ([0, 1], [0.5], r"probabilities: shape \(1,\), expected \(2,\) as the labels"),
        ([0, 2], [0.5, 0.5], "labels: 2 at index 1, expected 0 or 1"),
        ([0, 1], [0.5, -0.1], "probabilities: -0.1 at index 1, expected a number from 0 to 1"),
        ([0, 1], [1.5, 0.1], "probabilities: 1.5 at index 0, expected a number from 0 to 1"),
        ([0, 1], [0.5, np.nan], "probabilities: nan at index 1, expected a finite number"),
    ],
)
def test_errors(function, labels, probabilities, message):
    with pytest.raises(ValueError, match=message):
        function(labels, probabilities)


@pytest.mark.parametrize("n_bins", [0, 3, 1.0])
def test_number_of_bins_is_checked(n_bins):
    with pytest.raises(ValueError, match=f"n_bins={n_bins}, expected a whole number from 1 to 2"):
        calibration_curve([0, 1], [0.1, 0.2], n_bins)
