"""A case: what is checked at one point of a grid. And the run over many of them."""

from .comparison import compare
from .grid import describe
from .numeric import numeric_gradients
from .report import merge


class Case:
    """A loss of arrays at a point of the grid, and the backward pass that is to give its gradients.

    `loss` and `arrays` are as in `check`; ``backward()`` gives a dict of the names of `arrays`;
    ``faults()`` a list of str, what no gradient shows; `mask` is (T, N) bool or None. The numeric
    gradients need `loss` alone and are kept: many backward passes (planted bugs) can be held to
    them.
    """

    def __init__(self, point, loss, arrays, backward, faults, mask=None):
        self.point, self.name = point, describe(point)
        self._loss, self._arrays, self._mask = loss, arrays, mask
        self._backward, self._faults = backward, faults
        self._numeric = {}

    def __repr__(self):
        return f"Case({self.name})"

    def compare(self, method="complex"):
        """Run the backward pass and compare: a Report."""
        if method not in self._numeric:
            self._numeric[method] = numeric_gradients(self._loss, self._arrays, method)
        return compare(self._numeric[method], self._backward(), mask=self._mask)

    def check(self, method="complex"):
        """Compare, and look for faults: a Report."""
        report = self.compare(method)
        report.faults += self._faults()
        return report


def run(cases, method="complex", progress=None):
    """Check every case: one Report, its patterns led by what the failing points have in common.

    `progress(done, total)` is called after each case.
    """
    reports = {}
    for number, case in enumerate(cases, start=1):
        reports[case.name] = case.check(method)
        if progress is not None:
            progress(number, len(cases))
    report = merge(reports)
    results = [(case.point, reports[case.name].ok) for case in cases]
    report.general_patterns = _in_common(results) + report.general_patterns
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
