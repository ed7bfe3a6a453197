"""The exercises of notebooks 5, 2 and 9: numeric gradients, gradients over time, running free."""

import numpy as np

from .exercise import Exercise
from .forward import any_shape
from .solutions import gradients as solutions


def function_inputs(rng, step):
    """A function of an array, analytic and with third derivatives, and where to differentiate."""
    x = rng.standard_normal(any_shape(rng))
    A = rng.standard_normal(x.shape)
    return {"f": lambda x: np.sum(np.exp(A * x)), "x": x, "step": step}


def error_inputs(rng):
    """Two gradients: of either sign, some zero in one of them and in both, some very small."""
    analytic, numeric = rng.standard_normal((2, 4, rng.integers(3, 7)))
    analytic[0, 0] = numeric[0, 0] = analytic[1, 1] = numeric[2, 2] = 0
    for k, size in enumerate((1e-6, 1e-9, 1e-13)):
        analytic[3, k], numeric[3, k] = size * rng.uniform(1, 3, 2)
    return {"analytic": analytic, "numeric": numeric}


def sequence_shape(rng):
    """T, N, H: other ones at every point."""
    return tuple(int(size) for size in rng.permutation([3, 4, 5, 6])[:3])


def run_inputs(rng):
    """A little network that runs free: output and state depend on input and state."""
    H = int(rng.integers(2, 6))
    R, w, v = rng.standard_normal((H, H)), rng.standard_normal(H), rng.standard_normal(H)

    def step(y, state):
        state = np.tanh(R @ state + w * y)
        return v @ state, state

    n_steps = int(rng.integers(4, 9))
    return {
        "step": step,
        "state": rng.standard_normal(H),
        "y": rng.standard_normal(),
        "n_steps": n_steps,
    }


def count_inputs(rng):
    """Successes, few or many, of a number of trials, and some z."""
    n = int(rng.integers(20, 200))
    k = int(rng.integers(1, n)) if rng.random() < 0.7 else int(rng.choice([0, n]))
    return {"k": k, "n": n, "z": float(rng.choice([1.0, 1.645, 1.96, 2.576]))}


EXERCISES = [
    Exercise(
        solutions.central_difference,
        notebook=5,
        outputs=("gradient",),
        inputs=lambda rng: function_inputs(rng, rng.choice([1e-2, 4e-3])),
        mistakes={
            "it is the forward difference, f(x + h) - f(x) over h": (
                "- f(x - shift)) / (2 * step)",
                "- f(x)) / step",
            ),
            "it is the backward difference, f(x) - f(x - h) over h": (
                "(f(x + shift) - f(x - shift)) / (2 * step)",
                "(f(x) - f(x - shift)) / step",
            ),
            "it is divided by h and not by 2h": ("(2 * step)", "step"),
            "brackets are missing: / 2 * h multiplies by h": ("/ (2 * step)", "/ 2 * step"),
            "all entries are moved at once; each has to move alone": ("shift[k]", "shift[...]"),
        },
    ),
    Exercise(
        solutions.complex_step,
        notebook=5,
        outputs=("gradient",),
        inputs=lambda rng: function_inputs(rng, rng.choice([1e-20, 1e-12])),
        mistakes={
            "it is the real part and not the imaginary one": (".imag", ".real"),
            "it is not divided by the step": (".imag / step", ".imag"),
            "the step is real and not imaginary": ("1j * step", "step"),
            "all entries are moved at once; each has to move alone": ("shifted[k]", "shifted[...]"),
        },
    ),
    Exercise(
        solutions.relative_error,
        notebook=5,
        outputs=("error",),
        inputs=error_inputs,
        mistakes={
            "it is relative to the sum of the two and not to the larger": (
                "np.maximum(np.abs(analytic), np.abs(numeric))",
                "np.abs(analytic) + np.abs(numeric)",
            ),
            "the larger is taken with its sign and not by magnitude": (
                "np.maximum(np.abs(analytic), np.abs(numeric))",
                "np.maximum(analytic, numeric)",
            ),
            "0 / 0 where both are zero": ("np.where(largest > 0, largest, 1)", "largest"),
            "it is the absolute error": (" / np.where(largest > 0, largest, 1)", ""),
            "the difference keeps its sign": (
                "return np.abs(analytic - numeric)",
                "return (analytic - numeric)",
            ),
        },
    ),
    Exercise(
        solutions.gradient_norm_by_lag,
        notebook=2,
        outputs=("norm",),
        inputs=lambda rng: {"dh": rng.standard_normal(sequence_shape(rng))},
        mistakes={
            "it stands by step; lag 0 is the last step": ("[::-1]", ""),
            "the root is missing: it is the square of the norm": (
                "np.sqrt(np.sum(dh**2, axis=(1, 2)))",
                "np.sum(dh**2, axis=(1, 2))",
            ),
            "it is the root of the mean square and not of the sum": ("np.sum(", "np.mean("),
            "it is the mean of each example's norm": (
                "np.sqrt(np.sum(dh**2, axis=(1, 2)))",
                "np.sqrt(np.sum(dh**2, axis=2)).mean(axis=1)",
            ),
        },
    ),
    Exercise(
        solutions.constant_error_carousel,
        notebook=2,
        outputs=("share",),
        inputs=lambda rng: {"f": rng.uniform(0.3, 0.95, sequence_shape(rng))},
        mistakes={
            "the forget gate of the step itself is counted, and not the next one's": (
                "f[t + 1]",
                "f[t]",
            ),
            "the gates are added and not multiplied": ("share[t + 1] * f", "share[t + 1] + f"),
            "it is the product from the first step up to t": (
                "return share",
                "return np.cumprod(f, axis=0)",
            ),
            "it is the next step's forget gate alone": ("share[t + 1] * f", "f"),
        },
    ),
    Exercise(
        solutions.free_run,
        notebook=9,
        outputs=("outputs",),
        inputs=run_inputs,
        mistakes={
            "the first input stands among the outputs": (
                "y, state = step(y, state)\n        outputs.append(y)",
                "outputs.append(y)\n        y, state = step(y, state)",
            ),
            "the output is not fed back: every step gets the first input": (
                "y, state = step(y, state)\n        outputs.append(y)",
                "output, state = step(y, state)\n        outputs.append(output)",
            ),
            "the state is not handed on: every step starts from the first": (
                "y, state = step",
                "y, _ = step",
            ),
        },
    ),
    Exercise(
        solutions.wilson_interval,
        notebook=9,
        outputs=("low", "high"),
        inputs=count_inputs,
        mistakes={
            "it is the usual interval, k/n plus or minus z sqrt(k (n - k) / n) / n": (
                "return centre - half, centre + half",
                "half = z * np.sqrt(k * (n - k) / n) / n\n    return k / n - half, k / n + half",
            ),
            "its centre is k / n": ("(k + z**2 / 2) / (n + z**2)", "k / n"),
            "z² / 4 is missing under the root": (" + z**2 / 4", ""),
            "z is missing before the root": ("z * np.sqrt", "np.sqrt"),
        },
    ),
]
