"""The verdict on a student's function: right, or which entries are wrong and what that resembles.

No expected number is ever told, only how many entries are wrong, which is the worst, and by how
much it is off. What is right in another style passes: lists, whole numbers, 0 and 1 for a mask, an
array that unpacks, an argument changed and put back.
"""

import copy
import traceback
import warnings

import numpy as np

N_POINTS = 6


class Verdict:
    """What a check found; true where the function is right, and shows nothing in a notebook.

    `passed` is True, False, or None where there is nothing to judge yet; `lines` tell the student;
    `mistakes` (list of str) are the known mistakes whose results are the student's.
    """

    def __init__(self, passed, lines, mistakes=()):
        self.passed, self.lines, self.mistakes = passed, list(lines), list(mistakes)

    def __bool__(self):
        return self.passed is True

    def __repr__(self):
        words = {True: "right", False: "not right", None: "not filled in"}
        return f"Verdict({words[self.passed]})"

    def _ipython_display_(self):
        """`check` has printed it already."""


class Unjudgeable(Exception):
    """What a function returned cannot be compared with the solution's arrays."""


def judge(exercise, function, seed=0):
    """Run a student's function at random points and compare it with the solution: a Verdict."""
    if is_stub(function):
        return Verdict(None, [f"{exercise.name}: not filled in yet"])
    points, expected = points_of(exercise, seed)
    return judge_results(exercise, points, expected, (call(function, p) for p in points))


def judge_results(exercise, points, expected, results):
    """A Verdict on what a function returned: for each point what `call` gives, or raises."""
    try:
        answers = answers_of(exercise, points, expected, results)
    except Unjudgeable as fault:
        return Verdict(False, [f"{exercise.name}: {fault}"])
    for answer, right in zip(answers, expected, strict=True):
        faults = {name: _fault(name, answer[name], right[name], exercise) for name in right}
        if any(faults.values()):
            return _explain(exercise, points, expected, answers, faults)
    arrays = ", ".join(expected[0])
    return Verdict(True, [f"{exercise.name}: right ({arrays}; {N_POINTS} random points)"])


def is_right(exercise, function):
    """Whether a function passes, without a word on what is wrong."""
    points, expected = points_of(exercise)
    try:
        results = (call(function, inputs) for inputs in points)
        answers = answers_of(exercise, points, expected, results)
    except Unjudgeable:
        return False
    return not _differing(exercise, answers, expected)


def inputs_of(exercise, seed=0):
    """The random points, a list of dicts of arguments: others for another seed."""
    return [exercise.inputs(np.random.default_rng([k, seed])) for k in range(N_POINTS)]


def points_of(exercise, seed=0):
    """The points, and the solution's arrays there, by name."""
    points = inputs_of(exercise, seed)
    return points, [
        _named(exercise, exercise.solution(*copy.deepcopy(inputs).values())) for inputs in points
    ]


def answers_of(exercise, points, expected, results):
    """The arrays returned at the points, each a dict by name; `Unjudgeable` if there are none."""
    answers = []
    for inputs, right, (result, given) in zip(points, expected, results, strict=True):
        for name, value in inputs.items():
            if not _same(value, given[name]):
                raise Unjudgeable(f"it changes its argument {name}; make a new array instead")
        answers.append(_named(exercise, result, like=right))
    return answers


def is_stub(function):
    """Whether nothing stands in a function but its docstring and three dots: the same code."""

    def stub():
        """A docstring."""
        ...

    code = getattr(function, "__code__", None)
    if code is None or code.co_code != stub.__code__.co_code:
        return False
    return set(code.co_consts) <= {None, function.__doc__}  # else it returns a constant


def call(function, inputs):
    """What a function returns, and the copies of its inputs that it got; say where it stops."""
    given = copy.deepcopy(inputs)
    try:
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            warnings.simplefilter("error", np.exceptions.ComplexWarning)
            result = function(*given.values())
    except np.exceptions.ComplexWarning as error:
        raise Unjudgeable(
            f"it puts a complex number into an array of real ones, and its imaginary part is "
            f"lost{_where(error)}"
        ) from error
    except Exception as error:
        raise Unjudgeable(
            f"it stops with {type(error).__name__}: {error}{_where(error)}"
        ) from error
    if result is None:
        raise Unjudgeable("it returns nothing: is its `return` missing?")
    return result, given


