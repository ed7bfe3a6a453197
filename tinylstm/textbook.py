"""The whole example on one page: will this patient die in hospital? NumPy alone, no part hidden.

    python -m tinylstm.textbook data_samples/icu

reads a folder of patients, trains a peephole LSTM on the first four fifths of them, and prints the
loss of every epoch and the area under the ROC curve (AUC) on the rest. Read it from top to bottom:
data, network, loss, training, evaluation. Every function of the network is followed by its backward
pass, which takes the derivative of the loss by what the function gave, and returns the derivative
by what it took: ``dh`` is always dL/dh, with the shape of ``h``.

A patient is a sequence of steps: a row of D numbers whenever something was measured. An LSTM reads
it step by step and carries a state of two rows of H numbers: the cell state c, its memory, and the
output h, what it shows of it. Patients of a batch stand side by side, so that every line works on
all N at once. T is the number of steps, K = 2 the number of classes. The equation numbers are those
of network/EQUATIONS.md, which derives every line; the rest of the package is this page, checked,
fast and robust.
"""

import argparse
import copy
from pathlib import Path

import numpy as np

# ---------------------------------------------------------------- data: files, alignment, masks


def read_patients(folder):
    """Numbered CSV files -> a list of sequences (T_n, D), and the labels: 1 died, 0 survived."""
    n_patients = len(list(Path(folder, "sequence").glob("*.csv")))
    if n_patients == 0:
        raise FileNotFoundError(f"{folder}: no sequence/0.csv, sequence/1.csv, ... in it")

    def read(kind, n, header_lines):
        path = Path(folder, kind, f"{n}.csv")
        try:
            return np.loadtxt(path, delimiter=",", skiprows=header_lines, ndmin=2)
        except ValueError as error:
            raise ValueError(f"{path}: {error}") from None

    sequences = [read("sequence", n, header_lines=1) for n in range(n_patients)]
    labels = [read("mortality", n, header_lines=0).ravel().tolist() for n in range(n_patients)]
    for n, (sequence, label) in enumerate(zip(sequences, labels, strict=True)):
        if len(sequence) == 0 or sequence.shape[1] != sequences[0].shape[1]:
            raise ValueError(f"{folder}/sequence/{n}.csv: {sequence.shape} rows and columns")
        if label not in ([0], [1]):
            raise ValueError(f"{folder}/mortality/{n}.csv: {label}, expected one label, 0 or 1")
    return sequences, [int(label[0]) for label in labels]


def align_end(sequences, labels):
    """Pad to one length: x (T, N, D), its mask (T, N), labels y (T, N, K), their mask (T, N).

    Each patient's only label stands at the patient's own last step (ALIGN_END), not at step T-1.
    """
    lengths = np.array([len(sequence) for sequence in sequences])
    n_steps = lengths.max()
    x = np.stack([np.pad(s, [(0, n_steps - len(s)), (0, 0)]) for s in sequences], axis=1)
    step = np.arange(n_steps)[:, None]
    mask = step < lengths  # (T, N): the steps that are no padding
    label_mask = step == lengths - 1  # (T, N): the one step that has a label
    y = label_mask[..., None] * np.eye(2)[labels]  # (T, N, K): one-hot there, zero elsewhere
    return x, mask, y, label_mask


# ---------------------------------------------------------------- network: one step of the LSTM


def sigmoid(z):
    """A gate: from 0, shut, to 1, open."""
    return 1 / (1 + np.exp(-z))  # eq. (A3)


def d_sigmoid(y):
    """The derivative of the sigmoid, from its value y."""
    return y * (1 - y)  # eq. (A3)


def magnitude(z):
    """|z|, written so that complex numbers pass: the best of gradient checks puts them in."""
    return np.where(np.real(z) < 0, -z, z)


def softsign(z):
    """From -1 to 1, like tanh but slower to saturate."""
    return z / (1 + magnitude(z))  # eq. (A1)


def d_softsign(y):
    """The derivative of softsign, from its value y."""
    return (1 - magnitude(y)) ** 2  # eq. (A1)


def lstm_step(x, m, h, c, weights):
    """Step t: x (N, D), mask m (N, 1), h and c (N, H) of step t-1 -> h, c of step t, and a cache.

    The weights are W (D, 4H), R (H, 4H), p (3, H) and b (4H,). The cache holds what the backward
    pass needs, so that it need not be computed again.
    """
    W, R, b = weights["W"], weights["R"], weights["b"]
    p_f, p_o, p_i = weights["p"]  # the peepholes: how the gates see the cell state
    z_a, z_f, z_o, z_i = np.split(x @ W + h @ R + b, 4, axis=1)  # eq. (1)
    a = softsign(z_a)  # eq. (2), the block input: what there is to remember
    f = sigmoid(z_f + c * p_f)  # eq. (3), the forget gate: how much of the old memory stays
    i = sigmoid(z_i + c * p_i)  # eq. (4), the input gate: how much of the new comes in
    c_new = f * c + i * a  # eq. (5), the cell state: old memory and new
    o = sigmoid(z_o + c_new * p_o)  # eq. (6), the output gate: how much of it is shown
    h_new = o * softsign(c_new)  # eq. (7), the output
    return m * h_new, m * c_new, (x, m, h, c, a, f, i, c_new, o)  # eq. (8), padding: zeros


