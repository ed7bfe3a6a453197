"""The exercises of notebook 3: the forward pass."""

import numpy as np

from .exercise import Exercise
from .solutions import forward as solutions

BLOCKS = {"gates": (0, ("a", "f", "o", "i"))}


def sizes(rng):
    """T, N, D, H, K: other ones at every point, no two of them equal."""
    return (int(size) for size in rng.permutation([2, 3, 4, 5, 6]))


def any_shape(rng):
    """The shape of an array of any number of axes."""
    return tuple(int(size) for size in rng.integers(2, 6, rng.integers(1, 4)))


def weights(rng, D, H):
    """Weights of a peephole LSTM, none of them zero: a bias of zero would hide mistakes."""
    return {
        "W": rng.standard_normal((D, 4 * H)),
        "R": rng.standard_normal((H, 4 * H)) / 2,
        "p": rng.standard_normal((3, H)),
        "b": rng.standard_normal(4 * H),
    }


def gate_inputs(rng):
    """What one gate sees."""
    _, N, _, H, _ = sizes(rng)
    z, c = rng.standard_normal((2, N, H))
    return {"z": z, "c": c, "p": rng.standard_normal(H)}


def step_inputs(rng):
    """One step in the midst of a sequence."""
    _, N, D, H, _ = sizes(rng)
    states = {"h_previous": rng.uniform(-1, 1, (N, H)), "c_previous": rng.standard_normal((N, H))}
    return {"x": rng.standard_normal((N, D)), **states, **weights(rng, D, H)}


def sequence_inputs(rng):
    """A batch with holes of all kinds, and a state; a real row is zero, a masked one is not."""
    T, N, D, H, _ = sizes(rng)
    T += 3
    mask = rng.random((T, N)) < 0.7
    mask[-2:, 0], mask[:2, 1] = (True, False), (False, True)
    x = rng.standard_normal((T, N, D))
    x[1, 1] = 0
    state = np.stack([rng.uniform(-1, 1, (N, H)), rng.standard_normal((N, H))])
    return {"x": x, "mask": mask, "state": state, **weights(rng, D, H)}


def logit_inputs(rng):
    """Logits too large for exp, of either sign, within a step and between steps."""
    T, N, _, _, K = sizes(rng)
    q = rng.standard_normal((T, N, K))
    q[0] += 1000
    q[1] -= 1000
    q[-1, -1, :2] += 2000, -2000
    q[-1, 0, 0] -= 1000
    return {"q": q}


def label_inputs(rng):
    """Probabilities, labels (meaningless ones where there is none) and their mask.

    The last class does not occur; one example has no label, and another several.
    """
    T, N, _, _, K = sizes(rng)
    labels = np.eye(K)[rng.integers(0, K - 1, (T, N))]
    label_mask = rng.random((T, N)) < 0.5
    label_mask[:, 0], label_mask[:2, 1] = False, True
    p = solutions.softmax(3 * rng.standard_normal((T, N, K)))
    return {"p": p, "labels": labels, "label_mask": label_mask}


softsign = Exercise(
    solutions.softsign,
    notebook=3,
    outputs=("y",),
    inputs=lambda rng: {"z": 2 * rng.standard_normal(any_shape(rng))},
    mistakes={
        "the brackets are missing: z / 1 + abs(z)": (
            "(1 + np.where(z.real < 0, -z, z))",
            "1 + np.abs(z)",
        ),
        "abs is missing in the denominator": ("np.where(z.real < 0, -z, z)", "z"),
        "abs in the numerator: the sign of z is lost": ("return z", "return np.abs(z)"),
        "it is tanh and not softsign": (
            "z / (1 + np.where(z.real < 0, -z, z))",
            "np.tanh(z)",
        ),
    },
)

gate_with_peephole = Exercise(
    solutions.gate_with_peephole,
    notebook=3,
    outputs=("gate",),
    inputs=gate_inputs,
    mistakes={
        "the peephole is missing": ("-(z + c * p)", "-z"),
        "the peephole stands outside the sigmoid": (
            "np.exp(-(z + c * p)))",
            "np.exp(-z)) + c * p",
        ),
        "the minus goes for z alone: exp(-z + c p)": ("-(z + c * p)", "-z + c * p"),
        "the sign in exp is missing: it is 1 minus the gate": ("-(z + c * p)", "z + c * p"),
    },
)

