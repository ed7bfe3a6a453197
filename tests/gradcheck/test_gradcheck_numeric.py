"""Where numeric gradients fail: functions that are not complex-safe, and rounding."""

import math

import numpy as np
import pytest

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
    assert not report.ok and report.verdict == "NO VERDICT"
    assert verdicts(report) == {"w": "ok"}  # by central differences
    assert report.method == "central"
    assert "not complex-safe" in report.doubts[0] and "abs" in report.doubts[0]
    # Complex step alone would have agreed with this one: both are zero.
    report = gradcheck.check(with_abs, {"w": w}, {"w": np.zeros(3)})
    assert verdicts(report) == {"w": "wrong"} and report.verdict == "FAILED"
    gradcheck.check(with_abs, {"w": w}, right, method="central").assert_ok()


def test_a_float_array_that_is_filled_with_complex_numbers_is_found_out():
    def buffered(a):
        buffer = np.zeros(3)
        buffer[:] = a["w"]
        return np.sum(buffer**2)

    report = gradcheck.check(buffered, {"w": np.ones(3)}, {"w": 2 * np.ones(3)})
    assert "ComplexWarning" in report.doubts[0] and "np.zeros(shape, x.dtype)" in report.doubts[0]
    assert verdicts(report) == {"w": "ok"}


def test_one_unsafe_entry_among_many_is_found_out():
    def one_abs(a):
        return np.sum(a["w"][1:] ** 2) + np.abs(a["w"][0])

    w = np.random.default_rng(0).uniform(1, 2, 1000)
    report = gradcheck.check(one_abs, {"w": w}, {"w": np.concatenate([[1.0], 2 * w[1:]])})
    assert "not complex-safe" in report.doubts[0]


def test_directional_finds_an_unsafe_function_too():
    w = np.array([0.5, -2.0, 3.0])
    report = gradcheck.check(
        lambda a: np.sum(np.abs(a["w"])), {"w": w}, {"w": np.sign(w)}, "directional"
    )
    assert not report.ok and "not complex-safe" in report.doubts[0]


# Losses that cannot judge: nothing is said against gradients that are right


def cubic_loss(cast):
    """sum tanh(w)^3, computed in the type that `cast` makes of w; and its gradient."""
    w = np.random.default_rng(0).uniform(0.5, 2, 30)
    right = 3 * np.tanh(w) ** 2 * (1 - np.tanh(w) ** 2)
    return lambda a: np.sum(np.tanh(cast(a["w"])) ** 3), {"w": w}, {"w": right}


def like_float32(w):
    return w.astype(np.complex64 if np.iscomplexobj(w) else np.float32)


def real_float32(w):
    return w if np.iscomplexobj(w) else w.astype(np.float32)


@pytest.mark.parametrize("cast", [like_float32, real_float32, lambda w: w.astype(np.float32)])
@pytest.mark.parametrize("method", ["complex", "central", "directional"])
def test_float32_inside_a_loss_is_told_and_no_gradient_blamed(cast, method):
    loss, arrays, right = cubic_loss(cast)
    report = gradcheck.check(loss, arrays, right, method)
    assert report.verdict == "NO VERDICT" and not report.ok
    assert "good to" in report.doubts[0] and "float64 all the way" in report.doubts[0]
    assert str(report).startswith("NO VERDICT: ") and "\nno verdict: the loss has" in str(report)
    with pytest.raises(AssertionError, match="NO VERDICT"):
        report.assert_ok()
    assert report.to_dict()["doubts"] == report.doubts


@pytest.mark.parametrize("cast", [like_float32, real_float32])
def test_float32_inside_a_loss_does_not_hide_a_gradient_that_is_far_off(cast):
    loss, arrays, right = cubic_loss(cast)
    report = gradcheck.check(loss, arrays, {"w": 2 * right["w"]})
    assert report.verdict == "FAILED" and report.doubts


def test_a_small_part_in_float32_is_found_too():
    """The dtype of one constant table inside, as of a lookup."""
    w = np.random.default_rng(0).uniform(0.5, 2, 30)

    def loss(a):
        part = a["w"][:3]
        part = part if np.iscomplexobj(part) else part.astype(np.float32).astype(float)
        return np.sum(a["w"] ** 2) + np.sum(part**2)

    right = 2 * w
    right[:3] *= 2
    for method in ("complex", "central"):
        assert gradcheck.check(loss, {"w": w}, {"w": right}, method).verdict == "NO VERDICT"


def test_strong_curvature_is_no_noise():
    """As of a network of half a million weights, all of which are moved at once."""
    w = np.full(1000, 0.1)
    loss = lambda a: np.cos(np.sum(a["w"] * np.arange(1000)) / 50)  # noqa: E731
    slope = -np.sin(np.sum(w * np.arange(1000)) / 50)
    right = {"w": slope * np.arange(1000) / 50}
    gradcheck.check(loss, {"w": w}, right, tolerance=1e-10).assert_ok()


def test_a_loss_that_draws_random_numbers():
    rng, w = np.random.default_rng(0), np.ones(5)
    report = gradcheck.check(
        lambda a: np.sum(a["w"] ** 2 * rng.uniform(0.9, 1.1, 5)), {"w": w}, {"w": 2 * w}
    )
    assert "for the same arrays: it draws random numbers" in report.doubts[0]
    assert report.verdict == "NO VERDICT"


@pytest.mark.parametrize("how", ["filled", "out", "added", "float", "math"])
def test_every_way_to_make_a_complex_number_real_is_told(how):
    w = np.array([0.5, 2.0, 3.0])

    def loss(a):
        buffer = np.zeros(3)
        if how == "filled":
            buffer[...] = a["w"]
        elif how == "out":
            np.multiply(a["w"], 1, out=buffer)
        elif how == "added":
            buffer += a["w"]
        elif how == "float":
            return sum(float(value) ** 2 for value in a["w"])
        else:
            return sum(math.pow(value, 2) for value in a["w"])
        return np.sum(buffer**2)

    report = gradcheck.check(loss, {"w": w}, {"w": 2 * w})
    assert report.verdict == "NO VERDICT" and report.method == "central"
    assert "puts a complex number where only a real one fits" in report.doubts[0]
    assert 'a["w"]' in report.doubts[0].partition(", at: ")[2]
    gradcheck.check(loss, {"w": w}, {"w": 2 * w}, "central").assert_ok()
    assert gradcheck.check(loss, {"w": w}, {"w": 2.1 * w}).verdict == "FAILED"


def test_a_tolerance_for_complex_step_is_not_asked_of_central_differences():
    w = np.array([0.5, -2.0, 3.0])
    right = {"w": 3 * w**2 * np.sign(w)}
    loss = lambda a: np.sum(np.abs(a["w"]) ** 3)  # noqa: E731
    report = gradcheck.check(loss, {"w": w}, right, tolerance=1e-13)
    assert report.verdict == "NO VERDICT" and report.tolerance == 1e-6


def test_central_differences_know_their_own_error_on_large_weights():
    """Of sin at 1e4 a step of 1e-2 is off by 2e-5: no reason to blame the gradient."""
    w = 1e4 + np.linspace(0, 6, 20)
    loss = lambda a: np.sum(np.sin(a["w"]))  # noqa: E731
    gradcheck.check(loss, {"w": w}, {"w": np.cos(w)}, "central").assert_ok()
    assert not gradcheck.check(loss, {"w": w}, {"w": 1.01 * np.cos(w)}, "central").ok
    assert gradcheck.check(loss, {"w": w}, {"w": np.cos(w)}).ok


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