def lstm_step_backward(dh, dc, cache, weights):
    """Back through step t: dh, dc (N, H) -> those of step t-1, dx (N, D), gradients by weight."""
    x, m, h, c, a, f, i, c_new, o = cache
    p_f, p_o, p_i = weights["p"]
    dh, dc_later = m * dh, m * dc  # eq. (21), padding: nothing comes through
    delta_o = dh * softsign(c_new) * d_sigmoid(o)  # eq. (15)
    dc_new = dh * o * d_softsign(softsign(c_new)) + delta_o * p_o + dc_later  # eq. (16)
    delta_f = dc_new * c * d_sigmoid(f)  # eq. (17)
    delta_i = dc_new * a * d_sigmoid(i)  # eq. (18)
    delta_a = dc_new * i * d_softsign(a)  # eq. (19)
    dc = dc_new * f + delta_f * p_f + delta_i * p_i  # eq. (20)
    delta = np.concatenate([delta_a, delta_f, delta_o, delta_i], axis=1)  # dL/dz, (N, 4H)
    gradients = {
        "W": x.T @ delta,  # eq. (22)
        "R": h.T @ delta,  # eq. (23)
        "p": np.stack([delta_f * c, delta_o * c_new, delta_i * c]).sum(axis=1),  # eq. (24)
        "b": delta.sum(axis=0),  # eq. (22)
    }
    return delta @ weights["R"].T, dc, delta @ weights["W"].T, gradients  # eqs. (14) and (25)


# ---------------------------------------------------------------- network: all steps


def lstm_forward(x, mask, weights):
    """All steps in turn, from a state of zeros: x (T, N, D), mask (T, N) -> h (T, N, H), caches."""
    h = c = np.zeros((x.shape[1], len(weights["R"])), x.dtype)
    outputs, caches = [], []
    for x_t, m_t in zip(np.where(mask[..., None], x, 0), mask[..., None], strict=True):
        h, c, cache = lstm_step(x_t, m_t, h, c, weights)
        outputs, caches = [*outputs, h], [*caches, cache]
    return np.stack(outputs), caches


def lstm_backward(dy, caches, weights):
    """Backpropagation through time, from the last step to the first: dy (T, N, H) -> dx, gradients.

    h_t has two uses, the layer above and step t+1: their derivatives are added. A weight has one
    use at every step: its gradient is the sum.
    """
    dh = dc = np.zeros(dy.shape[1:], dy.dtype)
    gradients, dx = dict.fromkeys(("W", "R", "p", "b"), 0), []
    for dy_t, cache in zip(reversed(dy), reversed(caches), strict=True):
        dh, dc, dx_t, of_step = lstm_step_backward(dy_t + dh, dc, cache, weights)  # eq. (14)
        gradients = {name: gradients[name] + of_step[name] for name in of_step}
        dx = [dx_t, *dx]
    return np.stack(dx), gradients


# ---------------------------------------------------------------- network: probabilities and loss


def output_forward(h, weights):
    """Softmax at every step: h (T, N, H) -> logarithms of the classes' probabilities (T, N, K)."""
    q = h @ weights["V"] + weights["v"]  # eq. (9), the logits
    q = q - q.max(axis=2, keepdims=True)  # changes no probability, and no exp overflows
    return q - np.log(np.exp(q).sum(axis=2, keepdims=True))  # eq. (10)


def cross_entropy(log_p, y, label_mask):
    """The loss of a batch: how unlikely the network found what happened. Labelled steps count."""
    return -(label_mask[..., None] * y * log_p).sum() / y.shape[1]  # eq. (11)


def output_backward(log_p, h, y, label_mask, weights):
    """Back through loss and softmax in one: dL/dh (T, N, H), and the gradients of V and v."""
    dq = label_mask[..., None] * (np.exp(log_p) - y) / y.shape[1]  # eq. (12)
    gradients = {"V": np.einsum("tnh,tnk->hk", h, dq), "v": dq.sum(axis=(0, 1))}  # eq. (13)
    return dq @ weights["V"].T, gradients  # eq. (13)


def loss_and_gradients(batch, weights):
    """Forward through everything and back: the loss, and its derivative by every weight."""
    x, mask, y, label_mask = batch
    h, caches = lstm_forward(x, mask, weights)
    log_p = output_forward(h, weights)
    dh, output_gradients = output_backward(log_p, h, y, label_mask, weights)
    _, lstm_gradients = lstm_backward(dh, caches, weights)
    return cross_entropy(log_p, y, label_mask), {**lstm_gradients, **output_gradients}


