"""Numeric gradients of any function of arrays: complex step and central differences.

Complex step [1]_ [2]_: f(x + ih) = f(x) + ih f'(x) - h^2 f''(x)/2 - ..., so Im f(x + ih) / h is
f'(x) without a difference of two nearly equal numbers. With h = 1e-20 nothing is left of the terms
of higher order, and the derivative is exact to rounding. What it asks of f is that f is analytic:
every operation must take complex numbers and carry the imaginary part on.

References
----------
.. [1] Squire & Trapp (1998), Using complex variables to estimate derivatives of real functions,
   SIAM Review 40(1).
.. [2] Martins, Sturdza & Alonso (2003), The complex-step derivative approximation, ACM
   Transactions on Mathematical Software 29(3).
"""

import warnings
from collections import namedtuple

import numpy as np

COMPLEX_STEP = 1e-20
CENTRAL_STEP = 1e-6
N_SAMPLES = 4
FLOAT32_REASON = (
    "float32 carries 7 digits: its rounding alone would be larger than most mistakes. "
    "Check a float64 copy, the code is the same"
)
COMPLEX_ADVICE = (
    "so the numeric values are central differences; look for abs, max, clip, conj or real on a "
    "value that carries a derivative, or a float array that is filled with it"
)

Numeric = namedtuple("Numeric", "gradients method faults noise")
Numeric.__doc__ = """Numeric gradients: a dict of ndarray; the method they come from; a list of what
was found wrong on the way; and the absolute error of each array's entries that the method cannot
avoid, by name."""


def numeric_gradients(loss, arrays, method="complex"):
    """Numeric gradients, entry by entry, as a Numeric; `loss` and `arrays` as in `check`.

    Central differences also where "complex" was asked for and the loss is not complex-safe.
    """
    if method not in ("complex", "central"):
        raise ValueError(f"method {method!r} is neither 'complex' nor 'central'")
    require_float64(arrays)
    value = _base_value(loss, arrays)
    # What rounding of the loss leaves of a central difference.
    noise = 4 * np.finfo(float).eps * abs(value) / CENTRAL_STEP
    faults = []
    # Complex step is believed only where central differences do not contradict it.
    if method == "complex":
        try:
            gradients, faults = _entry_by_entry(loss, arrays, complex, _complex_step)
            suspects = _second_opinion(loss, arrays, gradients, noise)
            reason = f"{', '.join(suspects)}: central differences disagree" if suspects else ""
        except (TypeError, ValueError, np.exceptions.ComplexWarning) as error:
            reason = f"{type(error).__name__}: {error}"
        if not reason:
            return Numeric(gradients, "complex", faults, _rounding(loss, arrays, gradients))
        faults = [f"the loss is not complex-safe, or has a kink ({reason}), {COMPLEX_ADVICE}"]
    gradients, more_faults = _entry_by_entry(loss, arrays, float, _central_difference)
    return Numeric(gradients, "central", faults + more_faults, dict.fromkeys(arrays, noise))


def require_float64(arrays):
    """Demand float64 arrays (a dict of them); say which is not, and why float32 will not do."""
    for name, array in arrays.items():
        if not isinstance(array, np.ndarray) or array.dtype != np.float64:
            dtype = np.asarray(array).dtype
            reason = f": {FLOAT32_REASON}" if dtype == np.float32 else ""
            raise ValueError(f"{name} has dtype {dtype}, expected a float64 array{reason}")


def _base_value(loss, arrays):
    value = np.asarray(loss({name: array.copy() for name, array in arrays.items()}))
    if value.shape != () or not np.isfinite(value):
        raise ValueError(f"the loss is {value}, shape {value.shape}, expected one finite number")
    return value


def _entry_by_entry(loss, arrays, dtype, derivative):
    """The derivative by every entry of copies of some dtype; and what went wrong."""
    work = {name: np.array(array, dtype, order="C") for name, array in arrays.items()}
    gradients = {name: np.empty(array.shape) for name, array in work.items()}
    with warnings.catch_warnings():
        warnings.simplefilter("error", np.exceptions.ComplexWarning)
        for name, array in work.items():
            flat, gradient = array.reshape(-1), gradients[name].reshape(-1)
            for k, kept in enumerate(flat.copy()):
                gradient[k] = derivative(lambda: loss(dict(work)), flat, k)
                flat[k] = kept
    changed = [
        name for name, array in work.items() if not np.array_equal(array, arrays[name], True)
    ]
    return gradients, [f"the loss changes {name}, which it is handed" for name in changed]


def _complex_step(value, flat, k):
    # f(x + ih) = f(x) + ih f'(x) + O(h^2): no difference is taken, nothing cancels.
    flat[k] += COMPLEX_STEP * 1j
    return np.imag(value()) / COMPLEX_STEP


def _central_difference(value, flat, k):
    # fmax, as what stands in a masked step may be nan.
    step, kept = CENTRAL_STEP * np.fmax(1, abs(flat[k])), flat[k]
    flat[k] = kept + step
    above = value()
    flat[k] = kept - step
    return (above - value()) / (2 * step)


def _second_opinion(loss, arrays, gradients, noise):
    """The arrays along which central differences contradict complex step.

    One random direction for each array will do: what drops an imaginary part (abs, max, a cast) is
    wrong by far more than the differences are.
    """
    rng = np.random.default_rng(0)
    suspects = []
    for name, array in arrays.items():
        direction = rng.choice([-1.0, 1.0], array.shape)
        above, below = (
            loss({**{k: a.copy() for k, a in arrays.items()}, name: array + step * direction})
            for step in (CENTRAL_STEP, -CENTRAL_STEP)
        )
        central = (above - below) / (2 * CENTRAL_STEP)
        terms = gradients[name] * direction
        if not abs(terms.sum() - central) <= 1e-5 * np.abs(terms).sum() + noise:
            suspects.append(name)
    return suspects


def _rounding(loss, arrays, gradients):
    """What rounding leaves of each array's derivatives: name -> float.

    A derivative is a sum over steps and examples. Where its terms nearly cancel, its last digits
    hold nothing but their rounding. That is measured: the derivative along a random direction and
    the entries' sum along it are equal but for rounding. The largest of some samples is within a
    small factor of the true size.
    """
    rng = np.random.default_rng(0)
    largest = {}
    for name, array in arrays.items():
        differences = []
        for _ in range(N_SAMPLES):
            v = rng.uniform(-1, 1, array.shape)
            moved = {key: other.astype(complex) for key, other in arrays.items()}
            moved[name] += COMPLEX_STEP * 1j * v
            derivative = np.imag(loss(moved)) / COMPLEX_STEP
            differences.append(abs(derivative - np.sum(gradients[name] * v)))
        largest[name] = float(4 * max(differences))
    return largest
