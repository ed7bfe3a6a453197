"""The exercises of notebook 10: two cells whose backward passes stand nowhere.

A forward pass is compared with the equations, a backward pass with the complex step: any right
derivation passes.
"""

import numpy as np

from .exercise import Exercise
from .solutions import two_cells as solutions


def sequence(rng):
    """T, N, D, H, all different; x, and a mask of random lengths with a hole.

    One example begins with a masked step: the state before step 0 does not reach it.
    """
    N, D, H = (int(size) for size in rng.permutation([2, 3, 4]))
    T = int(rng.integers(4, 7))
    mask = np.arange(T)[:, None] < rng.permutation([T, *rng.integers(3, T + 1, N - 1)])
    longest = np.argmax(mask.sum(axis=0))
    mask[2, longest] = mask[0, longest - 1] = False
    return (N, D, H), {"x": rng.standard_normal((T, N, D)), "mask": mask}


def coupled_inputs(rng):
    """What `coupled_forward` takes."""
    (N, D, H), inputs = sequence(rng)
    return inputs | {
        "h_start": rng.uniform(-1, 1, (N, H)),
        "c_start": rng.standard_normal((N, H)),
        "W": rng.standard_normal((D, 3 * H)),
        "R": rng.standard_normal((H, 3 * H)),
        "p": rng.standard_normal((2, H)),
        "b": rng.standard_normal(3 * H),
    }


def gru_inputs(rng):
    """What `gru_forward` takes."""
    (N, D, H), inputs = sequence(rng)
    return inputs | {
        "h_start": rng.uniform(-1, 1, (N, H)),
        "W": rng.standard_normal((D, 3 * H)),
        "R": rng.standard_normal((H, 3 * H)),
        "b": rng.standard_normal(3 * H),
    }


def with_dy(inputs):
    """The inputs of a backward pass: those of the forward pass, behind dy."""

    def of_backward(rng):
        forward = inputs(rng)
        (T, N), H = forward["mask"].shape, forward["h_start"].shape[1]
        return {"dy": rng.standard_normal((T, N, H)), **forward}

    return of_backward


def weight_blocks(names):
    """The blocks of columns of dW, dR and db."""
    arrays = "dW", "dR", "db"
    return {array: (-1, tuple(f"{array}_{name}" for name in names)) for array in arrays}


coupled_forward = Exercise(
    solutions.coupled_forward,
    notebook=10,
    outputs=("h", "c"),
    inputs=coupled_inputs,
    over_time=("h", "c"),
    mistakes={
        "the output gate sees c_{t-1} and not the new c_t, (C5)": (
            "c_t = f * c_t + (1 - f) * a  # (C4)\n        o = sigmoid(z_o + c_t * p_o)",
            "before = c_t\n        c_t = f * c_t + (1 - f) * a\n"
            "        o = sigmoid(z_o + before * p_o)",
        ),
        "f and 1 - f have changed places, (C4)": ("f * c_t + (1 - f) * a", "(1 - f) * c_t + f * a"),
        "the gates are not coupled: 1 - f is missing, (C4)": ("(1 - f) * a", "a"),
        "the cell is not activated: h = o c, (C6)": ("o * np.tanh(c_t)", "o * c_t"),
        "the mask is not applied, (C7)": ("m * h_t, m * c_t", "h_t, c_t"),
    },
)

coupled_backward = Exercise(
    solutions.coupled_backward,
    notebook=10,
    outputs=("dx", "dh_start", "dc_start", "dW", "dR", "dp", "db"),
    inputs=with_dy(coupled_inputs),
    over_time=("dx",),
    blocks=weight_blocks("afo") | {"dp": (0, ("dp_f", "dp_o"))},
    uses=(coupled_forward,),
    mistakes={},
)

gru_forward = Exercise(
    solutions.gru_forward,
    notebook=10,
    outputs=("h",),
    inputs=gru_inputs,
    over_time=("h",),
    mistakes={
        "the reset gate acts after the product with R_n; here before it, (G3)": (
            "(r * h_t) @ R_n",
            "r * (h_t @ R_n)",
        ),
        "the reset gate is missing, (G3)": ("(r * h_t) @ R_n", "h_t @ R_n"),
        "u and 1 - u have changed places, (G4)": ("u * h_t + (1 - u) * n", "(1 - u) * h_t + u * n"),
        "the mask is not applied, (G5)": ("m * (u * h_t + (1 - u) * n)", "u * h_t + (1 - u) * n"),
    },
)

gru_backward = Exercise(
    solutions.gru_backward,
    notebook=10,
    outputs=("dx", "dh_start", "dW", "dR", "db"),
    inputs=with_dy(gru_inputs),
    over_time=("dx",),
    blocks=weight_blocks("urn"),
    uses=(gru_forward,),
    mistakes={},
)

EXERCISES = [coupled_forward, coupled_backward, gru_forward, gru_backward]