# ---------------------------------------------------------------- training


def initial_weights(n_features, n_units, rng):
    """Small random numbers; biases of zero, but for the forget gate: 1, so that it starts open."""
    shapes = {"W": (n_features, 4 * n_units), "R": (n_units, 4 * n_units), "p": (3, n_units)}
    weights = {name: 0.05 * rng.standard_normal(shape) for name, shape in shapes.items()}
    b = np.repeat([0.0, 1.0, 0.0, 0.0], n_units)  # in the order a, f, o, i
    return {**weights, "b": b, "V": 0.05 * rng.standard_normal((n_units, 2)), "v": np.zeros(2)}


def train(sequences, labels, weights, n_epochs, seed):
    """Stochastic gradient descent: batches of 32 in random order, a small step against each."""
    rng = np.random.default_rng(seed)
    for epoch in range(1, n_epochs + 1):
        order, losses = rng.permutation(len(sequences)), []
        for chosen in [order[k : k + 32] for k in range(0, len(order), 32)]:
            batch = align_end([sequences[n] for n in chosen], [labels[n] for n in chosen])
            loss, gradients = loss_and_gradients(batch, weights)
            weights = {k: weights[k] - 0.05 * gradients[k] for k in weights}  # eq. (30)
            losses = [*losses, loss * len(chosen)]
        print(f"epoch {epoch}: loss {sum(losses) / len(order):.4f}")
    return weights


# ---------------------------------------------------------------- evaluation


def risks(sequences, weights):
    """The probability of death after each patient's last step (N,)."""
    x, mask, _, last = align_end(sequences, [0] * len(sequences))
    p = np.exp(output_forward(lstm_forward(x, mask, weights)[0], weights))
    return p[:, :, 1].T[last.T]  # patient by patient


def area_under_roc(labels, scores):
    """How well scores order patients: 0.5 at random, 1 if who died has the higher score, always.

    The curve is drawn by a threshold that falls: the share of the dead that are above it against
    the share of the survivors. Equal scores make one step. The area is a sum of trapezoids.
    """
    labels, scores = np.array(labels), np.array(scores)
    above = scores >= np.r_[np.inf, np.unique(scores)[::-1]][:, None]  # (thresholds, N)
    died, survived = above[:, labels == 1].mean(axis=1), above[:, labels == 0].mean(axis=1)
    return np.sum(np.diff(survived) * (died[1:] + died[:-1]) / 2)


# ---------------------------------------------------------------- in use


class TextbookLSTM:
    """`lstm_forward` and `lstm_backward` as a layer of a `tinylstm.Network`."""

    def __init__(self, n_in, n_units, rng):
        self.n_in, self.n_units = n_in, n_units
        self.parameters = {k: initial_weights(n_in, n_units, rng)[k] for k in ("W", "R", "p", "b")}

    def forward(self, x, mask=None):
        """x (T, N, D), mask (T, N) or None -> h (T, N, H), and the tape for `backward`."""
        mask = np.ones(x.shape[:2], bool) if mask is None else mask
        return lstm_forward(x, mask, self.parameters)

    def backward(self, dy, tape, want_dx=True):
        """dL/dh (T, N, H) -> dx (T, N, D), and a gradient for every parameter."""
        return lstm_backward(dy, tape, self.parameters)

    def with_parameters(self, parameters):
        """The same layer with other weights."""
        other = copy.copy(self)
        other.parameters = dict(parameters)
        return other


def main(arguments=None):
    """The command line."""
    what = "Train a peephole LSTM on a folder of patients, and test it on those left out."
    parser = argparse.ArgumentParser("python -m tinylstm.textbook", description=what)
    parser.add_argument(
        "folder", metavar="DIR", help="with sequence/0.csv and mortality/0.csv, ..."
    )
    parser.add_argument("--units", type=int, default=32, help="H (default 32)")
    parser.add_argument(
        "--epochs", type=int, default=15, help="times through the data (default 15)"
    )
    parser.add_argument("--seed", type=int, default=0, help="of weights and order (default 0)")
    settings = parser.parse_args(arguments)
    try:
        sequences, labels = read_patients(settings.folder)
    except (OSError, ValueError) as error:
        parser.error(str(error))
    n = len(sequences) * 4 // 5
    rng = np.random.default_rng(settings.seed)
    weights = initial_weights(sequences[0].shape[1], settings.units, rng)
    weights = train(sequences[:n], labels[:n], weights, settings.epochs, settings.seed)
    auc = area_under_roc(labels[n:], risks(sequences[n:], weights))
    print(f"test AUC {auc:.4f} on the {len(labels) - n} patients that it has never seen")


if __name__ == "__main__":
    main()
