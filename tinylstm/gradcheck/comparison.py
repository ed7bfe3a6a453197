"""Analytic gradients against numeric ones: verdicts, array by array."""

from dataclasses import replace

import numpy as np

from .patterns import Compared, diagnose
from .report import Entry, Report

# What rounding may leave of a sum, as a part of its array's largest entry: 4.5 epsilon of float64.
ROUNDING = 1e-15
TOLERANCES = {"complex": 1e-12, "central": 1e-6}


def compare(numeric, gradients, tolerance=None, mask=None):
    """Judge analytic gradients, a dict of ndarray, by numeric ones (a Numeric): a Report.

    An entry is wrong where abs(a - n) / max(abs(a), abs(n)) is above the tolerance and abs(a - n)
    above the absolute floor. The floor is `ROUNDING` times the largest numeric entry of the array
    (of all arrays, where this one is zero but for rounding), plus the numeric method's own noise.
    A missing name, a wrong shape or dtype, and nan are verdicts, not exceptions: all are seen at
    once. `mask` (T, N) bool says which steps are real; it serves the patterns alone.
    """
    if tolerance is None:
        tolerance = TOLERANCES[numeric.method]
    largest = {name: np.max(np.abs(array), initial=0) for name, array in numeric.gradients.items()}
    largest_of_all = max(largest.values(), default=0)
    entries, compared = [], {}
    for name, n in numeric.gradients.items():
        if name not in gradients:
            entries.append(_not_compared(name, n.shape, "missing"))
            continue
        a = np.asarray(gradients[name])
        verdict = _obstacle(a, n)
        if verdict:
            entries.append(_not_compared(name, n.shape, verdict))
            if _is_transposed(a, n):
                compared[name] = Compared(a, n, np.ones(n.shape, bool))
            continue
        # Below the floor two numbers differ by the rounding of a sum, and no more can be said.
        scale = largest[name] if largest[name] > ROUNDING * largest_of_all else largest_of_all
        floor = ROUNDING * scale + numeric.noise[name]
        entry, wrong = _compare_array(name, a, n, tolerance, floor)
        entries.append(entry)
        compared[name] = Compared(a, n, wrong)
    for name in sorted(gradients.keys() - numeric.gradients.keys()):
        entries.append(_not_compared(name, np.shape(gradients[name]), "unknown name"))
    general, by_array = diagnose(compared, mask)
    entries = [replace(entry, pattern=by_array.get(entry.name, "")) for entry in entries]
    return Report(
        numeric.method, tolerance, entries, numeric.faults, general, doubts=numeric.doubts
    )


def relative_errors(a, n):
    """abs(a - n) / max(abs(a), abs(n)), 0 where both are 0; three arrays of one shape."""
    size = np.maximum(np.abs(a), np.abs(n))
    return np.divide(np.abs(a - n), size, out=np.zeros(np.shape(a)), where=size > 0)


def _obstacle(a, n):
    """Why two arrays cannot be compared, or an empty text."""
    if a.shape != n.shape:
        return f"shape {a.shape}, expected {n.shape}"
    if a.dtype != np.float64:
        return f"dtype {a.dtype}, expected float64"
    for which, array in (("analytic", a), ("numeric", n)):
        n_bad = np.count_nonzero(~np.isfinite(array))
        if n_bad:
            return f"{which}: {n_bad} of {array.size} not finite"
    return ""


def _is_transposed(a, n):
    return a.ndim == 2 and a.shape == n.T.shape and a.shape != n.shape


def _not_compared(name, shape, verdict):
    return Entry(name, shape, None, np.nan, np.nan, np.inf, verdict)


def _compare_array(name, a, n, tolerance, floor):
    """The entry of one array, and which of its entries are wrong."""
    errors = relative_errors(a, n)
    above = errors > tolerance
    floored = above & (np.abs(a - n) <= floor)
    wrong = above & ~floored
    if a.size == 0:
        return Entry(name, a.shape, None, np.nan, np.nan, 0.0, "ok"), wrong
    # The worst entry is one that counts: a floored one only where no other is left.
    index = np.unravel_index(np.argmax(np.where(floored, 0, errors)), a.shape)
    index = tuple(int(k) for k in index)
    verdict = "wrong" if wrong.any() else "floor" if floored[index] else "ok"
    entry = Entry(
        name,
        a.shape,
        index,
        float(a[index]),
        float(n[index]),
        float(errors[index]),
        verdict,
        n_entries=a.size,
        n_wrong=int(wrong.sum()),
        n_floored=int(floored.sum()),
    )
    return entry, wrong
