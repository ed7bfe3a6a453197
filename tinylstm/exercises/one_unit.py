"""The exercises of notebook 1: a recurrent unit in scalars, and H units."""

from .exercise import Exercise
from .forward import sizes
from .solutions import one_unit as solutions


def unit_inputs(rng):
    """A few numbers, and the weights of one unit, none of them near zero."""
    w, r, b = (float(k) for k in rng.uniform(0.3, 0.9, 3) * rng.choice([-1, 1], 3))
    return {"x": rng.standard_normal(int(rng.integers(3, 8))), "w": w, "r": r, "b": b}


def unit_backward_inputs(rng):
    """A forward pass of one unit, and what reaches each of its outputs."""
    x, w, r, b = unit_inputs(rng).values()
    h = solutions.unit_forward(x, w, r, b)
    return {"dy": rng.standard_normal(len(x)), "x": x, "h": h, "w": w, "r": r}


def rnn_inputs(rng):
    """A batch, and the weights of H units."""
    T, N, D, H, _ = sizes(rng)
    return {
        "x": rng.standard_normal((T, N, D)),
        "W": rng.standard_normal((D, H)) / 2,
        "R": rng.standard_normal((H, H)) / 2,
        "b": rng.standard_normal(H) / 2,
    }


def rnn_backward_inputs(rng):
    """A forward pass of H units, and what reaches each of their outputs."""
    inputs = rnn_inputs(rng)
    x, W, R, _ = inputs.values()
    h = solutions.rnn_forward(*inputs.values())
    return {"dy": rng.standard_normal(h.shape), "x": x, "h": h, "W": W, "R": R}


EXERCISES = [
    Exercise(
        solutions.unit_forward,
        notebook=1,
        outputs=("h",),
        inputs=unit_inputs,
        mistakes={
            "tanh is missing": ("np.tanh(x_t * w + h * r + b)", "x_t * w + h * r + b"),
            "h_{t-1} is missing: nothing is remembered": (" + h * r", ""),
            "w and r have changed places": ("x_t * w + h * r", "x_t * r + h * w"),
            "the bias is missing": ("h * r + b)", "h * r)"),
            "h_{t-1} is added outside of tanh": (
                "np.tanh(x_t * w + h * r + b)",
                "np.tanh(x_t * w + b) + h * r",
            ),
        },
    ),
    Exercise(
        solutions.unit_backward,
        notebook=1,
        outputs=("dh", "dx", "dw", "dr", "db"),
        inputs=unit_backward_inputs,
        mistakes={
            "what comes back from step t+1 is missing in dh_t": ("dy[t] + dh_later", "dy[t]"),
            "dy_t is missing in dh_t, but for the last step": (
                "dy[t] + dh_later",
                "dy[t] * (t == len(x) - 1) + dh_later",
            ),
            "the derivative of tanh is missing": (" * (1 - h[t] ** 2)", ""),
            "the derivative of tanh is taken at h as if h were z": (
                "1 - h[t] ** 2",
                "1 - np.tanh(h[t]) ** 2",
            ),
            "dr has h_t where h_{t-1} belongs": ("h[t - 1] if t > 0 else 0.0", "h[t]"),
            "at step 0, h[t - 1] is h[-1]: the last step of the sequence, where zero belongs": (
                "h[t - 1] if t > 0 else 0.0",
                "h[t - 1]",
            ),
            "dw is that of step 0 alone; it is a sum over all steps": ("dw +=", "dw ="),
            "the steps are taken from the first to the last": ("in reversed(", "in ("),
        },
    ),
    Exercise(
        solutions.rnn_forward,
        notebook=1,
        outputs=("h",),
        inputs=rnn_inputs,
        mistakes={
            "tanh is missing": ("np.tanh(x_t @ W + h @ R + b)", "x_t @ W + h @ R + b"),
            "h_{t-1} is missing: nothing is remembered": (" + h @ R", ""),
            "R is transposed": ("h @ R", "h @ R.T"),
            "each unit sees its own h alone: R is a matrix, and h_{t-1} R a matrix product": (
                "h @ R",
                "h * np.diag(R)",
            ),
            "the bias is missing": ("h @ R + b)", "h @ R)"),
        },
    ),
    Exercise(
        solutions.rnn_backward,
        notebook=1,
        outputs=("dh", "dx", "dW", "dR", "db"),
        inputs=rnn_backward_inputs,
        mistakes={
            "what comes back from step t+1 is missing in dh_t": ("dy[t] + dh_later", "dy[t]"),
            "the derivative of tanh is missing": (" * (1 - h[t] ** 2)", ""),
            "R is not transposed on the way back": ("delta @ R.T", "delta @ R"),
            "dR has h_t where h_{t-1} belongs": (
                "h[t - 1] if t > 0 else zero",
                "h[t]",
            ),
            "at step 0, h[t - 1] is h[-1]: the last step of the sequence, where zero belongs": (
                "h[t - 1] if t > 0 else zero",
                "h[t - 1]",
            ),
            "dR is transposed": ("h_previous.T @ delta", "(h_previous.T @ delta).T"),
            "dW is that of step 0 alone; it is a sum over all steps": ("dW +=", "dW ="),
            "db is a mean over the examples, and not a sum": ("delta.sum(", "delta.mean("),
        },
    ),
]
