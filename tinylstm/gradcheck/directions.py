"""Derivatives along random directions: one number in place of one for each entry."""

from collections import namedtuple

import numpy as np

from .numeric import COMPLEX_STEP

VCurve = namedtuple("VCurve", "steps errors")
VCurve.__doc__ = """Error against step length: steps (n,); errors, a dict of method -> (n,), the
relative error at each step, of "complex" and "central"."""

LARGEST_STEP = 0.1
STEPS_PER_DECADE = 2


def along_directions(loss, arrays, members, n_directions):
    """A loss of arrays as a function of how far these are moved along random directions.

    `members` says for each key which arrays its directions move. Returns the moved loss; its
    arguments, key -> zeros (n_directions,); and ``slopes(gradients)``, the gradients by these from
    those by the arrays: one number for each direction, in place of one for each entry.
    """
    numbers = {key: number for number, key in enumerate(members)}

    # Made anew at each use: eight directions of a large network need not be kept.
    def direction(key, k):
        rng = np.random.default_rng([numbers[key], k])
        return {name: rng.standard_normal(arrays[name].shape) for name in members[key]}

    def moved_loss(coefficients):
        dtype = np.result_type(*coefficients.values())
        moved = {name: array.astype(dtype) for name, array in arrays.items()}
        for key, along in coefficients.items():
            for k in np.flatnonzero(along):
                for name, v in direction(key, k).items():
                    moved[name] += along[k] * v
        return loss(moved)

    # The chain rule: the slope along v is the sum of all gradients times v.
    def slope(gradients, key, k):
        return sum(np.sum(gradients[name] * v) for name, v in direction(key, k).items())

    def slopes(gradients):
        return {
            key: np.array([slope(gradients, key, k) for k in range(n_directions)])
            for key in members
        }

    return moved_loss, {key: np.zeros(n_directions) for key in members}, slopes


def v_curve(loss, arrays, gradients, n_directions=8):
    """The error of complex step and of central differences against the step length.

    A shorter step makes the truncation error smaller, and the rounding error of a difference
    larger: central differences are best in between, complex step knows no rounding error.

    Parameters
    ----------
    loss, arrays, gradients
        As in `check`; the gradients are taken for exact.
    n_directions : int
        Random directions along which derivatives are taken. The error is that of all of them
        together: the norm of the difference by the norm of the derivatives.

    Returns
    -------
    VCurve
        `steps` (n,) from 0.1 to 1e-20, two in a decade; `errors`, a dict of "complex" and
        "central", each (n,).

    Examples
    --------
    >>> w = np.array([0.3, -0.8])
    >>> curve = v_curve(lambda arrays: np.sum(np.exp(arrays["w"])), {"w": w}, {"w": np.exp(w)})
    >>> bool(1e-6 < curve.steps[np.argmin(curve.errors["central"])] < 1e-4)
    True
    """
    members = {"all arrays": list(arrays)}
    moved_loss, _, slopes = along_directions(loss, arrays, members, n_directions)
    exact = slopes(gradients)["all arrays"]
    decades = np.log10(LARGEST_STEP / COMPLEX_STEP)
    steps = LARGEST_STEP * 10 ** -np.linspace(0, decades, round(decades * STEPS_PER_DECADE) + 1)
    derivatives = {
        "complex": lambda along, h: np.imag(moved_loss({"all arrays": 1j * h * along})) / h,
        "central": lambda along, h: (
            (moved_loss({"all arrays": h * along}) - moved_loss({"all arrays": -h * along}))
            / (2 * h)
        ),
    }
    errors = {
        method: np.array(
            [
                np.linalg.norm([derivative(along, h) for along in np.eye(n_directions)] - exact)
                for h in steps
            ]
        )
        / np.linalg.norm(exact)
        for method, derivative in derivatives.items()
    }
    return VCurve(steps, errors)
