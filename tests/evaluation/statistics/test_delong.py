"""DeLong's variance by counting all pairs, and whether the intervals keep their promise."""

import math
from statistics import NormalDist

import numpy as np
import pytest

from tinylstm.evaluation import (
    auc_by_group,
    bootstrap_interval,
    delong_difference,
    delong_interval,
    roc_curve,
)

Z = 1.959963984540054  # the 97.5 % quantile of the standard normal distribution


def components_by_pairs(labels, scores):
    """V10 of each positive and V01 of each negative, every pair compared."""
    positives = [s for y, s in zip(labels, scores, strict=True) if y]
    negatives = [s for y, s in zip(labels, scores, strict=True) if not y]
    wins = [[(x > y) + (x == y) / 2 for y in negatives] for x in positives]
    v10 = [sum(row) / len(negatives) for row in wins]
    v01 = [sum(column) / len(positives) for column in zip(*wins, strict=True)]
    return v10, v01


def covariance(u, v):
    mean_u, mean_v = sum(u) / len(u), sum(v) / len(v)
    pairs = zip(u, v, strict=True)
    return sum((a - mean_u) * (b - mean_v) for a, b in pairs) / (len(u) - 1)


def random_case(seed, m=20, n=60, distance=1.0, levels=None):
    rng = np.random.default_rng(seed)
    labels = rng.permutation(np.repeat([1, 0], [m, n]))
    scores = rng.normal(size=m + n) + distance * labels
    return labels, scores if levels is None else np.round(scores * levels) / levels


def logit(p):
    return math.log(p / (1 - p))


def test_interval_of_six_rows_by_hand():
    # V10 = (2/3, 1, 1) and V01 = (1, 1, 2/3): variance 1/27 each, together 2/81; area 8/9.
    low, high = delong_interval([0, 0, 1, 0, 1, 1], [1, 2, 3, 4, 5, 6])
    half = Z * math.sqrt(2 / 81) / (8 / 81)
    assert (logit(low), logit(high)) == pytest.approx((math.log(8) - half, math.log(8) + half))


@pytest.mark.parametrize("levels", [None, 2])
@pytest.mark.parametrize("seed", range(3))
def test_interval_by_pairs(seed, levels):
    labels, scores = random_case(seed, levels=levels)
    v10, v01 = components_by_pairs(labels, scores)
    auc = sum(v10) / len(v10)
    error = math.sqrt(covariance(v10, v10) / len(v10) + covariance(v01, v01) / len(v01))
    low, high = delong_interval(labels, scores, level=0.9)
    assert logit(low) + logit(high) == pytest.approx(2 * logit(auc), abs=1e-12)
    half = 1.6448536269514722 * error / (auc * (1 - auc))
    assert logit(high) - logit(low) == pytest.approx(2 * half, rel=1e-12)


@pytest.mark.parametrize("levels", [None, 2])
def test_difference_by_pairs(levels):
    labels, a = random_case(0, levels=levels)
    b = a + np.random.default_rng(1).normal(size=len(a)).round(1)
    (v10_a, v01_a), (v10_b, v01_b) = components_by_pairs(labels, a), components_by_pairs(labels, b)
    variance = sum(
        (covariance(u, u) + covariance(v, v) - 2 * covariance(u, v)) / len(u)
        for u, v in ((v10_a, v10_b), (v01_a, v01_b))
    )
    expected = roc_curve(labels, a).auc - roc_curve(labels, b).auc
    difference, (low, high), p_value = delong_difference(labels, a, b)
    assert difference == pytest.approx(expected, abs=1e-14)
    half = Z * math.sqrt(variance)
    assert (low, high) == pytest.approx((expected - half, expected + half), abs=1e-12)
    z = abs(expected) / math.sqrt(variance)
    assert p_value == pytest.approx(2 * (1 - NormalDist().cdf(z)), abs=1e-12)
    turned, (turned_low, turned_high), turned_p = delong_difference(labels, b, a)
    assert (turned, turned_low, turned_high) == pytest.approx((-difference, -high, -low))
    assert turned_p == pytest.approx(p_value)


def test_scores_in_one_order_do_not_differ():
    labels, scores = random_case(2)
    assert delong_difference(labels, scores, np.exp(scores)) == (0, (0, 0), 1)


def test_coverage_and_false_alarms():
    """Normal scores, true area 0.85: 95 % intervals, and tests at 5 % of equally good scores."""
    truth, samples = 0.85, 1000
    distance = NormalDist().inv_cdf(truth) * math.sqrt(2)
    rng = np.random.default_rng(3)
    labels = np.repeat([1, 0], [25, 100])
    covered = alarms = 0
    for _ in range(samples):
        common = rng.normal(size=len(labels))
        a, b = (
            np.sqrt(0.5) * common + np.sqrt(0.5) * rng.normal(size=len(labels)) + distance * labels
            for _ in range(2)
        )
        low, high = delong_interval(labels, a)
        covered += low < truth < high
        alarms += delong_difference(labels, a, b).p_value < 0.05
    # Four standard errors of 1,000 trials at 5 % are 0.028.
    assert covered / samples == pytest.approx(0.95, abs=0.028)
    assert alarms / samples == pytest.approx(0.05, abs=0.028)


