"""What wrong gradients look like, and whether the diagnosis says so."""

import numpy as np
import pytest

from tinylstm.gradcheck.comparison import compare
from tinylstm.gradcheck.numeric import Numeric
from tinylstm.gradcheck.report import Entry, Report, merge

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
    one_factor = f"one factor for all arrays: analytic / numeric = {meaning}"
    assert patterns(right, wrong) == [one_factor]
    del wrong["lstm.b"]
    others = ", ".join(name for name in right if name != "lstm.b")
    assert patterns(right, wrong) == [f"{others}: analytic / numeric = {meaning}"]


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


# One array holds another's gradient


def test_an_array_that_holds_another_ones_gradient():
    rng = np.random.default_rng(0)
    right = {f"W_{gate}": rng.standard_normal((3, 5)) for gate in "afoi"}
    assert patterns(right, {"W_f": right["W_i"]}) == ["W_f: holds the gradient of W_i"]
    both = {"W_f": right["W_i"], "W_i": right["W_f"]}
    assert patterns(right, both) == [
        "W_f: changed places with W_i",
        "W_i: changed places with W_f",
    ]
    same = rng.standard_normal((3, 5))
    assert patterns(right, {"W_f": same, "W_i": same}) == [
        "W_f: holds the same numbers as W_i, both wrong: one array handed back twice?",
        "W_i: holds the same numbers as W_f, both wrong: one array handed back twice?",
    ]


@pytest.mark.parametrize("name", ["lstm.W", "lstm.R", "lstm.b"])
def test_a_block_that_holds_another_gates_gradient(right, name):
    wrong = right[name].copy()
    wrong[..., H : 2 * H] = wrong[..., 3 * H :]
    assert patterns(right, {name: wrong}) == [
        f"{name}: only the second of four blocks of columns (gate f of a, f, o, i); "
        "the block of gate f holds that of gate i"
    ]


def test_a_peephole_that_holds_another_ones_gradient(right):
    assert patterns(right, {"lstm.p": right["lstm.p"][[0, 0, 2]]}) == [
        "only peephole arrays are wrong",
        "lstm.p: only the second row (peephole of gate o); the block of gate o holds that of gate "
        "f",
    ]


# One factor, clipping, several mistakes


def test_one_factor_for_all_parameters(right):
    clipped = {name: 0.37 * array for name, array in right.items() if name != "x"}
    assert patterns(right, clipped) == [
        "one factor for all arrays but x: analytic / numeric = 0.37 (clipped by their norm?)"
    ]


def test_clipped_by_value(right):
    wrong = np.clip(right["lstm.W"], -1, 1)
    assert (wrong != right["lstm.W"]).sum() > 5
    assert patterns(right, {"lstm.W": wrong}) == [
        "lstm.W: cut off at 1 to either side: clipped by value"
    ]


def test_several_mistakes_in_one_array(right):
    wrong = right["lstm.W"].copy()
    wrong[:, H : 2 * H] *= -1
    wrong[:, 2 * H : 3 * H] = 0
    wrong[:, 3 * H :] *= 2
    assert patterns(right, {"lstm.W": wrong}) == [
        "lstm.W: several at once? gate f: analytic / numeric = -1 (the sign), gate o: analytic is "
        "zero: never filled, or a term is missing, gate i: analytic / numeric = 2 (counted twice)"
    ]
    wrong = {"output.W": 2 * right["output.W"].T, "lstm.b": -right["lstm.b"]}
    assert patterns(right, wrong) == [
        "lstm.b: analytic / numeric = -1 (the sign)",
        "output.W: transposed, and analytic / numeric = 2 (counted twice)",
    ]


# Nothing that holds by accident


def test_gates_are_named_only_beside_a_recurrent_matrix():
    """Twenty columns are four times five, and yet no gates."""
    rng = np.random.default_rng(0)
    right = {"W": rng.standard_normal((6, 20)), "b": rng.standard_normal(20)}
    wrong = {name: array.copy() for name, array in right.items()}
    wrong["W"][:, 5:10] += 1
    wrong["b"][5:10] += 1
    assert patterns(right, wrong) == []


def test_one_wrong_delta_at_one_step_is_no_constant_factor():
    """At one step of one example a matrix's gradient is x^T delta, of rank one."""
    rng = np.random.default_rng(0)
    x, h = rng.standard_normal((2, 4))
    delta = rng.standard_normal(12)
    wrong = delta.copy()
    wrong[7] *= 1.234
    right = {"W": np.outer(x, delta), "R": np.outer(h[:3], delta), "x": np.ones((1, 1, 4))}
    assert patterns(right, {"W": np.outer(x, wrong)}, mask=None) == [
        "W: only the third of four blocks of columns (gate o of a, f, o, i)"
    ]
    assert patterns(right, {"W": np.outer(x, 1.234 * delta)}, mask=None) == []


def test_two_numbers_that_err_alike_are_no_pattern():
    right = {"b": np.array([1.0, 2.0]), "w": np.ones((2, 3))}
    assert patterns(right, {"b": 1.3 * right["b"]}) == []
    zero = {"b": np.zeros(2), "c": np.zeros(2), "w": np.ones(3)}
    assert patterns(zero, {"b": np.array([0.0, 1.0])}) == ["b: should be zero there"]


def test_what_is_seen_at_few_points_is_not_told_of_a_grid():
    pattern, entries = "b: analytic / numeric = 2 (counted twice)", {}
    for k in range(9):
        seen = pattern.partition(": ")[2] if k < 2 else ""
        entry = Entry("b", (3,), (0,), 2.0, 1.0, 0.5, "wrong", 3, n_wrong=3, pattern=seen)
        entries[f"N={k}"] = Report("complex", 1e-12, [entry])
    assert merge(entries).patterns == []
    few = dict(list(entries.items())[:5])
    assert merge(few).patterns == [f"{pattern} (at 2 points)"]