def _where(error):
    """The student's own line at which an exception arose, where Python knows it."""
    frames = traceback.extract_tb(error.__traceback__)[1:]  # the first is in this file
    student = [frame for frame in frames if frame.filename == frames[0].filename]
    return f" (line {student[-1].lineno}: {student[-1].line})" if student else ""


def _same(value, other):
    """Whether an argument is what it was, but for the rounding of x + h - h."""
    if isinstance(value, dict):
        return value.keys() == other.keys() and all(_same(value[k], other[k]) for k in value)
    if not isinstance(value, np.ndarray):
        return value is other or type(value) is type(other)
    return value.shape == other.shape and np.allclose(value, other, rtol=1e-12, atol=1e-15)


# From what was returned to arrays


def _named(exercise, result, like=None):
    """The arrays that a function returned, by name."""
    names = exercise.outputs
    if names == ():
        named = _entries_of(result, like)
    elif len(names) == 1:
        named = {names[0]: result}
    else:
        parts = _unpacked(result)
        if parts is None or len(parts) != len(names):
            returned = _kind(result) if parts is None else f"{len(parts)} things"
            raise Unjudgeable(
                f"it returns {returned}, expected {len(names)} arrays: {', '.join(names)}"
            )
        named = dict(zip(names, parts, strict=True))
    return {name: _as_array(name, value) for name, value in named.items()}


def _entries_of(result, like):
    """A dict of arrays, its keys those that are expected."""
    if not isinstance(result, dict):
        raise Unjudgeable(f"it returns {_kind(result)}, expected a dict of {', '.join(like)}")
    for which, names in (
        ("lacks", like.keys() - result.keys() if like else ()),
        ("has also", result.keys() - like.keys() if like else ()),
    ):
        if names:
            names = ", ".join(sorted(map(str, names)))
            raise Unjudgeable(f"the dict that it returns {which} {names}")
    return result


def _unpacked(result):
    """The parts of anything that unpacks, or None."""
    if isinstance(result, str | bytes | dict):
        return None
    try:
        return list(result)
    except TypeError:
        return None


def _kind(result):
    return f"a value of type {type(result).__name__}"


def _as_array(name, value):
    try:
        array = np.asarray(value)
    except ValueError:  # rows of different lengths
        array = np.asarray(None)
    if array.dtype.kind not in "biufc":
        raise Unjudgeable(f"{name} is of type {type(value).__name__}, expected an array of numbers")
    if array.dtype.kind == "c" and not array.imag.any():
        array = array.real
    return array


# What is wrong


def _fault(name, answer, right, exercise):
    """What is wrong with one array, in words; None where nothing is."""
    answer = _of_shape(answer, right)
    if answer.shape != right.shape:
        return f"has shape {answer.shape}, expected {right.shape}"
    if answer.dtype.kind == "c":
        return "is complex, with an imaginary part that is not zero; expected real numbers"
    wrong = _wrong(answer, right, exercise.tolerance)
    if not wrong.any():
        return None
    if answer.dtype in (np.float32, np.float16):
        return f"has dtype {answer.dtype}, expected {right.dtype}"
    if right.dtype == bool:
        worst, off = np.argmax(wrong), ""
    else:
        difference = np.where(wrong, np.abs(answer.astype(float) - right), 0)
        worst = np.argmax(np.where(np.isfinite(difference), difference, np.inf))
        size = difference.flat[worst]
        off = f", off by {size:.2g}" if np.isfinite(size) else ", which is not finite"
    if right.ndim == 0:
        return f"is wrong{off}"
    index = ", ".join(str(k) for k in np.unravel_index(worst, right.shape))
    which = "the first" if right.dtype == bool else "the worst"
    text = f"{wrong.sum()} of {wrong.size} entries are wrong, {which} is {name}[{index}]{off}"
    if name in exercise.over_time:
        text += _right_steps(wrong)
    return text + _wrong_blocks(wrong, *exercise.blocks.get(name, (0, ())))


