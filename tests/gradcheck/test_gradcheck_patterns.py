"""What wrong gradients look like, and whether the diagnosis says so."""

import numpy as np
import pytest

from tinylstm.gradcheck.comparison import compare
from tinylstm.gradcheck.numeric import Numeric

T, N, D, H = 6, 4, 3, 5
MASK = np.arange(T)[:, None] < np.array([6, 5, 4, 2])


@pytest.fixture
def right():
    rng = np.random.default_rng(0)
    shapes = {"lstm.W": (D, 4 * H), "lstm.R": (H, 4 * H), "lstm.p": (3, H), "lstm.b": (4 * H,)}
    shapes |= {"output.W": (H, H), "x": (T, N, D)}
    gradients = {name: rng.standard_normal(shape) for name, shape in shapes.items()}
    gradients["x"] *= MASK[:, :, None]
    return gradients


def patterns(right, wrong, mask=MASK):
    """The patterns of a report on gradients of which some are replaced."""
    numeric = Numeric(right, "complex", [], dict.fromkeys(right, 0.0))
    return compare(numeric, {**right, **wrong}, mask=mask).patterns


@pytest.mark.parametrize(
    ("ratio", "meaning"),
    [
        (2, "2 (counted twice)"),
        (-1, "-1 (the sign)"),
        (0.5, "0.5 (a half)"),
        (N, "4 (N: a mean over examples forgotten)"),
        (1 / N, "0.25 (1/N)"),
        (T, "6 (T: a mean over steps forgotten)"),
        (1 / T, "0.166667 (1/T)"),
        (N * T, "24 (T N)"),
        (1.7, "1.7"),
    ],
)
def test_constant_ratio(right, ratio, meaning):
    wrong = {name: ratio * array for name, array in right.items()}
    assert patterns(right, wrong) == [f"{', '.join(right)}: analytic / numeric = {meaning}"]


def test_only_peephole_arrays(right):
    wrong = {"lstm.p": right["lstm.p"] + 1}
    assert patterns(right, wrong) == ["only peephole arrays are wrong"]


def test_one_peephole(right):
    wrong = right["lstm.p"].copy()
    wrong[1] = 0
    assert patterns(right, {"lstm.p": wrong}) == [
        "only peephole arrays are wrong",
        "lstm.p: only the second row (peephole of gate o); "
        "analytic is zero: never filled, or a term is missing",
    ]


def test_only_masked_steps(right):
    wrong = np.where(MASK[:, :, None], right["x"], 0.3)
    assert patterns(right, {"x": wrong}) == ["x: only masked steps; should be zero there"]
    assert patterns(right, {"x": wrong}, mask=None) == ["x: should be zero there"]


@pytest.mark.parametrize(("step", "which"), [(0, "first"), (T - 1, "last")])
def test_only_one_step(right, step, which):
    wrong = right["x"].copy()
    wrong[step] += MASK[step][:, None] * np.arange(1, D + 1)
    assert patterns(right, {"x": wrong}) == [f"x: only the {which} step"]


def test_only_one_example(right):
    wrong = right["x"].copy()
    wrong[:, 2] += MASK[:, 2, None] * np.arange(1, D + 1)
    assert patterns(right, {"x": wrong}) == ["x: only example 2 of 4"]


@pytest.mark.parametrize(
    ("k", "ordinal"), [(0, "first"), (1, "second"), (2, "third"), (3, "fourth")]
)
def test_only_one_gate(right, k, ordinal):
    wrong = {name: right[name].copy() for name in ("lstm.W", "lstm.R", "lstm.b")}
    for array in wrong.values():
        array[..., k * H : (k + 1) * H] *= -1
    assert patterns(right, wrong) == [
        f"lstm.W, lstm.R, lstm.b: only the {ordinal} of four blocks of columns "
        f"(gate {'afoi'[k]} of a, f, o, i); analytic / numeric = -1 (the sign)"
    ]


def test_transposed(right):
    assert patterns(right, {"output.W": right["output.W"].T}) == ["output.W: transposed"]
    assert patterns(right, {"lstm.W": right["lstm.W"].T}) == ["lstm.W: transposed"]
    assert patterns(right, {"lstm.W": right["lstm.W"].T + 1}) == []  # another shape, no more


def test_swapped_gates(right):
    a, f, o, i = np.split(right["lstm.R"], 4, axis=1)
    wrong = {"lstm.R": np.hstack([a, i, o, f]), "lstm.p": right["lstm.p"][[1, 0, 2]]}
    assert patterns(right, wrong) == [
        "lstm.R: the blocks of gates f and i have changed places",
        "lstm.p: the blocks of gates f and o have changed places",
    ]


def test_never_filled(right):
    assert patterns(right, {"lstm.b": np.zeros(4 * H)}) == [
        "lstm.b: analytic is zero: never filled, or a term is missing"
    ]


def test_like_float32(right):
    wrong = {"lstm.W": right["lstm.W"].astype(np.float32).astype(float)}
    assert patterns(right, wrong) == [
        "lstm.W: right but for a small part: float32 somewhere, or an approximation"
    ]


def test_no_pattern_is_made_up(right):
    rng = np.random.default_rng(1)
    wrong = {name: rng.standard_normal(right[name].shape) for name in ("lstm.W", "x", "lstm.p")}
    assert patterns(right, wrong) == []
    assert patterns(right, {}) == []