def test_bootstrap_agrees_on_a_large_sample():
    labels, scores = random_case(4, m=500, n=3000, distance=1.4)
    delong = delong_interval(labels, scores)
    rng = np.random.default_rng(5)
    bootstrap = bootstrap_interval(
        lambda y, s: roc_curve(y, s).auc, labels, scores, rng=rng, n_resamples=1000
    )
    width = delong[1] - delong[0]
    assert bootstrap == pytest.approx(delong, abs=0.1 * width)


def test_turned_scores_turn_the_interval():
    labels, scores = random_case(6)
    low, high = delong_interval(labels, scores)
    assert delong_interval(labels, -scores) == pytest.approx((1 - high, 1 - low), abs=1e-12)
    assert delong_interval(1 - labels, scores) == pytest.approx((1 - high, 1 - low), abs=1e-12)


def test_constant_scores():
    assert delong_interval([0, 1, 0, 1], [3.0] * 4) == (0.5, 0.5)


@pytest.mark.parametrize("scores", [[1, 2, 3, 4], [4, 3, 2, 1]])
def test_no_interval_where_the_classes_are_separated(scores):
    with pytest.warns(RuntimeWarning, match="without an error.*the interval is nan") as caught:
        interval = delong_interval([0, 0, 1, 1], scores)
    assert caught[0].filename == __file__
    assert np.isnan(interval).all()


def test_no_interval_of_a_difference_without_variance():
    with pytest.warns(RuntimeWarning, match="differ by 0.5.*p-value are nan") as caught:
        difference, interval, p_value = delong_difference([0, 0, 1, 1], [1, 2, 3, 4], [0] * 4)
    assert caught[0].filename == __file__
    assert difference == 0.5
    assert np.isnan([*interval, p_value]).all()


@pytest.mark.parametrize("labels, counts", [([0, 0, 1], "1 positives and 2"), ([1] * 3, "3 pos")])
def test_two_of_each_class_are_needed(labels, counts):
    with pytest.warns(RuntimeWarning, match=f"labels: {counts}.*without two of each") as caught:
        interval = delong_interval(labels, [1, 2, 3])
        difference, difference_interval, p_value = delong_difference(labels, [1, 2, 3], [3, 1, 2])
    assert [warning.filename for warning in caught] == [__file__] * 2
    assert np.isnan([*interval, difference, *difference_interval, p_value]).all()


def test_groups_are_evaluated_apart():
    labels, scores = random_case(7, m=60, n=200)
    groups = np.random.default_rng(8).choice(["medical", "cardiac", "none"], size=len(labels))
    result = auc_by_group(labels, scores, groups, level=0.8)
    assert list(result) == ["cardiac", "medical", "none"]
    assert sum(group.n for group in result.values()) == len(labels)
    for name, (auc, interval, n, n_positive) in result.items():
        rows = groups == name
        assert (n, n_positive) == (rows.sum(), labels[rows].sum())
        assert auc == pytest.approx(roc_curve(labels[rows], scores[rows]).auc, abs=1e-14)
        assert interval == delong_interval(labels[rows], scores[rows], level=0.8)


def test_small_groups_have_no_interval_and_those_of_one_class_no_area():
    n_positive, n_negative = [10, 9, 10, 0, 5], [20, 20, 10, 5, 0]
    labels = np.concatenate(
        [np.repeat([1, 0], counts) for counts in zip(n_positive, n_negative, strict=True)]
    )
    groups = np.repeat(range(5), np.add(n_positive, n_negative))
    scores = np.where(groups == 2, labels, np.arange(len(labels)) % 3)
    result = auc_by_group(labels, scores, groups)
    assert [group.n_positive for group in result.values()] == n_positive
    assert [group.n - group.n_positive for group in result.values()] == n_negative
    for name in (0, 1):
        rows = groups == name
        assert result[name].auc == pytest.approx(roc_curve(labels[rows], scores[rows]).auc)
    assert result[2].auc == 1
    assert np.isnan([result[3].auc, result[4].auc]).all()
    has_interval = [not np.isnan(group.interval).any() for group in result.values()]
    assert has_interval == [True, False, False, False, False]


def test_inputs_are_not_changed():
    labels, scores = random_case(9)
    labels.flags.writeable = scores.flags.writeable = False
    delong_interval(labels, scores)
    delong_difference(labels, scores, scores)
    auc_by_group(labels, scores, labels)


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda: delong_interval([], []), r"labels: shape \(0,\), expected \(n,\)"),
        (lambda: delong_interval([0, 1], [[1], [2]]), r"scores: shape \(2, 1\), expected \(n,\)"),
        (lambda: delong_interval([0, 1], [1, 2], level=95), "level=95, expected a number between"),
        (lambda: delong_interval([0, 1], [1, np.inf]), "scores: inf at index 1, expected a finite"),
        (lambda: delong_interval([0, 3], [1, 2]), "labels: 3 at index 1, expected 0 or 1"),
        (
            lambda: delong_difference([0, 1], [1, 2], [1, 2, 3]),
            r"scores_b: shape \(3,\), expected \(2,\) as the labels",
        ),
        (
            lambda: delong_difference([0, 1], [1, np.nan], [1, 2]),
            "scores_a: nan at index 1, expected a finite number",
        ),
        (lambda: auc_by_group([0, 1], [1, 2], ["a"]), r"groups: shape \(1,\), expected \(2,\)"),
        (lambda: auc_by_group([0, 1], [1, 2], [1, np.nan]), "groups: nan at index 1, expected a"),
    ],
)
def test_errors(call, message):
    with pytest.raises(ValueError, match=message):
        call()