def _right_steps(wrong):
    """Which steps of an array (T, ...) are right, where some are: the fault is behind them."""
    right = np.flatnonzero(~wrong.reshape(len(wrong), -1).any(axis=1))
    steps = ", ".join(str(t) for t in right)
    return f"; step{'s' * (len(right) > 1)} {steps} right" if len(right) else "; no step is right"


def _wrong_blocks(wrong, axis, names):
    """Which blocks of an array are wrong, where some are right."""
    parts = np.split(wrong, len(names), axis=axis) if names else []
    bad = [name for name, part in zip(names, parts, strict=True) if part.any()]
    return f"; only {', '.join(bad)}" if len(bad) < len(names) else ""


def _of_shape(answer, right):
    """A single number in the shape of the one that is expected; others as they are."""
    return answer.reshape(right.shape) if answer.size == right.size == 1 else answer


def _wrong(answer, right, tolerance):
    """Which entries differ; nan is wrong. A mask may have 0 and 1 for False and True."""
    if right.dtype == bool:
        return answer != right
    answer = answer.astype(float)
    with np.errstate(invalid="ignore"):
        return ~(np.abs(answer - right) <= tolerance * np.abs(right).max(initial=0))


def _explain(exercise, points, expected, answers, faults):
    lines = [f"{exercise.name}: not right yet"]
    for name, fault in faults.items():
        lines.append(f"  {name}: {fault or 'right'}")
    mistakes = _resembled(exercise, points, expected, answers)
    lines += [f"  known mistake: {mistake}" for mistake in mistakes]
    swapped = _swapped(exercise, expected, answers)
    if swapped and not mistakes:
        lines.append(f"  {swapped} have changed places: the order is {', '.join(faults)}")
    elif not mistakes:
        lines.append(f"  it is none of the {len(exercise.known_mistakes)} known mistakes")
    return Verdict(False, lines, mistakes)


def _swapped(exercise, expected, answers):
    """Two outputs that hold each other's arrays, in words; empty if there are none."""
    names = exercise.outputs
    for k, name in enumerate(names):
        for other in names[k + 1 :]:
            mapped = [answer | {name: answer[other], other: answer[name]} for answer in answers]
            if not {name, other} & _differing(exercise, mapped, expected):
                return f"{name} and {other}"
    return ""


def _resembled(exercise, points, expected, answers):
    """The known mistakes all of whose wrong arrays are the student's, at every point.

    A mistake that explains all the wrong arrays stands alone; else there is one for each array
    that some mistake explains.
    """
    wrong = _differing(exercise, answers, expected)
    explained = {}
    for mistake in exercise.known_mistakes:
        spoiled = _spoiled(exercise, exercise.mistaken(mistake), points, expected, answers, wrong)
        if spoiled:
            explained[mistake] = spoiled
    found = []
    for mistake in sorted(explained, key=lambda mistake: -len(explained[mistake])):
        if explained[mistake] & wrong:
            found.append(mistake)
            wrong = wrong - explained[mistake]
    return found


def _spoiled(exercise, mistaken, points, expected, answers, wrong):
    """The arrays that a mistake makes wrong, if they are the student's at every point."""
    spoiled, differing = set(), set()
    for inputs, right, answer in zip(points, expected, answers, strict=True):
        with np.errstate(all="ignore"):
            result = _named(exercise, mistaken(*copy.deepcopy(inputs).values()))
        spoiled |= _differing(exercise, [result], [right])
        differing |= _differing(exercise, [answer], [result])
        if not spoiled <= wrong or spoiled & differing:
            return set()
    return spoiled


def _differing(exercise, some, others):
    """The names of the arrays in which two lists of answers differ, at any point."""
    return {
        name
        for one, other in zip(some, others, strict=True)
        for name in other
        if not _equal(one[name], other[name], exercise.tolerance)
    }


def _equal(one, other, tolerance):
    one = _of_shape(one, other)
    if one.shape != other.shape or one.dtype.kind == "c":
        return False
    if other.dtype == bool:
        return np.array_equal(one, other)
    scale = np.abs(other[np.isfinite(other)]).max(initial=0)
    return np.allclose(one, other, rtol=0, atol=tolerance * scale, equal_nan=True)
