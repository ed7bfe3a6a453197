"""The notebooks' exercises: each checks a function that the student wrote, at random points.

The solutions are in the folder of that name. ``python -m tinylstm.exercises --student DIR`` writes
the notebooks out, ready to be worked in.
"""

from pathlib import Path

from . import alignment, backward, forward, gradients, patients, training_and_roc
from .cell_page.drawing import GROUPS, PARTS, USES, CellDrawing
from .verdict import judge

__all__ = ["cell", "check", "data_samples", "names", "stub"]

EXERCISES = {
    exercise.name: exercise
    for module in (alignment, forward, backward, gradients, training_and_roc, patients)
    for exercise in module.EXERCISES
}


def names():
    """The exercises, in the order of the notebooks.

    Returns
    -------
    list of str

    Examples
    --------
    >>> names()[:2]
    ['mask_from_lengths', 'one_hot']
    """
    return list(EXERCISES)


def check(name, function):
    """Check a student's function and print what was found.

    It runs at several random points. What is printed says which array is wrong, how many of its
    entries, which is the worst and how far it is off, and which known mistakes give the very same
    numbers.

    Parameters
    ----------
    name : str
        One of `names()`.
    function : callable
        It takes the arguments of the exercise's stub, by position.

    Returns
    -------
    Verdict
        True where the function is right. Its `passed` is None where it is not filled in yet.

    Raises
    ------
    ValueError
        If there is no exercise of that name, or `function` is none.

    Examples
    --------
    >>> check("softsign", lambda z: z / (1 + abs(z)))
    softsign: right (y; 6 random points)
    Verdict(right)
    """
    exercise = _exercise(name)
    if not callable(function):
        raise ValueError(f"function is a {type(function).__name__}, expected a function")
    verdict = judge(exercise, function)
    print("\n".join(verdict.lines))
    return verdict


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
        A notebook shows it. `_repr_svg_` returns it as SVG, a str.

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


def _exercise(name):
    if name not in EXERCISES:
        raise ValueError(f"exercise {name!r} is not one of {', '.join(EXERCISES)}")
    return EXERCISES[name]
