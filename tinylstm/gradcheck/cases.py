"""Case: what is checked at one point of a grid."""

from .comparison import compare
from .grid import describe
from .numeric import numeric_gradients
from .report import merge

__all__ = ["Case", "run"]


class Case:
    """A loss as a function of arrays, and the backward pass that is to give its gradients.

    The numeric gradients need the forward pass alone. They are kept, so that many backward passes
    (planted bugs, say) can be checked against them.

    Parameters
    ----------
    point : dict
        The point of the grid, name -> value.
    loss, arrays
        As in `check`.
    backward : callable
        ``backward() -> gradients``, a dict of the names of `arrays`.
    faults : callable
        ``faults() -> list of str``: what is wrong with a second call, and what is changed.
    mask : ndarray (T, N) bool, or None

    Examples
    --------
    >>> import numpy as np
    >>> w = np.ones(2)
    >>> case = Case({"n": 2}, lambda arrays: np.sum(arrays["w"] ** 2), {"w": w},
    ...             backward=lambda: {"w": 2 * w}, faults=list)
    >>> case.check().ok, case.name
    (True, 'n=2')
    """

    def __init__(self, point, loss, arrays, backward, faults, mask=None):
        self.point, self.name = point, describe(point)
        self._loss, self._arrays, self._mask = loss, arrays, mask
        self._backward, self._faults = backward, faults
        self._numeric = {}

    def compare(self, method="complex"):
        """Run the backward pass and compare.

        Parameters
        ----------
        method : {"complex", "central"}

        Returns
        -------
        Report

        Examples
        --------
        See `Case`.
        """
        if method not in self._numeric:
            self._numeric[method] = numeric_gradients(self._loss, self._arrays, method)
        return compare(self._numeric[method], self._backward(), mask=self._mask)

    def check(self, method="complex"):
        """Compare, and look for faults.

        Parameters
        ----------
        method : {"complex", "central"}

        Returns
        -------
        Report

        Examples
        --------
        See `Case`.
        """
        report = self.compare(method)
        report.faults += self._faults()
        return report


def run(cases, method="complex", progress=None):
    """Check every case.

    Parameters
    ----------
    cases : list of Case
    method : {"complex", "central"}
    progress : callable, optional
        Called as ``progress(done, total)`` after each case.

    Returns
    -------
    Report
        Over all points; its patterns begin with what the failing points have in common.

    Examples
    --------
    >>> import numpy as np
    >>> case = Case({"n": 2}, lambda arrays: np.sum(arrays["w"]), {"w": np.ones(2)},
    ...             backward=lambda: {"w": np.ones(2)}, faults=list)
    >>> run([case]).points
    {'n=2': True}
    """
    reports = {}
    for number, case in enumerate(cases, start=1):
        reports[case.name] = case.check(method)
        if progress is not None:
            progress(number, len(cases))
    report = merge(reports)
    report.patterns = _in_common([(case.point, reports[case.name].ok) for case in cases]) + (
        report.patterns
    )
    return report


def _in_common(results):
    """What tells the failing points from the others, factor by factor."""
    failed = [point for point, ok in results if not ok]
    passed = [point for point, ok in results if ok]
    if not failed or not passed:
        return ["fails at every point"] if failed else []
    found = []
    for name in failed[0]:
        values = list(dict.fromkeys(point[name] for point in failed + passed))
        bad = [v for v in values if any(point[name] == v for point in failed)]
        never = [v for v in values if v not in bad]
        if not never:
            continue
        if not any(point[name] in bad for point in passed):
            found.insert(0, f"fails at every point with {_either(name, bad)}, and at no other")
        elif len(never) < len(bad):
            found.append(f"fails at no point with {_either(name, never)}")
        else:
            found.append(f"fails only at points with {_either(name, bad)}")
    return found


def _either(name, values):
    return " or ".join(describe({name: value}) for value in values)
