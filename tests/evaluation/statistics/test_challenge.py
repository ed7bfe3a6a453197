"""The Challenge's two events against plain loops, one row at a time."""

import math

import numpy as np
import pytest

from tinylstm.evaluation import best_threshold, confusion_counts, event1, event2


def random_case(seed, n=200, levels=None):
    rng = np.random.default_rng(seed)
    probabilities = rng.beta(1, 4, n)
    if levels:
        probabilities = np.round(probabilities * levels) / levels
    return (rng.random(n) < probabilities).astype(int), probabilities


def counts_by_loop(labels, scores, threshold):
    tp = fp = fn = tn = 0
    for y, s in zip(labels, scores, strict=True):
        if s >= threshold:
            tp, fp = tp + (y == 1), fp + (y == 0)
        else:
            fn, tn = fn + (y == 1), tn + (y == 0)
    return tp, fp, fn, tn


def event2_by_loop(labels, risks):
    """Equal tenths of sorted rows, for numbers of rows that 10 divides."""
    size = len(labels) // 10
    rows = sorted(zip(risks, labels, strict=True), key=lambda row: row[0])
    h, means = 0.0, []
    for g in range(10):
        expected = observed = 0.0
        for risk, died in rows[g * size : (g + 1) * size]:
            expected += risk
            observed += died
        mean = expected / size
        h += (observed - expected) ** 2 / (size * mean * (1 - mean) + 0.001)
        means.append(mean)
    return h / (means[9] - means[0])


@pytest.mark.parametrize("levels", [None, 10])
def test_counts_and_event1_by_loop(levels):
    labels, scores = random_case(0, levels=levels)
    for threshold in (-1, 0.0, *scores[:10], 0.9, math.inf):
        tp, fp, fn, tn = counts_by_loop(labels, scores, threshold)
        counts = confusion_counts(labels, scores, threshold)
        assert (counts.tp, counts.fp, counts.fn, counts.tn) == (tp, fp, fn, tn)
        score = event1(labels, scores, threshold)
        assert counts.sensitivity == tp / (tp + fn)
        if tp + fp:
            assert counts.positive_predictive_value == tp / (tp + fp)
            assert score == min(counts.sensitivity, counts.positive_predictive_value)
        else:
            assert math.isnan(counts.positive_predictive_value)
            assert score == 0


def test_event1_of_guesses():
    # Predicting death for everybody: the score is the death rate, as of any guess at that rate.
    labels, scores = random_case(1)
    assert event1(labels, scores, 0) == labels.mean()
    assert event1([1, 1, 0], [1, 1, 0], 1) == 1
    assert event1([1, 1, 0], [0, 0, 1], 1) == 0


def test_event1_without_deaths():
    with pytest.warns(RuntimeWarning, match="labels: 0 positives and 2 negatives.*nan") as caught:
        assert math.isnan(event1([0, 0], [0.1, 0.9], 0.5))
    assert caught[0].filename == __file__
    assert math.isnan(confusion_counts([0, 0], [0.1, 0.9], 0.5).sensitivity)


@pytest.mark.parametrize("levels", [None, 10])
@pytest.mark.parametrize("seed", range(5))
def test_best_threshold_by_trying_all(seed, levels):
    labels, scores = random_case(seed, levels=levels)
    tried = {s: event1(labels, scores, s) for s in scores.tolist()}
    best = max(tried.values())
    assert best_threshold(labels, scores) == max(s for s in tried if tried[s] == best)


def test_best_threshold_of_points_and_of_separated_classes():
    assert best_threshold([0, 1, 0, 1], [9, 14, 11, 20]) == 14
    assert best_threshold([1], [0.3]) == 0.3


@pytest.mark.parametrize("levels", [None, 20, 2])
@pytest.mark.parametrize("n", [10, 800, 4000])
def test_event2_by_loop(n, levels):
    labels, risks = random_case(2, n, levels)
    assert event2(labels, risks) == pytest.approx(event2_by_loop(labels, risks), rel=1e-10)


def test_event2_by_hand():
    # Two rows a tenth, nobody dies in the tenths of risk 0, one of two in those of risk 0.5; and
    # the last tenth, of risk 0.5 too, loses both: H = (2 - 1)^2 / 0.501.
    labels = [0] * 10 + [0, 1] * 4 + [1, 1]
    assert event2(labels, [0.0] * 10 + [0.5] * 10) == pytest.approx(1 / 0.501 / 0.5)
    # The same deaths among certain survivors: n r (1 - r) is 0, and 0.001 alone divides.
    labels = [1, 0] + [0] * 8 + [0, 1] * 5
    assert event2(labels, [0.0] * 10 + [0.5] * 10) == pytest.approx(1 / 0.001 / 0.5)


def test_event2_drops_nobody():
    # 23 rows: tenths of 3, 3, 3 and then 2; the last three rows are those of highest risk.
    labels, risks = np.zeros(23), np.arange(23) / 100
    died = labels.copy()
    died[-1] = 1
    mean, variance = 0.215, 2 * 0.215 * 0.785 + 0.001
    gain = ((1 - 2 * mean) ** 2 - (2 * mean) ** 2) / variance / (mean - 0.01)
    assert event2(died, risks) - event2(labels, risks) == pytest.approx(gain)


def test_event2_of_calibrated_risks_is_small():
    # H of true risks has about 10 degrees of freedom, so a mean of 10; halved risks do not.
    scores = []
    for seed in range(100):
        labels, risks = random_case(seed, n=1000)
        first, *_, last = (tenth.mean() for tenth in np.array_split(np.sort(risks), 10))
        scores.append([event2(labels, r) * (last - first) for r in (risks, risks / 2)])
    calibrated, halved = np.mean(scores, axis=0)
    assert calibrated == pytest.approx(10, abs=2)
    assert halved > 100


def test_event2_of_equal_risks():
    assert event2([0] * 11 + [1], [0.1] * 12) == math.inf


def test_inputs_are_not_changed():
    labels, scores = random_case(3)
    labels.flags.writeable = scores.flags.writeable = False
    event1(labels, scores, best_threshold(labels, scores))
    event2(labels, scores)


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda: confusion_counts([0, 1], [0.1], 0.5), r"scores: shape \(1,\), expected \(2,\)"),
        (lambda: event1([0, 1], [0.1, 0.2], math.nan), "threshold: nan, expected a number"),
        (lambda: event1([0, 1], [0.1, math.nan], 0.5), "scores: nan at index 1, expected a finite"),
        (lambda: best_threshold([0, 0], [0.1, 0.2]), "0 positives and 2 negatives: no threshold"),
        (lambda: best_threshold([0, 0.5], [0.1, 0.2]), "labels: 0.5 at index 1, expected 0 or 1"),
        (
            lambda: event2([0, 1, 1] * 3, [0.1] * 9),
            r"probabilities: shape \(9,\), expected at least 10 rows",
        ),
        (lambda: event2([1] * 10, range(10)), "probabilities: 2.0 at index 2, expected a number"),
    ],
)
def test_errors(call, message):
    with pytest.raises(ValueError, match=message):
        call()
