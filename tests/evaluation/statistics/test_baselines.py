"""Logistic regression against its optimality conditions, and the summaries against a loop."""

import math

import numpy as np
import pytest

from tinylstm.evaluation import LogisticRegression
from tinylstm.study.rivals import SUMMARIES, summarise


def random_case(seed, n=300, width=8):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, width)) * rng.uniform(0.01, 100, width) + rng.normal(size=width) * 50
    z = (x - x.mean(axis=0)) / x.std(axis=0)
    labels = rng.random(n) < 1 / (1 + np.exp(2 - z @ rng.normal(size=width)))
    return x, labels.astype(int)


def objective(z, labels, intercept, weights, l2):
    """The penalised loss, one row at a time."""
    total = 0.0
    for row, y in zip(z, labels, strict=True):
        eta = intercept + sum(w * value for w, value in zip(weights, row, strict=True))
        total += math.log1p(math.exp(-eta if y else eta))
    return total / len(z) + l2 / 2 * sum(w * w for w in weights)


@pytest.mark.parametrize("l2", [1e-4, 0.01, 1.0])
def test_gradient_is_zero_at_the_solution(l2):
    x, labels = random_case(0)
    model = LogisticRegression.fit(x, labels, l2)
    assert model.mean == pytest.approx(x.mean(axis=0))
    assert model.std == pytest.approx(x.std(axis=0))
    z = (x - x.mean(axis=0)) / x.std(axis=0)
    p = 1 / (1 + np.exp(-(model.intercept + z @ model.weights)))
    assert model.probabilities(x) == pytest.approx(p, rel=1e-12)
    assert np.mean(p - labels) == pytest.approx(0, abs=1e-12)
    assert z.T @ (p - labels) / len(z) + l2 * model.weights == pytest.approx(np.zeros(8), abs=1e-12)


def test_no_step_away_from_the_solution_is_better():
    x, labels = random_case(1, n=60, width=3)
    model = LogisticRegression.fit(x, labels, l2=0.05)
    z = (x - model.mean) / model.std
    best = objective(z, labels, model.intercept, model.weights, 0.05)
    rng = np.random.default_rng(2)
    for _ in range(20):
        step, *steps = 1e-3 * rng.normal(size=4)
        moved = objective(z, labels, model.intercept + step, model.weights + steps, 0.05)
        assert moved > best


def test_without_features_the_intercept_is_the_log_odds():
    model = LogisticRegression.fit(np.empty((20, 0)), np.repeat([1, 0], [3, 17]), l2=1.0)
    assert model.intercept == pytest.approx(math.log(3 / 17))
    assert model.probabilities(np.empty((2, 0))) == pytest.approx([0.15, 0.15])


def test_the_intercept_is_not_penalised():
    # A penalty that leaves no weights leaves the log-odds; the mean probability is always exact.
    x, labels = random_case(3)
    model = LogisticRegression.fit(x, labels, l2=1e6)
    assert abs(model.weights).max() < 1e-5
    assert model.probabilities(x) == pytest.approx(np.full(300, labels.mean()), abs=1e-4)


def test_scales_offsets_and_order_do_not_matter():
    x, labels = random_case(4)
    expected = LogisticRegression.fit(x, labels, l2=0.01).probabilities(x)
    scale, order = np.array([1e-6, -1, 1e6, 2, 3, 4, 5, 6]), [3, 1, 0, 2, 7, 6, 5, 4]
    for changed in (x * scale, x + 1000, x[:, order]):
        model = LogisticRegression.fit(changed, labels, l2=0.01)
        assert model.probabilities(changed) == pytest.approx(expected, rel=1e-8)
    turned = LogisticRegression.fit(x, 1 - labels, l2=0.01).probabilities(x)
    assert turned == pytest.approx(1 - expected, rel=1e-10)


def test_where_full_newton_steps_run_away():
    # Nearly separated, with outliers: the 15th full step leaps to weights of 10^7.
    x = [[-2, 1], [-6, -4], [-1, 0], [0, -3], [13, 1], [1, 10], [-1, 9], [68, 0], [3, 0], [1, 0]]
    labels = np.array([0, 0, 0, 0, 0, 1, 0, 1, 0, 0])
    model = LogisticRegression.fit(x, labels, l2=1e-8)
    residual = model.probabilities(x) - labels
    z = (np.array(x) - model.mean) / model.std
    assert residual.mean() == pytest.approx(0, abs=1e-13)
    assert z.T @ residual / 10 + 1e-8 * model.weights == pytest.approx([0, 0], abs=1e-13)


