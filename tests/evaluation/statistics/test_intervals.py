"""Bootstrap and Wilson intervals against their definitions, and whether they keep their promise."""

import math

import numpy as np
import pytest

from tinylstm.evaluation import bootstrap_interval, brier_score, wilson_interval
from tinylstm.evaluation.statistics.intervals import normal_quantile


def mean_difference(labels, scores):
    return scores[labels].mean() - scores[~labels].mean()


def test_bootstrap_of_a_mean_is_the_normal_interval():
    # The variance of a resample's mean is the population variance over the number of rows.
    rng = np.random.default_rng(0)
    labels = rng.permutation(np.repeat([1, 0], [400, 600]))
    scores = rng.exponential(size=1000) + labels
    low, high = bootstrap_interval(mean_difference, labels, scores, rng=rng, n_resamples=4000)
    x, y = scores[labels == 1], scores[labels == 0]
    centre, error = x.mean() - y.mean(), math.sqrt(x.var() / x.size + y.var() / y.size)
    expected = (centre - 1.96 * error, centre + 1.96 * error)
    assert (low, high) == pytest.approx(expected, abs=0.15 * error)


def test_resamples_keep_the_classes_and_the_pairs():
    labels, scores = np.array([0, 1, 0, 0, 1]), np.array([10.0, 11.0, 20.0, 30.0, 31.0])
    partner = dict(zip(scores, labels, strict=True))
    seen = []

    def statistic(drawn_labels, drawn_scores):
        assert drawn_labels.dtype == bool and drawn_scores.dtype == np.float64
        assert drawn_labels.sum() == 2 and len(drawn_labels) == 5
        assert [partner[s] for s in drawn_scores] == drawn_labels.tolist()
        seen.append(drawn_scores.tolist())
        return len(seen)

    rng = np.random.default_rng(1)
    low, high = bootstrap_interval(statistic, labels, scores, rng=rng, level=0.5, n_resamples=1001)
    assert (low, high) == (251, 751)  # quartiles of 1 to 1001
    assert {s for drawn in seen for s in drawn} == set(scores)
    assert len({tuple(sorted(drawn)) for drawn in seen}) == 30  # 3 pairs times 10 triples


def test_bootstrap_is_the_generators_and_takes_one_class():
    labels, scores = np.ones(30), np.random.default_rng(2).random(30)
    first, again, other = (
        bootstrap_interval(
            brier_score, labels, scores, rng=np.random.default_rng(seed), n_resamples=50
        )
        for seed in (3, 3, 4)
    )
    assert first == again != other


def test_nan_in_a_resample_gives_nan():
    labels, scores = [0, 1], [1, 2]
    interval = bootstrap_interval(
        lambda y, s: math.nan, labels, scores, rng=np.random.default_rng(5), n_resamples=9
    )
    assert np.isnan(interval).all()


@pytest.mark.parametrize("level, z", [(0.95, 1.959963984540054), (0.99, 2.5758293035489004)])
@pytest.mark.parametrize("successes, n", [(3, 10), (55, 400), (399, 400)])
def test_wilson_ends_lie_z_standard_errors_from_the_share(successes, n, level, z):
    for end in wilson_interval(successes, n, level):
        error = math.sqrt(end * (1 - end) / n)
        assert abs(successes / n - end) == pytest.approx(z * error, rel=1e-10)


def test_wilson_at_the_ends_and_in_arrays():
    z2 = normal_quantile(0.95) ** 2
    for n in range(1, 200):
        assert wilson_interval(0, n) == (pytest.approx(0, abs=1e-15), pytest.approx(z2 / (n + z2)))
        assert wilson_interval(0, n)[0] >= 0 and wilson_interval(n, n)[1] <= 1
    low, high = wilson_interval(np.array([2, 7]), np.array([5, 9]))
    for k, (successes, n) in enumerate([(2, 5), (7, 9)]):
        assert (low[k], high[k]) == wilson_interval(successes, n)


def test_wilson_coverage():
    """Exact: the share of binomial samples whose interval holds the truth, over many truths."""
    n = 40
    k = np.arange(n + 1)
    low, high = wilson_interval(k, n)
    choose = np.array([math.comb(n, int(i)) for i in k], dtype=float)
    coverage = [
        np.sum((choose * q**k * (1 - q) ** (n - k))[(low < q) & (q < high)])
        for q in np.linspace(0.05, 0.95, 91)
    ]
    assert np.mean(coverage) == pytest.approx(0.95, abs=0.005)
    assert min(coverage) > 0.91


@pytest.mark.parametrize(
    "options, message",
    [
        ({"level": 0}, "level=0, expected a number between 0 and 1"),
        ({"level": 1.0}, "level=1.0, expected a number between 0 and 1"),
        ({"n_resamples": 0}, "n_resamples=0, expected at least 1"),
        ({"n_resamples": 10.0}, "n_resamples=10.0, expected an integer"),
        ({"labels": [0, 1, 1]}, r"scores: shape \(2,\), expected \(3,\) as the labels"),
    ],
)
def test_errors(options, message):
    arguments = {"labels": [0, 1], "scores": [1, 2], "rng": np.random.default_rng(0)} | options
    with pytest.raises(ValueError, match=message):
        bootstrap_interval(mean_difference, **arguments)


def test_wilson_level_is_checked():
    with pytest.raises(ValueError, match="level=2, expected a number between 0 and 1"):
        wilson_interval(1, 2, level=2)


def test_a_seed_is_no_generator():
    with pytest.raises(ValueError, match=r"rng=7, expected a .* such as .*default_rng\(7\)"):
        bootstrap_interval(lambda y, s: 0.0, [0, 1], [0, 1], rng=7)
