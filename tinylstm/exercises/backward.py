"""The exercises of notebook 4: the backward pass."""

from .exercise import Exercise
from .forward import any_shape, label_inputs, sequence_inputs, sizes
from .solutions import backward as solutions
from .solutions.forward import lstm_forward, softsign

COLUMNS = ("a", "f", "o", "i")
DELTA = tuple(f"delta_{gate}" for gate in COLUMNS)
WEIGHTS = {name: (-1, tuple(f"{name}_{gate}" for gate in COLUMNS)) for name in ("dW", "dR", "db")}
PEEPHOLES = {"dp": (0, ("dp_f", "dp_o", "dp_i"))}


def output_inputs(rng):
    """What the output layer gets: h, dq, V."""
    T, N, _, H, K = sizes(rng)
    return {
        "h": rng.uniform(-1, 1, (T, N, H)),
        "dq": rng.standard_normal((T, N, K)),
        "V": rng.standard_normal((H, K)),
    }


def step_inputs(rng):
    """One step in the midst of a sequence, with what comes from later steps."""
    _, N, _, H, _ = sizes(rng)
    gates = rng.uniform(0.1, 0.9, (4, N, H))
    gates[0] = rng.uniform(-0.9, 0.9, (N, H))
    names = "dh", "dc_later", "c_previous", "c"
    arrays = dict(zip(names, rng.standard_normal((4, N, H)), strict=True))
    return {**arrays, "gates": gates, "p": rng.standard_normal((3, H))}


def sums_inputs(rng):
    """What the gradients of the weights are sums of."""
    T, N, D, H, _ = sizes(rng)
    return {
        "x": rng.standard_normal((T, N, D)),
        "h_start": rng.uniform(-1, 1, (N, H)),
        "h": rng.uniform(-1, 1, (T, N, H)),
        "delta": rng.standard_normal((T, N, 4 * H)),
    }


def peephole_inputs(rng):
    """What the gradient of the peepholes is a sum of."""
    T, N, _, H, _ = sizes(rng)
    delta, c_start = rng.standard_normal((T, N, 4 * H)), rng.standard_normal((N, H))
    return {"delta": delta, "c_start": c_start, "c": rng.standard_normal((T, N, H))}


def backward_inputs(rng):
    """A forward pass and the gradient that reaches its h, masked steps and all."""
    inputs = sequence_inputs(rng)
    x, mask, state, W, R, p, _ = inputs.values()
    h, c, gates = lstm_forward(*inputs.values())
    dy = rng.standard_normal(h.shape)
    forward = {"state": state, "h": h, "c": c, "gates": gates}
    return {"dy": dy, "x": x, "mask": mask, **forward, "W": W, "R": R, "p": p}


softsign_derivative = Exercise(
    solutions.softsign_derivative,
    notebook=4,
    outputs=("derivative",),
    inputs=lambda rng: {"y": softsign(2 * rng.standard_normal(any_shape(rng)))},
    mistakes={
        "the formula for z, 1 / (1 + abs(z))², is applied to the value y": (
            "(1 - np.abs(y)) ** 2",
            "1 / (1 + np.abs(y)) ** 2",
        ),
        "the square is missing": (" ** 2", ""),
        "abs is missing": ("np.abs(y)", "y"),
        "it is the derivative of tanh, 1 - y²": ("(1 - np.abs(y)) ** 2", "1 - y**2"),
        "it is the derivative of the sigmoid, y (1 - y)": (
            "(1 - np.abs(y)) ** 2",
            "y * (1 - y)",
        ),
    },
)

softmax_gradient = Exercise(
    solutions.softmax_gradient,
    notebook=4,
    outputs=("dq",),
    inputs=label_inputs,
    mistakes={
        "the division by N is missing": (" / p.shape[1]", ""),
        "it is divided by the number of labels; N is the number of examples": (
            "p.shape[1]",
            "label_mask.sum()",
        ),
        "the label mask is not applied": ("label_mask[..., None] * ", ""),
        "the sign: y - p in place of p - y": ("p - labels", "labels - p"),
    },
)

output_gradients = Exercise(
    solutions.output_gradients,
    notebook=4,
    outputs=("dV", "dv", "dy"),
    inputs=output_inputs,
    mistakes={
        "dV is the last step's alone; it is a sum over all steps": (
            'np.einsum("tnh,tnk->hk", h, dq)',
            "h[-1].T @ dq[-1]",
        ),
        "dV is transposed": ("->hk", "->kh"),
        "dv is summed over the steps, but not over the examples": ("axis=(0, 1)", "axis=0"),
        "dv is a mean and not a sum": ("dq.sum(", "dq.mean("),
    },
)