def test_unknown_is_the_mean_and_constants_have_no_weight():
    x, labels = random_case(5, width=4)
    x[:, 0] = 0.1
    x[:, 1] = np.nan
    x[::3, 2] = np.nan
    model = LogisticRegression.fit(x, labels, l2=0.01)
    known = np.delete(x[:, 2], np.s_[::3])
    assert model.mean[[0, 2]] == pytest.approx([0.1, known.mean()])
    assert model.std == pytest.approx([1, 1, known.std(), x[:, 3].std()])
    assert model.weights[:2] == pytest.approx([0, 0], abs=1e-15)
    filled = np.where(np.isnan(x), model.mean, x)
    assert model.probabilities(x) == pytest.approx(model.probabilities(filled), rel=1e-12)
    # A value that training never saw varying moves the log-odds by no more than its weight.
    assert model.probabilities([[5, 5, np.nan, np.nan]]) == pytest.approx(
        1 / (1 + math.exp(-model.intercept)), rel=1e-12
    )


def summaries_by_loop(sequence, column):
    values = [row[column] for row in sequence if not math.isnan(row[column])]
    if not values:
        return [math.nan] * 4 + [0]
    return [values[-1], sum(values) / len(values), min(values), max(values), len(values)]


def test_summaries_by_loop():
    rng = np.random.default_rng(6)
    sequences = [rng.normal(size=(steps, 3)) * 10 + 37 for steps in (1, 5, 48, 7)]
    for x in sequences:
        x[rng.random(x.shape) < 0.6] = np.nan
    sequences[3][:, 1] = np.nan
    result = summarise(sequences)
    assert result.shape == (4, 3 * len(SUMMARIES))
    for x, row in zip(sequences, result, strict=True):
        for column in range(3):
            expected = summaries_by_loop(x.tolist(), column)
            assert row[column::3] == pytest.approx(expected, rel=1e-13, nan_ok=True)


def test_inputs_are_not_changed():
    x, labels = random_case(7)
    x[0, 0] = np.nan
    x.flags.writeable = labels.flags.writeable = False
    LogisticRegression.fit(x, labels, l2=0.1).probabilities(x)
    summarise([x, x])


@pytest.mark.parametrize(
    "features, labels, l2, message",
    [
        ([1.0, 2.0], [0, 1], 1, r"features: shape \(2,\), expected \(n, D\)"),
        (np.empty((0, 2)), [], 1, r"features: shape \(0, 2\), expected .* n of at least 1"),
        ([[1.0], [np.inf]], [0, 1], 1, "features: an infinite value, expected numbers or nan"),
        ([[1.0], [2.0]], [0, 1, 1], 1, r"labels: shape \(3,\), expected \(2,\)"),
        ([[1.0], [2.0]], [0, 2], 1, r"labels: values \[0 2\], expected 0 and 1, both of them"),
        ([[1.0], [2.0]], [1, 1], 1, r"labels: values \[1\], expected 0 and 1, both of them"),
        ([[1.0], [2.0]], [0, 1], 0, "l2=0, expected a finite number above 0"),
        ([[1.0], [2.0]], [0, 1], np.nan, "l2=nan, expected a finite number above 0"),
    ],
)
def test_fit_errors(features, labels, l2, message):
    with pytest.raises(ValueError, match=message):
        LogisticRegression.fit(features, labels, l2)


def test_prediction_errors():
    model = LogisticRegression.fit([[1.0], [2.0]], [0, 1], l2=1)
    with pytest.raises(ValueError, match=r"features: shape \(1, 2\), expected \(n, 1\)"):
        model.probabilities([[1.0, 2.0]])
    with pytest.raises(ValueError, match="features: an infinite value"):
        model.probabilities([[-np.inf]])


@pytest.mark.parametrize(
    "sequences, message",
    [
        ([], "sequences: none, expected at least one"),
        ([[1.0, 2.0]], r"sequences\[0\]: shape \(2,\), expected \(T, 2\)"),
        ([np.ones((2, 3)), np.ones((2, 4))], r"sequences\[1\]: shape \(2, 4\), expected \(T, 3\)"),
        ([np.ones((0, 3))], r"sequences\[0\]: shape \(0, 3\), expected \(T, 3\) with T of at"),
        ([np.ones((2, 1)), [[np.inf]]], r"sequences\[1\]: an infinite value"),
    ],
)
def test_summary_errors(sequences, message):
    with pytest.raises(ValueError, match=message):
        summarise(sequences)