lstm_step_forward = Exercise(
    solutions.lstm_step_forward,
    notebook=3,
    outputs=("h", "c", "gates"),
    uses=(gate_with_peephole, softsign),
    inputs=step_inputs,
    blocks=BLOCKS,
    mistakes={
        "the output gate sees c_{t-1} and not the new c_t, eq. (6)": (
            "z_o, c, p_o",
            "z_o, c_previous, p_o",
        ),
        "the output gate has no peephole, eq. (6)": ("z_o, c, p_o", "z_o, c, 0 * p_o"),
        "the forget gate has no peephole, eq. (3)": ("c_previous, p_f", "c_previous, 0 * p_f"),
        "the input gate has no peephole, eq. (4)": ("c_previous, p_i", "c_previous, 0 * p_i"),
        "the rows of p are taken as i, f, o; they are f, o, i": (
            "p_f, p_o, p_i =",
            "p_i, p_f, p_o =",
        ),
        "the blocks are taken as i, f, a, o, as Keras and PyTorch have them; here a, f, o, i": (
            "z_a, z_f, z_o, z_i =",
            "z_i, z_f, z_a, z_o =",
        ),
        "the biases are missing, eq. (1)": (" + b,", ","),
        "the cell is not activated: h = o c, eq. (7)": ("softsign(c)", "c"),
        "forget and input gate have changed places, eq. (5)": (
            "f * c_previous + i * a",
            "i * c_previous + f * a",
        ),
        "the block input is not activated, eq. (2)": ("softsign(z_a)", "z_a"),
    },
)

lstm_forward = Exercise(
    solutions.lstm_forward,
    notebook=3,
    outputs=("h", "c", "gates"),
    uses=(lstm_step_forward,),
    inputs=sequence_inputs,
    blocks=BLOCKS,
    mistakes={
        "the mask is not applied, eq. (8)": (
            "h_t = mask[t, :, None] * h_t  # eq. (8)\n"
            "        c_t = mask[t, :, None] * c_t  # eq. (8)",
            "pass",
        ),
        "the mask is not applied to h, eq. (8)": ("mask[t, :, None] * h_t", "h_t"),
        "the mask is not applied to c, eq. (8)": ("mask[t, :, None] * c_t", "c_t"),
        "a masked step keeps the state of the step before; it has to leave zeros, eq. (8)": (
            "h_t = mask[t, :, None] * h_t  # eq. (8)\n"
            "        c_t = mask[t, :, None] * c_t  # eq. (8)",
            "h_t = np.where(mask[t, :, None], h_t, h_previous)\n"
            "        c_t = np.where(mask[t, :, None], c_t, c_previous)",
        ),
        "h is not handed on to the next step": (
            "h_previous, c_previous = h_t, c_t",
            "c_previous = c_t",
        ),
        "c is not handed on to the next step": (
            "h_previous, c_previous = h_t, c_t",
            "h_previous = h_t",
        ),
        "it starts from zeros, and not from the state that is handed in": (
            "h_previous, c_previous = state",
            "h_previous, c_previous = 0 * state",
        ),
        "h and c of the state have changed places": (
            "h_previous, c_previous = state",
            "c_previous, h_previous = state",
        ),
        "the steps are taken from the last to the first": (
            "in range(len(x))",
            "in reversed(range(len(x)))",
        ),
    },
)

softmax = Exercise(
    solutions.softmax,
    notebook=3,
    outputs=("p",),
    inputs=logit_inputs,
    mistakes={
        "exp overflows: the largest logit is not subtracted": (
            "q - q.max(axis=-1, keepdims=True)",
            "q",
        ),
        "the sum goes over all steps and examples, not over the classes": (
            "q.max(axis=-1, keepdims=True))\n    return e / e.sum(axis=-1, keepdims=True)",
            "q.max())\n    return e / e.sum()",
        ),
        "each step's are summed over its examples": ("e.sum(axis=-1", "e.sum(axis=1"),
        "the sum to divide by is missing": (
            "return e / e.sum(axis=-1, keepdims=True)",
            "return e",
        ),
    },
)

masked_cross_entropy = Exercise(
    solutions.masked_cross_entropy,
    notebook=3,
    outputs=("loss",),
    inputs=label_inputs,
    mistakes={
        "the division by N is missing": (" / p.shape[1]", ""),
        "it is divided by the number of labels; N is the number of examples": (
            "p.shape[1]",
            "label_mask.sum()",
        ),
        "it is divided by T N": ("p.shape[1]", "label_mask.size"),
        "the label mask is not applied": ("label_mask[..., None] * labels", "labels"),
        "the sign is missing": ("return -", "return "),
    },
)

EXERCISES = [
    softsign,
    gate_with_peephole,
    lstm_step_forward,
    lstm_forward,
    softmax,
    masked_cross_entropy,
]
