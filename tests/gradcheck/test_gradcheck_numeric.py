"""Where numeric gradients fail: functions that are not complex-safe, and rounding."""

import math

import numpy as np

from tinylstm import gradcheck
from tinylstm.gradcheck.comparison import ROUNDING, compare
from tinylstm.gradcheck.numeric import numeric_gradients


def verdicts(report):
    return {entry.name: entry.verdict for entry in report.entries}


# Functions that are not complex-safe


def test_a_function_that_drops_the_imaginary_part_is_found_out():
    w = np.array([0.5, -2.0, 3.0])

    def with_abs(a):
        return np.sum(np.abs(a["w"]) ** 3)

    right = {"w": 3 * w**2 * np.sign(w)}
    report = gradcheck.check(with_abs, {"w": w}, right)
    assert not report.ok
    assert verdicts(report) == {"w": "ok"}  # by central differences
    assert report.method == "central"
    assert "not complex-safe" in report.faults[0] and "abs" in report.faults[0]
    # Complex step alone would have agreed with this one: both are zero.
    report = gradcheck.check(with_abs, {"w": w}, {"w": np.zeros(3)})
    assert verdicts(report) == {"w": "wrong"}
    gradcheck.check(with_abs, {"w": w}, right, method="central").assert_ok()


def test_a_float_array_that_is_filled_with_complex_numbers_is_found_out():
    def buffered(a):
        buffer = np.zeros(3)
        buffer[:] = a["w"]
        return np.sum(buffer**2)

    report = gradcheck.check(buffered, {"w": np.ones(3)}, {"w": 2 * np.ones(3)})
    assert "ComplexWarning" in report.faults[0] and "float array" in report.faults[0]
    assert verdicts(report) == {"w": "ok"}


def test_one_unsafe_entry_among_many_is_found_out():
    def one_abs(a):
        return np.sum(a["w"][1:] ** 2) + np.abs(a["w"][0])

    w = np.random.default_rng(0).uniform(1, 2, 1000)
    report = gradcheck.check(one_abs, {"w": w}, {"w": np.concatenate([[1.0], 2 * w[1:]])})
    assert "not complex-safe" in report.faults[0]


def test_directional_finds_an_unsafe_function_too():
    w = np.array([0.5, -2.0, 3.0])
    report = gradcheck.check(
        lambda a: np.sum(np.abs(a["w"])), {"w": w}, {"w": np.sign(w)}, "directional"
    )
    assert not report.ok and "not complex-safe" in report.faults[0]


# The absolute floor


def test_the_floor_is_a_rounding_error_and_is_reported():
    """A difference below 1e-15 of the array's largest entry passes, and is counted."""
    w = np.array([1.0, 1e-5])
    numeric_scale = 2.0
    below, above = (
        gradcheck.check(
            lambda a: np.sum(a["w"] ** 2),
            {"w": w},
            {"w": 2 * w + [0, part * ROUNDING * numeric_scale]},
        )
        for part in (0.9, 1.2)
    )
    assert below.ok and below.worst.n_floored == 1
    assert below.worst.index == (0,)
    assert not above.ok and above.worst.n_floored == 0


def test_an_array_that_is_zero_but_for_rounding_passes():
    """A constant added to all logits does not change a softmax: its derivative is rounding."""
    logits = np.array([0.3, -1.2, 0.7])

    def cross_entropy(a):
        q = a["logits"] + a["shift"]
        return np.log(np.sum(np.exp(q))) - q[0]

    p = np.exp(logits) / np.exp(logits).sum()
    gradients = {"logits": p - [1, 0, 0], "shift": np.array([np.sum(p) - 1])}
    arrays = {"logits": logits, "shift": np.zeros(1)}
    gradcheck.check(cross_entropy, arrays, gradients).assert_ok()
    gradients["shift"] += 1e-13
    assert not gradcheck.check(cross_entropy, arrays, gradients).ok


def test_an_array_whose_terms_nearly_cancel_passes():
    """As at the output's bias of a new network on balanced labels: each example pulls its way."""
    terms = np.random.default_rng(0).standard_normal((1000, 2))
    terms += 1e-7 - terms.mean(axis=0)

    def one_after_the_other(arrays):
        return 1000 + np.sum(np.cumsum(terms * arrays["b"], axis=0)[-1])  # losses do not cancel

    exact = np.array([math.fsum(column) for column in terms.T])
    numeric = numeric_gradients(one_after_the_other, {"b": np.ones(2)})
    error = np.abs(exact - numeric.gradients["b"]).max()
    assert error > 1e-12 * np.abs(exact).max()  # rounding alone is above the tolerance
    assert compare(numeric, {"b": exact}).ok
    assert not compare(numeric, {"b": exact * (1 + 1e-6)}).ok
