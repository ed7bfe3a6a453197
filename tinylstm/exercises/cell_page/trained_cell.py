"""A small LSTM, trained in a second, and every number of one sequence on its way there and back.

The task: each step has a value and a mark. At the end, was the last marked value positive? One unit
is enough: it takes a marked value in, and keeps it.
"""

import numpy as np

from tinylstm import textbook
from tinylstm.data import SequenceDataset
from tinylstm.network import Network, PeepholeLSTM, SoftmaxOutput
from tinylstm.training import fit
from tinylstm.training.optimizers import Adam

N_STEPS, N_TRAIN, N_TEST, EPOCHS = 12, 600, 300, 15
SEED = 10  # of the weights, the data and their order

# The sequence that is looked at: the second mark takes the place of the first.
VALUES = (0.3, -0.5, 0.9, -0.2, 0.6, -0.7, 0.8, -0.4, 0.5, 0.2, -0.9, 0.7)
MARKS = (0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0)
SEQUENCE = np.column_stack([VALUES, MARKS])  # (T, 2)
LABEL = 0
BIASES = np.arange(-4, 8.5, 0.5)  # of the forget gate; the trained one comes between them


def draw_sequences(n, rng):
    """n random sequences of the task, (T, 2) each, with a label at the end: a SequenceDataset."""
    values = rng.uniform(-1, 1, (n, N_STEPS))
    marks = rng.random((n, N_STEPS)) < 0.15
    marks[:, 0] |= ~marks.any(axis=1)
    last = N_STEPS - 1 - np.argmax(marks[:, ::-1], axis=1)
    labels = values[np.arange(n), last] > 0
    features = np.stack([values, marks], axis=2)
    return SequenceDataset(list(features), [[int(label)] for label in labels], n_classes=2)


def train_cell():
    """The trained network, and how many of the test's sequences it gets right."""
    rng = np.random.default_rng(SEED)
    train, test = draw_sequences(N_TRAIN, rng), draw_sequences(N_TEST, rng)
    network = Network({"lstm": PeepholeLSTM(2, 1, rng=rng), "output": SoftmaxOutput(1, 2, rng=rng)})
    fit(network, train, Adam(0.03), epochs=EPOCHS, batch_size=30, seed=SEED, verbose=False)
    p = network.forward(np.stack(test.features, axis=1))[-1]  # (N, K)
    return network, int(np.sum(p.argmax(axis=1) == np.ravel(test.labels)))


def weights_of(network, forget_bias=None):
    """The textbook's names for a network's weights; the forget gate's bias may be another."""
    weights = {name: network.parameters[f"lstm.{name}"].copy() for name in "WRpb"}
    weights["V"], weights["v"] = network.parameters["output.W"], network.parameters["output.b"]
    if forget_bias is not None:
        weights["b"][1] = forget_bias  # a, f, o, i, of one unit
    return weights


def there_and_back(x, label, weights):
    """One sequence x (T, D) through a cell of one unit: every number by name, floats or lists (T,).

    d1 to d5 are the terms that the uses of c_t add to dc_t, eqs. (16) and (20).
    """
    p_f, p_o, p_i = weights["p"]
    h = c = np.zeros((1, 1))
    caches, steps = [], []
    for x_t in x[:, None]:
        z = x_t @ weights["W"] + h @ weights["R"] + weights["b"]  # eq. (1)
        named = {"x": x_t, "h_before": h, "c_before": c}
        named |= zip(("z_a", "z_f", "z_o", "z_i"), z[0], strict=True)
        h, c, cache = textbook.lstm_step(x_t, 1, h, c, weights)  # eqs. (2) to (7)
        a, f, i, c, o = cache[4:]
        g_c = textbook.softsign(c)
        named |= {"a": a, "f": f, "i": i, "c": c, "o": o, "h": h, "g_c": g_c}
        steps, caches = [*steps, named], [*caches, cache]
    y, label_mask = np.zeros((len(x), 1, 2)), np.zeros((len(x), 1))
    y[-1, 0, label], label_mask[-1] = 1, 1
    outputs = np.array([named["h"] for named in steps])
    log_p = textbook.output_forward(outputs, weights)
    dy, _ = textbook.output_backward(log_p, outputs, y, label_mask, weights)

    dh = d3 = d4 = d5 = np.zeros((1, 1))  # after the last step there is none
    for t in reversed(range(len(x))):
        a, f, i, c, o = caches[t][4:]
        c_before, g_c = caches[t][3], textbook.softsign(c)
        dh = dy[t] + dh  # eq. (14)
        dg_c, delta_o = textbook.d_softsign(g_c), dh * g_c * textbook.d_sigmoid(o)  # eq. (15)
        d1, d2 = dh * o * dg_c, delta_o * p_o
        dc = d1 + d2 + d3 + d4 + d5  # eq. (16)
        delta_f = dc * c_before * textbook.d_sigmoid(f)  # eq. (17)
        delta_i = dc * a * textbook.d_sigmoid(i)  # eq. (18)
        steps[t] |= {"dh": dh, "dg_c": dg_c, "delta_o": delta_o, "dc": dc, "delta_f": delta_f}
        steps[t] |= {"delta_i": delta_i, "d1": d1, "d2": d2, "d3": d3, "d4": d4, "d5": d5}
        dh, _, dx, _ = textbook.lstm_step_backward(dh, d3 + d4 + d5, caches[t], weights)
        steps[t] |= {"dx": dx}
        d3, d4, d5 = dc * f, delta_f * p_f, delta_i * p_i  # eq. (20)
    lists = {name: [np.ravel(s[name]).tolist() for s in steps] for name in steps[0]}
    pairs = ("x", "dx")
    numbers = {k: v if k in pairs else [one for (one,) in v] for k, v in lists.items()}
    loss = textbook.cross_entropy(log_p, y, label_mask)
    return {"loss": float(loss), "p": np.exp(log_p[-1, 0]).tolist(), **numbers}


def page_numbers():
    """All that the page shows, ready for JSON: the trained cell, and its numbers for every bias."""
    network, n_right = train_cell()
    trained = float(network.parameters["lstm.b"][1])
    biases = sorted([*BIASES.tolist(), trained])
    return {
        "weights": {name: value.tolist() for name, value in weights_of(network).items()},
        "right": n_right,
        "label": LABEL,
        "biases": biases,
        "trained": biases.index(trained),
        "runs": [there_and_back(SEQUENCE, LABEL, weights_of(network, b)) for b in biases],
    }
