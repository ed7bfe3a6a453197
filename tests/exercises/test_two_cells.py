"""Notebook 10: any right derivation passes, and what is forgotten is found, with where."""

import inspect
import re

import numpy as np
import pytest
from helpers import two_cells

from tinylstm import gradcheck
from tinylstm.exercises import EXERCISES, solutions
from tinylstm.exercises.verdict import inputs_of, is_right, judge

BACKWARD = "coupled_backward", "gru_backward"


@pytest.mark.parametrize("seed", [1, 2])
def test_a_right_derivation_passes(seed):
    for name in ("coupled_forward", "coupled_backward", "gru_forward", "gru_backward"):
        verdict = judge(EXERCISES[name], getattr(two_cells, name), seed)
        assert verdict.passed is True, verdict.lines


def test_the_derivatives_are_those_of_the_gradient_checker():
    """Central differences, and another complex step, agree with what the check compares with."""
    for name in BACKWARD:
        inputs = inputs_of(EXERCISES[name])[0]
        dy, mask = inputs.pop("dy"), inputs.pop("mask")
        forward = EXERCISES[name.replace("backward", "forward")].solution

        def loss(arrays, dy=dy, mask=mask, forward=forward):
            x, *others = arrays.values()
            result = forward(x, mask, *others)
            return np.sum(dy * (result[0] if isinstance(result, tuple) else result))

        x, *others = inputs.values()
        found = EXERCISES[name].solution(dy, x, mask, *others)
        gradients = dict(zip(inputs, found, strict=True))
        for method in ("complex", "central"):
            assert gradcheck.check(loss, inputs, gradients, method=method).ok


FORGOTTEN = {
    "coupled_backward": (
        "mask",
        "peephole of f",
        "peephole of o",
        "coupling",
        "c_t in dp_o",
        "h_start",
    ),
    "gru_backward": (
        "mask",
        "n in du",
        "r in dR_n",
        "the direct way",
        "the way of u",
        "the way of r",
        "the way of n",
    ),
}


@pytest.mark.parametrize(("name", "what"), [(n, w) for n, ways in FORGOTTEN.items() for w in ways])
def test_what_is_forgotten_is_found(name, what):
    def function(*arguments):
        return getattr(two_cells, name)(*arguments, forgotten=what)

    assert not is_right(EXERCISES[name], function)


def test_it_says_which_array_and_entry_and_which_steps_are_right():
    def without_the_peephole(*arguments):
        return two_cells.coupled_backward(*arguments, forgotten="peephole of f")

    verdict = judge(EXERCISES["coupled_backward"], without_the_peephole)
    dx = next(line for line in verdict.lines if line.startswith("  dx: "))
    last = inputs_of(EXERCISES["coupled_backward"])[0]["mask"].shape[0] - 1
    match = re.fullmatch(
        r"  dx: \d+ of \d+ entries are wrong, the worst is dx\[(\d), \d, \d\], off by \S+; "
        r"steps? ((?:\d, )*\d) right",
        dx,
    )
    assert match, dx
    right = [int(step) for step in match[2].split(", ")]
    assert last in right and int(match[1]) not in right

    def with_another_cell(*arguments):
        return two_cells.coupled_backward(*arguments, forgotten="c_t in dp_o")

    lines = judge(EXERCISES["coupled_backward"], with_another_cell).lines
    assert "  dx: right" in lines and any(line.endswith("; only dp_o") for line in lines)

    def shifted(*arguments):
        dx, *others = two_cells.gru_backward(*arguments)
        return dx + 1, *others

    lines = judge(EXERCISES["gru_backward"], shifted).lines
    assert any("no step is right" in line for line in lines)


def test_the_sets_of_points_vary_what_the_function_takes():
    for name in BACKWARD:
        shapes, holes = set(), 0
        for inputs in inputs_of(EXERCISES[name]):
            mask = inputs["mask"]
            (T, N), (D, H) = mask.shape, (inputs["x"].shape[-1], len(inputs["R"]))
            assert len({N, D, H}) == 3
            shapes.add((T, N, D, H))
            assert not mask[0].all() and mask.any(axis=0).all()
            holes += (np.diff(mask.astype(int), axis=0) == 1).any()
            assert all(np.all(value != 0) for key, value in inputs.items() if key != "mask")
        assert len(shapes) >= 3 and holes == 6


def test_no_backward_pass_of_theirs_stands_in_the_package():
    source = inspect.getsource(solutions.two_cells)
    assert "reversed" not in source and "delta" not in source and ".T" not in source
