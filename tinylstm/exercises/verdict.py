"""The verdict on a student's function: right, or which entries are wrong and what that resembles.

No expected number is ever told, only how many entries are wrong, which is the worst, and by how
much it is off.
"""

import copy
import traceback
from collections import namedtuple

import numpy as np

N_POINTS = 3

Verdict = namedtuple("Verdict", "passed lines mistakes")
Verdict.__doc__ = """What a check found.

passed, True, False, or None where there is nothing to judge yet; lines, what to tell the student;
mistakes, the known mistakes (list of str) whose results are the student's.
"""


class Unjudgeable(Exception):
    """What a function returned cannot be compared with the solution's arrays."""


def judge(exercise, function):
    """Run a student's function at random points and compare it with the solution: a Verdict."""
    points = [exercise.inputs(np.random.default_rng(seed)) for seed in range(N_POINTS)]
    expected = [_named(exercise, exercise.solution(*inputs.values())) for inputs in points]
    answers = []
    try:
        for inputs in points:
            result = _run(function, inputs)
            if result is None or result is Ellipsis:
                text = f"{exercise.name}: not filled in yet (it returns {result})"
                return Verdict(None, [text], [])
            answers.append(_named(exercise, result, like=expected[0]))
    except Unjudgeable as fault:
        return Verdict(False, [f"{exercise.name}: {fault}"], [])
    for answer, right in zip(answers, expected, strict=True):
        faults = {name: _fault(name, answer[name], right[name], exercise) for name in right}
        if any(faults.values()):
            return _explain(exercise, points, expected, answers, faults)
    arrays = ", ".join(expected[0])
    return Verdict(True, [f"{exercise.name}: right ({arrays}; {N_POINTS} random points)"], [])


def _run(function, inputs):
    """Call a function with copies of its inputs; say so where it stops or changes them."""
    given = copy.deepcopy(inputs)
    try:
        with np.errstate(all="ignore"):
            result = function(*given.values())
    except Exception as error:
        raise Unjudgeable(
            f"it stops with {type(error).__name__}: {error}{_where(error)}"
        ) from error
    for name, value in inputs.items():
        if not _same(value, given[name]):
            raise Unjudgeable(f"it changes its argument {name}; make a new array instead")
    return result


def _where(error):
    """The student's own line at which an exception arose, where Python knows it."""
    frames = traceback.extract_tb(error.__traceback__)[1:]  # the first is in this file
    student = [frame for frame in frames if frame.filename == frames[0].filename]
    return f" (line {student[-1].lineno}: {student[-1].line})" if student else ""


def _same(value, other):
    if isinstance(value, dict):
        return value.keys() == other.keys() and all(_same(value[k], other[k]) for k in value)
    return np.array_equal(value, other)


def _named(exercise, result, like=None):
    """The arrays that a function returned, by name."""
    if exercise.outputs == ():
        if not isinstance(result, dict) or (like is not None and result.keys() != like.keys()):
            raise Unjudgeable(f"it returns {_kind(result)}, expected a dict of {', '.join(like)}")
        named = result
    elif len(exercise.outputs) == 1:
        named = {exercise.outputs[0]: result}
    else:
        if not isinstance(result, tuple | list) or len(result) != len(exercise.outputs):
            raise Unjudgeable(
                f"it returns {_kind(result)}, expected {len(exercise.outputs)} arrays: "
                f"{', '.join(exercise.outputs)}"
            )
        named = dict(zip(exercise.outputs, result, strict=True))
    return {name: _as_array(name, value) for name, value in named.items()}


def _kind(result):
    if isinstance(result, tuple | list):
        return f"{len(result)} things"
    return f"a value of type {type(result).__name__}"


def _as_array(name, value):
    try:
        array = np.asarray(value)
    except ValueError:  # rows of different lengths
        array = np.asarray(None)
    if array.dtype.kind not in "biufc":
        raise Unjudgeable(f"{name} is of type {type(value).__name__}, expected an array of numbers")
    return array


def _fault(name, answer, right, exercise):
    """What is wrong with one array, in words; None where nothing is."""
    if answer.shape != right.shape:
        return f"has shape {answer.shape}, expected {right.shape}"
    if not _like_type(answer.dtype, right.dtype):
        return f"has dtype {answer.dtype}, expected {right.dtype}"
    wrong = _wrong(answer, right, exercise.tolerance)
    if not wrong.any():
        return None
    if right.dtype == bool:
        worst, off = np.argmax(wrong), ""
    else:
        difference = np.where(wrong, np.abs(answer - right), 0)
        worst = np.argmax(np.where(np.isfinite(difference), difference, np.inf))
        size = difference.flat[worst]
        off = f", off by {size:.2g}" if np.isfinite(size) else ", which is not finite"
    if right.ndim == 0:
        return f"is wrong{off}"
    index = ", ".join(str(k) for k in np.unravel_index(worst, right.shape))
    which = "the first" if right.dtype == bool else "the worst"
    return f"{wrong.sum()} of {wrong.size} entries are wrong, {which} is {name}[{index}]{off}"


def _like_type(dtype, right):
    """Booleans for booleans; for float64, float64 or whole numbers."""
    if right.kind == "b" or dtype.kind == "b":
        return dtype == right
    return dtype == np.float64 or dtype.kind in "iu"


def _wrong(answer, right, tolerance):
    """Which entries differ; nan is wrong."""
    if right.dtype == bool:
        return answer != right
    with np.errstate(invalid="ignore"):
        return ~(np.abs(answer - right) <= tolerance * np.abs(right).max())


def _explain(exercise, points, expected, answers, faults):
    lines = [f"{exercise.name}: not right yet"]
    for name, fault in faults.items():
        lines.append(f"  {name}: {fault or 'right'}")
    mistakes = _resembled(exercise, points, expected, answers)
    lines += [f"  known mistake: {mistake}" for mistake in mistakes]
    if not mistakes:
        lines.append(f"  it is none of the {len(exercise.known_mistakes)} known mistakes")
    return Verdict(False, lines, mistakes)


def _resembled(exercise, points, expected, answers):
    """The known mistakes all of whose wrong arrays are the student's, at every point.

    A mistake that explains all the wrong arrays stands alone; else there is one for each array
    that some mistake explains.
    """
    wrong = _differing(exercise, answers, expected)
    explained = {}
    for mistake in exercise.known_mistakes:
        function = exercise.mistaken(mistake)
        with np.errstate(all="ignore"):
            results = [_named(exercise, function(*inputs.values())) for inputs in points]
        spoiled = _differing(exercise, results, expected)
        if spoiled <= wrong and not spoiled & _differing(exercise, answers, results):
            explained[mistake] = spoiled
    found = []
    for mistake in sorted(explained, key=lambda mistake: -len(explained[mistake])):
        if explained[mistake] & wrong:
            found.append(mistake)
            wrong = wrong - explained[mistake]
    return found


def _differing(exercise, some, others):
    """The names of the arrays in which two lists of answers differ, at any point."""
    return {
        name
        for one, other in zip(some, others, strict=True)
        for name in other
        if not _equal(one[name], other[name], exercise.tolerance)
    }


def _equal(one, other, tolerance):
    if one.shape != other.shape or not _like_type(one.dtype, other.dtype):
        return False
    if other.dtype == bool:
        return np.array_equal(one, other)
    scale = np.abs(other[np.isfinite(other)]).max(initial=0)
    return np.allclose(one, other, rtol=0, atol=tolerance * scale, equal_nan=True)
