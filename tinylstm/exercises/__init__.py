"""The notebooks' exercises: each checks a function that the student wrote, at random points.

The solutions are in the folder of that name. ``python -m tinylstm.exercises --student DIR`` writes
the notebooks out, ready to be worked in.
"""

from pathlib import Path

from . import (
    alignment,
    backward,
    forward,
    gradients,
    one_unit,
    patients,
    text,
    training_and_roc,
    two_cells,
)
from .cell_page.drawing import GROUPS, PARTS, USES, CellDrawing
from .program import FILE, NAMES, Program, lent_to
from .verdict import Verdict, judge

__all__ = ["cell", "check", "data_samples", "names", "program", "stub"]

MODULES = (
    one_unit,
    forward,
    backward,
    gradients,
    alignment,
    training_and_roc,
    text,
    two_cells,
    patients,
)
EXERCISES = {
    exercise.name: exercise
    for number in range(1, 12)
    for module in MODULES
    for exercise in module.EXERCISES
    if exercise.notebook == number
}


def names():
    """The exercises, in the order of the notebooks.

    Returns
    -------
    list of str

    Examples
    --------
    >>> names()[:2]
    ['unit_forward', 'unit_backward']
    """
    return list(EXERCISES)


def check(name, function=None):
    """Check a student's function and print what was found.

    It runs at several random points. What is printed says which array is wrong, how many of its
    entries, which is the worst and how far it is off, and which known mistakes give the very same
    numbers.

    Parameters
    ----------
    name : str
        One of `names()`.
    function : callable, optional
        It takes the arguments of the exercise's stub, by position. None: that of my_lstm.py in
        this folder, as it is saved.

    Returns
    -------
    Verdict
        True where the function is right. Its `passed` is None where it is not filled in yet.

    Raises
    ------
    ValueError
        If there is no exercise of that name, `function` is none, or my_lstm.py has no place for it.

    Examples
    --------
    >>> check("softsign", lambda z: z / (1 + abs(z)))
    softsign: right (y; 6 random points)
    Verdict(right)
    """
    exercise = _exercise(name)
    if function is None:
        verdict = _judge_in_file(exercise)
    elif callable(function):
        verdict = judge(exercise, function)
    else:
        raise ValueError(f"function is a {type(function).__name__}, expected a function")
    print("\n".join(verdict.lines))
    return verdict


def program(folder="."):
    """A student's my_lstm.py, and whose functions these are: printed in one line.

    The functions that are right are taken, the others are lent by the package: a program runs
    before it is complete. The file is read anew by every call.

    Parameters
    ----------
    folder : path
        Where my_lstm.py is. Where it is not, all functions are lent.

    Returns
    -------
    Program
        Its functions are attributes: ``mine.softsign``. ``mine.layer``, ``mine.network`` and
        ``mine.optimizer`` are made of them, and stand where the package's own do.

    Examples
    --------
    >>> import numpy as np
    >>> mine = program("no such folder")
    there is no my_lstm.py in this folder; all 21 functions are lent by the package
    >>> mine.softsign(np.array([-1.0, 3.0]))
    array([-0.5 ,  0.75])
    >>> mine.network(86, 8, 2, rng=np.random.default_rng(0)).forward(np.zeros((7, 1, 86))).shape
    (7, 1, 2)
    """
    mine = Program(Path(folder) / FILE, EXERCISES)
    print(mine)
    return mine


def stub(name):
    """What the student fills in: the head of the function, what is asked of it, and three dots.

    Parameters
    ----------
    name : str
        One of `names()`.

    Returns
    -------
    str

    Raises
    ------
    ValueError
        If there is no exercise of that name.

    Examples
    --------
    >>> print(stub("softsign"))
    def softsign(z):
        \"\"\"Softsign of every entry: eq. (A1).
    <BLANKLINE>
        Parameters
        ----------
        z : ndarray, any shape
    <BLANKLINE>
        Returns
        -------
        y : ndarray of the shape of `z`
        \"\"\"
        ...
    """
    return _exercise(name).stub


def cell(*emphasised):
    """The drawing of the cell, for a notebook; some parts may be emphasised, the others are faint.

    The next step's gates are drawn where a use of c_t is emphasised.

    Parameters
    ----------
    *emphasised : str
        Parts by their symbols: "x" (what comes in), "a", "f", "i", "c", "o", "h", "p_f", "p_i",
        "p_o"; "d1" to "d5", the uses of c_t; or "peepholes", "plain RNN", "uses of c_t".

    Returns
    -------
    CellDrawing
        A notebook shows it. Its `svg` is the drawing as SVG, a str.

    Raises
    ------
    ValueError
        If there is no part of that name.

    Examples
    --------
    >>> cell("f", "p_f")
    CellDrawing('f', 'p_f')
    """
    known = (*PARTS, *USES, *GROUPS)
    for name in emphasised:
        if name not in known:
            raise ValueError(f"part {name!r} of the cell is not one of {', '.join(known)}")
    return CellDrawing(emphasised)


def data_samples():
    """The folder data_samples, beside a notebook or one folder up.

    Returns
    -------
    pathlib.Path

    Raises
    ------
    FileNotFoundError
        If it is not there, with what to do.
    """
    for folder in (Path("data_samples"), Path("..") / "data_samples"):
        if folder.is_dir():
            return folder
    raise FileNotFoundError(
        f"there is no folder data_samples in {Path.cwd()}, nor one folder up: open the notebook "
        "where `python -m tinylstm.exercises --student DIR` wrote it, or in a clone's notebooks/"
    )


def _judge_in_file(exercise):
    """The verdict on a function of my_lstm.py in this folder."""
    if exercise.name not in NAMES:
        raise ValueError(f"{exercise.name} is written in a notebook and not in {FILE}: hand it in")
    mine = Program(Path(FILE), EXERCISES)
    if mine.trouble:
        passed = False if mine.path.is_file() else None
        return Verdict(passed, [f"{exercise.name}: {mine.trouble}"])
    if exercise.name not in mine.written:
        return Verdict(None, [f"{exercise.name}: there is no such function in {FILE}"])
    verdict = judge(exercise, mine.to_be_judged(exercise.name))
    if verdict.passed is None:
        line = mine.written[exercise.name].__code__.co_firstlineno
        verdict.lines[0] += f" ({FILE}, line {line})"
    lent = lent_to(exercise, mine.lent)
    if lent and verdict.passed is not None:
        verdict.lines.append(f"  lent to it by the package: {', '.join(lent)}")
    return verdict


def _exercise(name):
    if name not in EXERCISES:
        raise ValueError(f"exercise {name!r} is not one of {', '.join(EXERCISES)}")
    return EXERCISES[name]
