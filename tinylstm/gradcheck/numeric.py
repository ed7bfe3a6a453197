"""Numeric gradients of any function of arrays: complex step and central differences.

Complex step [1]_ [2]_: f(x + ih) = f(x) + ih f'(x) - h^2 f''(x)/2 - ..., so Im f(x + ih) / h is
f'(x) without a difference of two nearly equal numbers. With h = 1e-20 nothing is left of the terms
of higher order, and the derivative is exact to rounding. What it asks of f is that f is analytic:
every operation must take complex numbers and carry the imaginary part on.

Where f does not do that, or computes with fewer digits than float64 has, the numeric gradients
cannot judge anything. That is found out here and said as a doubt: it is no fault of the gradients.

References
----------
.. [1] Squire & Trapp (1998), Using complex variables to estimate derivatives of real functions,
   SIAM Review 40(1).
.. [2] Martins, Sturdza & Alonso (2003), The complex-step derivative approximation, ACM
   Transactions on Mathematical Software 29(3).
.. [3] Moré & Wild (2011), Estimating computational noise, SIAM Journal on Scientific Computing
   33(3).
"""

import traceback
import warnings
from collections import namedtuple
from math import comb
from pathlib import Path

import numpy as np

COMPLEX_STEP = 1e-20
CENTRAL_STEP = 1e-6
NOISE_STEP = 1e-5  # its fourth power is nothing; float32 rounds differently at each step
N_SAMPLES = 4
ORDER, N_VALUES = 4, 13  # of the differences that measure noise, and of the values for them
LARGEST_NOISE = 1e-11  # of the loss, as a part of its value; float64 leaves 1e-14 or less
FLOAT32_REASON = (
    "float32 carries 7 digits: its rounding alone would be larger than most mistakes. "
    "Check a float64 copy, the code is the same"
)

Numeric = namedtuple("Numeric", "gradients method faults noise doubts", defaults=((),))
Numeric.__doc__ = """Numeric gradients: a dict of ndarray; the method they come from; a list of what
the loss did wrong; by name, the absolute error that the method cannot avoid, a float or an array
with one for each entry; and why nothing can be judged by them, a list of str."""


def numeric_gradients(loss, arrays, method="complex"):
    """Numeric gradients, entry by entry, as a Numeric; `loss` and `arrays` as in `check`.

    Central differences also where "complex" was asked for and the loss is not complex-safe.
    """
    if method not in ("complex", "central"):
        raise ValueError(f"method {method!r} is neither 'complex' nor 'central'")
    require_float64(arrays)
    value = _base_value(loss, arrays)
    noise, doubts = _noise(loss, arrays, value)
    faults = []
    # Complex step is believed only where central differences do not contradict it.
    if method == "complex":
        try:
            gradients, _, faults = _entry_by_entry(loss, arrays, complex, _complex_step)
            suspects = _second_opinion(loss, arrays, gradients, noise / CENTRAL_STEP)
        except (TypeError, ValueError, np.exceptions.ComplexWarning) as error:
            doubts.append(_real_array(error))
        else:
            if not suspects:
                rounding = _rounding(loss, arrays, gradients)
                return Numeric(gradients, "complex", faults, rounding, doubts)
            doubts.append(_imaginary_part_lost(suspects))
    gradients, truncation, more_faults = _entry_by_entry(loss, arrays, float, _central_difference)
    errors = {name: noise / CENTRAL_STEP + error for name, error in truncation.items()}
    return Numeric(gradients, "central", faults + more_faults, errors, doubts)


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


# What the loss itself leaves in doubt


def _noise(loss, arrays, value):
    """The absolute noise of the loss's values, and a list: empty, or why nothing can be judged.

    Along a line the fourth differences of a smooth function vanish, and those of its noise do not
    [3]_. Their median is taken, as a kink on the way (of relu) shows in a few of them alone.
    """
    again = _base_value(loss, arrays)
    measured, slope = _fourth_differences(loss, arrays, NOISE_STEP)
    size = max(float(abs(value)), slope)
    if measured > LARGEST_NOISE * size:
        # Strong curvature makes them too. With ten times the step it makes a thousand times as
        # much (softsign) or more; noise stays what it is.
        wider, _ = _fourth_differences(loss, arrays, 10 * NOISE_STEP)
        measured = 0 if wider > 30 * measured else measured
    noise = max(4 * np.finfo(float).eps * float(abs(value)), 10 * measured)
    if again != value:
        difference = float(abs(again - value))
        return max(noise, 10 * difference), [
            f"the loss gives {value:.6g} and then {again:.6g} for the same arrays: it draws random "
            "numbers, or keeps something between calls. Make it a function of its arrays alone"
        ]
    if measured > LARGEST_NOISE * size:
        digits = round(-np.log10(measured / size))
        like = ", as float32 is" if 6 <= digits <= 9 else ""
        return noise, [
            f"the loss has noise of its own, it is good to {digits} digits{like}: no verdict can "
            "be finer. Let it compute in float64 all the way, buffers and constants too"
        ]
    return noise, []


