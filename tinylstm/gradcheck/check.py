"""The check: analytic gradients against numeric ones, entry by entry or along directions."""

import numpy as np

from .comparison import TOLERANCES, compare
from .directions import along_directions
from .numeric import Numeric, numeric_gradients, require_float64

METHODS = ("complex", "central", "directional")


def check(
    loss,
    arrays,
    gradients,
    method="complex",
    tolerance=None,
    n_directions=4,
    mask=None,
):
    """Check analytic gradients against numeric ones.

    Parameters
    ----------
    loss : callable
        ``loss(arrays) -> scalar``, of a dict with the names and shapes of `arrays`. It is called
        with copies, complex ones for the complex step.
    arrays : dict of ndarray, float64
        Where the gradients are taken. Never changed.
    gradients : dict of ndarray, float64
        The analytic gradients, by the same names.
    method : {"complex", "central", "directional"}
        "complex": every entry of every array by complex step. "central": by central differences
        with the step 1e-6 max(1, abs(entry)). "directional": the derivative along random directions
        of all arrays together, one complex forward pass for each; where that fails, along one
        direction of each array alone, which names the wrong ones.
    tolerance : float, optional
        The largest relative error that passes; default 1e-12, for central differences 1e-6.
    n_directions : int
        How many directions, for "directional".
    mask : ndarray (T, N) bool, optional
        Which steps of the sequences among the arrays are real; for the report's patterns only.

    Returns
    -------
    Report
        A wrong name or shape, nan, or a gradient of another dtype fails the check and is named in
        it. So does a loss that is not complex-safe (found by a second opinion from central
        differences); the entries then are those of central differences.

    Raises
    ------
    ValueError
        If the method is unknown, an array is not float64, or the loss is no finite scalar.

    Examples
    --------
    >>> def loss(arrays):
    ...     return np.sum(np.tanh(arrays["w"]) ** 2)
    >>> w = np.array([0.5, -1.0])
    >>> gradients = {"w": 2 * np.tanh(w) * (1 - np.tanh(w) ** 2)}
    >>> check(loss, {"w": w}, gradients).ok
    True
    >>> report = check(loss, {"w": w}, {"w": gradients["w"] / 2})
    >>> report.patterns
    ['w: analytic / numeric = 0.5 (a half)']
    """
    if method not in METHODS:
        raise ValueError(f"method {method!r} is not one of {', '.join(METHODS)}")
    require_float64(arrays)
    if method == "directional":
        return _check_along_directions(loss, arrays, gradients, tolerance, n_directions)
    return _compare(loss, arrays, gradients, method, tolerance, mask)


def _compare(loss, arrays, gradients, method, tolerance, mask=None):
    numeric = numeric_gradients(loss, arrays, method)
    # What was asked of complex step would be too strict for the differences that replaced it.
    if tolerance is not None and numeric.method != method:
        tolerance = max(tolerance, TOLERANCES[numeric.method])
    return compare(numeric, gradients, tolerance, mask)


def _check_along_directions(loss, arrays, gradients, tolerance, n_directions):
    # Compared with itself, a gradient can fail only by its name, shape, dtype, or nan.
    itself = {
        name: gradients[name] if np.shape(gradients.get(name)) == np.shape(array) else array
        for name, array in arrays.items()
    }
    numeric = Numeric(itself, "complex", [], dict.fromkeys(itself, 0.0))
    report = compare(numeric, gradients, tolerance)
    if not report.ok:
        report.entries = [entry for entry in report.entries if not entry.ok]
    else:
        together, alone = {"all arrays": list(arrays)}, {name: [name] for name in arrays}
        report = _check_moved(loss, arrays, gradients, tolerance, together, n_directions)
        if not report.ok:
            more = _check_moved(loss, arrays, gradients, tolerance, alone, n_directions=1)
            report.entries += more.entries
    report.method = "directional"
    return report


def _check_moved(loss, arrays, gradients, tolerance, members, n_directions):
    moved_loss, coefficients, slopes = along_directions(loss, arrays, members, n_directions)
    return _compare(moved_loss, coefficients, slopes(gradients), "complex", tolerance)