lstm_step_backward = Exercise(
    solutions.lstm_step_backward,
    notebook=4,
    outputs=("delta", "carried"),
    uses=(softsign_derivative,),
    inputs=step_inputs,
    blocks={"delta": (1, DELTA)},
    mistakes={
        "the peephole of the output gate is missing in dc_t, eq. (16)": (
            " + delta_o * p_o",
            "",
        ),
        "g′ is taken at c_t as if c_t were g(c_t), eq. (16)": (
            "softsign_derivative(g_c)",
            "softsign_derivative(c)",
        ),
        "g′(c_t) is missing, eq. (16)": (" * softsign_derivative(g_c)", ""),
        "what (20) carried from step t+1 is missing in dc_t, eq. (16)": (" + dc_later", ""),
        "the peepholes are missing in what is carried to step t-1, eq. (20)": (
            " + delta_f * p_f + delta_i * p_i",
            "",
        ),
        "the output gate's peephole is carried to step t-1 as well, eq. (20)": (
            "delta_i * p_i  #",
            "delta_i * p_i + delta_o * p_o  #",
        ),
        "delta_f has c_t where c_{t-1} belongs, eq. (17)": ("dc * c_previous", "dc * c"),
        "delta_o has c_t where g(c_t) belongs, eq. (15)": ("dh * g_c", "dh * c"),
        "s′ is missing in delta_o, eq. (15)": (" * o * (1 - o)", ""),
        "delta_a has g′ at the cell, where it belongs at a_t, eq. (19)": (
            "softsign_derivative(a)",
            "softsign_derivative(g_c)",
        ),
        "the blocks of delta stand in another order than a, f, o, i": (
            "[delta_a, delta_f, delta_o, delta_i]",
            "[delta_i, delta_f, delta_a, delta_o]",
        ),
    },
)

weight_gradients = Exercise(
    solutions.weight_gradients,
    notebook=4,
    outputs=("dW", "dR", "db"),
    inputs=sums_inputs,
    blocks=WEIGHTS,
    mistakes={
        "dR has h_t where h_{t-1} belongs, eq. (23)": ('hz", h_previous', 'hz", h'),
        "dR has the last h before step 0, where h_{-1} belongs, eq. (23)": (
            "np.concatenate([h_start[None], h[:-1]])",
            "np.roll(h, 1, axis=0)",
        ),
        "dR has zero before step 0, where h_{-1} belongs, eq. (23)": (
            "h_start[None]",
            "np.zeros_like(h[:1])",
        ),
        "db is a mean and not a sum, eq. (22)": ("delta.sum(", "delta.mean("),
        "dW is transposed": ("->dz", "->zd"),
    },
)

peephole_gradient = Exercise(
    solutions.peephole_gradient,
    notebook=4,
    outputs=("dp",),
    inputs=peephole_inputs,
    blocks=PEEPHOLES,
    mistakes={
        "dp_o has c_{t-1}; the output gate sees c_t": ("delta_o * c,", "delta_o * c_previous,"),
        "dp_f and dp_i have c_t; those gates see c_{t-1}": (
            "np.concatenate([c_start[None], c[:-1]])",
            "c",
        ),
        "the last c stands before step 0, where c_{-1} belongs": (
            "np.concatenate([c_start[None], c[:-1]])",
            "np.roll(c, 1, axis=0)",
        ),
        "zero stands before step 0, where c_{-1} belongs": (
            "c_start[None]",
            "np.zeros_like(c[:1])",
        ),
        "the blocks of delta are taken as i, f, a, o; they are a, f, o, i": (
            "_, delta_f, delta_o, delta_i =",
            "delta_i, delta_f, _, delta_o =",
        ),
        "the rows stand as i, f, o; they are f, o, i": (
            "[delta_f * c_previous, delta_o * c, delta_i * c_previous]",
            "[delta_i * c_previous, delta_f * c_previous, delta_o * c]",
        ),
        "it is a mean and not a sum": ("np.sum(", "np.mean("),
    },
)

lstm_backward = Exercise(
    solutions.lstm_backward,
    notebook=4,
    outputs=("dx", "dW", "dR", "dp", "db"),
    uses=(lstm_step_backward, weight_gradients, peephole_gradient),
    inputs=backward_inputs,
    blocks=WEIGHTS | PEEPHOLES,
    mistakes={
        "the mask is not applied, eq. (21)": (
            "dh = mask[t, :, None] * dh  # eq. (21)\n"
            "        dc_later = mask[t, :, None] * dc_later  # eq. (21)",
            "pass",
        ),
        "the mask is not applied to dh, eq. (21)": ("dh = mask[t, :, None] * dh", "pass"),
        "the mask is not applied to dc, eq. (21)": (
            "dc_later = mask[t, :, None] * dc_later",
            "pass",
        ),
        "delta_{t+1} does not reach dh_t, eq. (14)": ("dy[t] + dh_later", "dy[t]"),
        "dy_t does not reach dh_t, but for the last step, eq. (14)": (
            "dy[t] + dh_later",
            "dy[t] * (t == T - 1) + dh_later",
        ),
        "nothing is carried from cell to cell, eq. (20)": (
            "delta[t] @ R.T, carried",
            "delta[t] @ R.T, dc_later",
        ),
        "at step 0, c[t - 1] is c[-1]: the last step of the sequence, where c_{-1} belongs": (
            "c[t - 1] if t > 0 else c_start",
            "c[t - 1]",
        ),
        "the steps are taken from the first to the last": (
            "in reversed(range(T))",
            "in range(T)",
        ),
    },
)

EXERCISES = [
    softsign_derivative,
    softmax_gradient,
    output_gradients,
    lstm_step_backward,
    weight_gradients,
    peephole_gradient,
    lstm_backward,
]