def _fourth_differences(loss, arrays, step):
    """The noise that they show, and the loss's slope, along a random line."""
    rng = np.random.default_rng(0)
    direction = {name: rng.choice([-1.0, 1.0], array.shape) for name, array in arrays.items()}
    values = [
        loss({name: a + k * step * direction[name] for name, a in arrays.items()})
        for k in range(N_VALUES)
    ]
    # Of independent errors of size s, the k-th difference has the size s sqrt(comb(2k, k)).
    differences = np.abs(np.diff(np.real(values), ORDER)) / np.sqrt(comb(2 * ORDER, ORDER))
    return float(np.median(differences)), float(np.ptp(values)) / (step * N_VALUES)


def _real_array(error):
    """A doubt: the loss does not take complex numbers."""
    # The line that did it: not one of the checker, nor one inside NumPy.
    libraries = str(Path(__file__).parent), str(Path(np.__file__).parent)
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if not frame.filename.startswith(libraries)]
    where = f", at: {own[-1].line}" if own and own[-1].line else ""
    return (
        "the loss is not complex-safe: it puts a complex number where only a real one fits "
        f"({type(error).__name__}: {error}{where}). Give a float array that is filled with it the "
        'dtype of its input, np.zeros(shape, x.dtype); or check with method="central", as was '
        "done here"
    )


def _imaginary_part_lost(suspects):
    """A doubt: complex step and central differences disagree along some arrays."""
    return (
        "the loss is not complex-safe, or has a kink: complex step and central differences "
        f"disagree along {', '.join(suspects)}. Look for abs, max, clip, conj or real on a value "
        'that carries a derivative; or check with method="central", as was done here'
    )


# Entry by entry


def _entry_by_entry(loss, arrays, dtype, derivative):
    """The derivative by every entry of copies of some dtype, their errors, and what went wrong."""
    work = {name: np.array(array, dtype, order="C") for name, array in arrays.items()}
    gradients = {name: np.empty(array.shape) for name, array in work.items()}
    errors = {name: np.zeros(array.shape) for name, array in work.items()}
    with warnings.catch_warnings():
        warnings.simplefilter("error", np.exceptions.ComplexWarning)
        for name, array in work.items():
            flat, gradient, error = (a.reshape(-1) for a in (array, gradients[name], errors[name]))
            for k, kept in enumerate(flat.copy()):
                gradient[k], error[k] = derivative(lambda: loss(dict(work)), flat, k)
                flat[k] = kept
    changed = [
        name for name, array in work.items() if not np.array_equal(array, arrays[name], True)
    ]
    return gradients, errors, [f"the loss changes {name}, which it is handed" for name in changed]


def _complex_step(value, flat, k):
    # f(x + ih) = f(x) + ih f'(x) + O(h^2): no difference is taken, nothing cancels.
    flat[k] += COMPLEX_STEP * 1j
    return np.imag(value()) / COMPLEX_STEP, 0


def _central_difference(value, flat, k):
    """(f(x + h) - f(x - h)) / 2h, and how far it may be off, seen by doubling h."""
    # fmax, as what stands in a masked step may be nan.
    step, kept = CENTRAL_STEP * np.fmax(1, abs(flat[k])), flat[k]

    def difference(h):
        flat[k] = kept + h
        above = value()
        flat[k] = kept - h
        return (above - value()) / (2 * h)

    # The truncation error grows as h^2: at 2h it is four times that at h.
    derivative = difference(step)
    return derivative, abs(difference(2 * step) - derivative)


def _second_opinion(loss, arrays, gradients, noise):
    """The arrays along which central differences contradict complex step.

    One random direction for each array will do: what drops an imaginary part (abs, max, a cast) is
    wrong by far more than the differences are.
    """
    rng = np.random.default_rng(0)
    suspects = []
    for name, array in arrays.items():
        direction = rng.choice([-1.0, 1.0], array.shape)

        def difference(step, name=name, along=direction):
            above, below = (
                loss({**{k: a.copy() for k, a in arrays.items()}, name: arrays[name] + h * along})
                for h in (step, -step)
            )
            return (above - below) / (2 * step)

        central = difference(CENTRAL_STEP)
        terms = gradients[name] * direction
        allowed = 1e-5 * np.abs(terms).sum() + noise + abs(difference(2 * CENTRAL_STEP) - central)
        if not abs(terms.sum() - central) <= allowed:
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
