"""The equations of EQUATIONS.md as loops over examples and steps: the oracle, slow and plain.

One example, one step, one equation at a time; nothing is packed, rearranged or in place. Written
apart from the package and sharing no code with it.
"""

import numpy as np


def softsign(z):
    return z / (1 + np.abs(z))


FUNCTIONS = {
    "softsign": (softsign, lambda z: 1 / (1 + np.abs(z)) ** 2),
    "tanh": (np.tanh, lambda z: 1 - np.tanh(z) ** 2),
    "sigmoid": (
        lambda z: 1 / (1 + np.exp(-z)),
        lambda z: np.exp(-z) / (1 + np.exp(-z)) ** 2,
    ),
    "relu": (lambda z: np.maximum(z, 0), lambda z: (z > 0) * 1.0),
    "identity": (lambda z: z, lambda z: np.ones_like(z)),
}


def lstm_forward(x, mask, parameters, activation="softsign", gate="sigmoid", state=None):
    """Lists over steps of lists over examples: h, and what backward needs."""
    W, R, b = (parameters[name] for name in "WRb")
    n_steps, n_examples = mask.shape
    H = R.shape[0]
    p_f, p_o, p_i = parameters.get("p", np.zeros((3, H)))
    g, s = FUNCTIONS[activation][0], FUNCTIONS[gate][0]
    h = np.zeros((n_steps, n_examples, H))
    kept = [[None] * n_examples for _ in range(n_steps)]
    for n in range(n_examples):
        h_before = np.zeros(H) if state is None else state[0][n]
        c_before = np.zeros(H) if state is None else state[1][n]
        for t in range(n_steps):
            if not mask[t, n]:
                h_before, c_before = np.zeros(H), np.zeros(H)
                continue
            z = x[t, n] @ W + h_before @ R + b
            z_a, z_f, z_o, z_i = z[:H], z[H : 2 * H], z[2 * H : 3 * H], z[3 * H :]
            a = g(z_a)
            z_f = z_f + c_before * p_f
            z_i = z_i + c_before * p_i
            f, i = s(z_f), s(z_i)
            c = f * c_before + i * a
            z_o = z_o + c * p_o
            o = s(z_o)
            h[t, n] = o * g(c)
            kept[t][n] = (h_before, c_before, z_a, z_f, z_o, z_i, a, f, o, i, c)
            h_before, c_before = h[t, n], c
    return h, kept


def lstm_backward(dy, x, mask, parameters, kept, activation="softsign", gate="sigmoid"):
    """dx and the gradients of W, R, p, b."""
    W, R = parameters["W"], parameters["R"]
    n_steps, n_examples = mask.shape
    H = R.shape[0]
    p_f, p_o, p_i = parameters.get("p", np.zeros((3, H)))
    g, dg = FUNCTIONS[activation]
    ds = FUNCTIONS[gate][1]
    dx = np.zeros((n_steps, n_examples, W.shape[0]))
    dW, dR, dp, db = np.zeros_like(W), np.zeros_like(R), np.zeros((3, H)), np.zeros(4 * H)
    for n in range(n_examples):
        dh_later, dc_later = np.zeros(H), np.zeros(H)
        for t in reversed(range(n_steps)):
            if not mask[t, n]:
                dh_later, dc_later = np.zeros(H), np.zeros(H)
                continue
            h_before, c_before, z_a, z_f, z_o, z_i, a, f, o, i, c = kept[t][n]
            dh = dy[t, n] + dh_later
            delta_o = dh * g(c) * ds(z_o)
            dc = dh * o * dg(c) + delta_o * p_o + dc_later
            delta_f = dc * c_before * ds(z_f)
            delta_i = dc * a * ds(z_i)
            delta_a = dc * i * dg(z_a)
            delta = np.concatenate([delta_a, delta_f, delta_o, delta_i])
            dW += np.outer(x[t, n], delta)
            dR += np.outer(h_before, delta)
            db += delta
            dp += np.stack([delta_f * c_before, delta_o * c, delta_i * c_before])
            dx[t, n] = W @ delta
            dh_later = R @ delta
            dc_later = dc * f + delta_f * p_f + delta_i * p_i
    return dx, {"W": dW, "R": dR, "p": dp, "b": db}


def softmax_loss(h, labels, label_mask, V, v):
    """Probabilities at every step, the loss, dL/dh, dV, dv."""
    n_steps, n_examples = label_mask.shape
    p = np.zeros(labels.shape)
    dh, dV, dv = np.zeros_like(h), np.zeros_like(V), np.zeros_like(v)
    loss = 0.0
    for t in range(n_steps):
        for n in range(n_examples):
            q = h[t, n] @ V + v
            e = np.exp(q - q.max())
            p[t, n] = e / e.sum()
            if label_mask[t, n]:
                loss -= np.sum(labels[t, n] * np.log(p[t, n])) / n_examples
                dq = (p[t, n] - labels[t, n]) / n_examples
                dh[t, n] = V @ dq
                dV += np.outer(h[t, n], dq)
                dv += dq
    return p, loss, dh, dV, dv
