"""Right answers to the exercises, written otherwise than the solutions."""

import math

import numpy as np


def unit_forward(x, w, r, b):
    h = [0]
    for t in range(len(x)):
        h += [math.tanh(w * x[t] + r * h[-1] + b)]
    return h[1:]


def unit_backward(dy, x, h, w, r):
    """By the matrix of all derivatives of one step by the one before, which is triangular."""
    slope = 1 - np.square(h)
    dh = np.linalg.solve(np.eye(len(h)) - np.diag(slope[1:] * r, 1), dy)
    delta = slope * dh
    return dh, w * delta, np.dot(delta, x), np.dot(delta[1:], h[:-1]), delta.sum()


def rnn_forward(x, W, R, b):
    h = np.zeros((len(x) + 1, x.shape[1], len(b)))
    for t in range(len(x)):
        h[t + 1] = np.tanh(np.hstack([x[t], h[t]]) @ np.vstack([W, R]) + b)
    return h[1:]


def rnn_backward(dy, x, h, W, R):
    dh, delta = np.zeros((2, *dy.shape))
    for t in range(len(x) - 1, -1, -1):
        later = delta[t + 1] @ R.T if t + 1 < len(x) else 0
        dh[t] = dy[t] + later
        delta[t] = dh[t] * (1 + h[t]) * (1 - h[t])
    dR = np.einsum("tnh,tnk->hk", h[:-1], delta[1:])
    dW = np.tensordot(x, delta, axes=([0, 1], [0, 1]))
    return dh, np.inner(delta, W), dW, dR, delta.sum(axis=0).sum(axis=0)


def mask_from_lengths(lengths):
    return [[int(t < length) for length in lengths] for t in range(max(lengths))]


def one_hot(classes, n_classes):
    return classes[:, None] == np.arange(n_classes)


def align_end(lengths, n_labels):
    mask = np.zeros((max(lengths), len(lengths)), int)
    for n, (length, k) in enumerate(zip(lengths, n_labels, strict=True)):
        mask[length - k : length, n] = 1
    return mask


def post_to_pre_padding(x, mask):
    order = np.argsort(mask, axis=0, kind="stable")
    return np.take_along_axis(x, order[..., None], axis=0), np.take_along_axis(mask, order, axis=0)


def softsign(z):
    return np.where(z > 0, z / (1 + z), z / (1 - z))


def gate_with_peephole(z, c, p):
    return (1 + np.tanh((z + p[None] * c) / 2)) / 2


def lstm_step_forward(x, h, c, W, R, p, b):
    H = len(R)
    z = np.hstack([x, h, np.ones((len(x), 1))]) @ np.vstack([W, R, b])
    a = softsign(z[:, :H])
    f = gate_with_peephole(z[:, H : 2 * H], c, p[0])
    i = gate_with_peephole(z[:, 3 * H :], c, p[2])
    c = c * f + a * i
    o = gate_with_peephole(z[:, 2 * H : 3 * H], c, p[1])
    return [o * softsign(c), c, [a, f, o, i]]


def lstm_forward(x, mask, state, W, R, p, b):
    h, c = list(state)
    hs, cs, gates = [], [], []
    for x_t, m in zip(x, mask, strict=True):
        h, c, gate = lstm_step_forward(x_t, h, c, W, R, p, b)
        h, c = np.where(m[:, None], h, 0), np.where(m[:, None], c, 0)
        hs.append(h), cs.append(c), gates.append(gate)
    return hs, cs, np.swapaxes(gates, 0, 1)


def softmax(q):
    largest = np.moveaxis(q, -1, 0).max(axis=0)[..., None]
    log_p = q - largest - np.log(np.exp(q - largest).sum(axis=-1, keepdims=True))
    return np.exp(log_p)


def masked_cross_entropy(p, labels, label_mask):
    loss = 0.0
    for t, n in np.argwhere(label_mask):
        loss -= math.log(p[t, n, np.argmax(labels[t, n])])
    return loss / len(p[0])


def softsign_derivative(y):
    return 1 - 2 * np.abs(y) + y * y


def softmax_gradient(p, labels, label_mask):
    dq = np.zeros_like(p)
    dq[label_mask] = p[label_mask] - labels[label_mask]
    return dq / np.size(label_mask, 1)


def output_gradients(h, dq, V):
    rows, dq_rows = h.reshape(-1, h.shape[-1]), dq.reshape(-1, dq.shape[-1])
    return rows.T @ dq_rows, np.ones(len(rows)) @ dq_rows, np.tensordot(dq, V, axes=(2, 1))


def lstm_step_backward(dh, dc_later, c_previous, c, gates, p):
    a, f, o, i = gates
    g = c / (1 + np.abs(c))
    k_o = g * (o - o**2)
    dc = dc_later + dh * (o / (1 + np.abs(c)) ** 2 + k_o * p[1])  # eq. (27)
    delta_f, delta_i = dc * c_previous * (f - f**2), dc * a * (i - i**2)
    delta = [dc * i * (1 - np.abs(a)) ** 2, delta_f, dh * k_o, delta_i]
    return np.hstack(delta), dc * f + p[0] * delta_f + p[2] * delta_i


def weight_gradients(x, h_start, h, delta):
    dW, dR = 0, h_start.T @ delta[0]
    for t in range(len(x)):
        dW = dW + x[t].T @ delta[t]
        if t > 0:
            dR += h[t - 1].T @ delta[t]
    return dW, dR, np.add.reduce(delta, axis=(0, 1))


def peephole_gradient(delta, c_start, c):
    H = c.shape[2]
    before = np.roll(c, 1, axis=0)
    before[0] = c_start
    f, o, i = (delta[..., k * H : (k + 1) * H] for k in (1, 2, 3))
    return [np.einsum("tnh,tnh->h", *pair) for pair in ((f, before), (o, c), (i, before))]


def lstm_backward(dy, x, mask, state, h, c, gates, W, R, p):
    """From the masked dh alone: what is carried is masked where it is used, not where it comes."""
    zero = np.zeros_like(c[0])
    deltas, dh_later, dc_later = [], zero, zero
    for t in range(len(x))[::-1]:
        m = mask[t].astype(float)[:, None]
        before = state[1] if t == 0 else c[t - 1]
        delta, carried = lstm_step_backward(
            m * (dy[t] + dh_later), m * dc_later, before, c[t], gates[:, t], p
        )
        dh_later, dc_later = delta @ R.T, carried
        deltas.insert(0, delta)
    delta = np.array(deltas)
    dW, dR, db = weight_gradients(x, state[0], h, delta)
    return [delta @ W.T, dW, dR, peephole_gradient(delta, state[1], c), db]


def central_difference(f, x, step):
    """In place, one entry after the other, each put back by what was added."""
    gradient = np.empty(x.size)
    flat = x.reshape(-1)
    for k in range(x.size):
        flat[k] += step
        above = f(x)
        flat[k] -= 2 * step
        gradient[k] = (above - f(x)) / (2 * step)
        flat[k] += step
    return gradient.reshape(x.shape)


def complex_step(f, x, step):
    z = x + 0j
    gradient = np.zeros_like(z)
    for k in np.ndindex(*x.shape):
        z[k] = complex(x[k], step)
        gradient[k] = f(z).imag / step
        z[k] = x[k]
    return gradient


def relative_error(analytic, numeric):
    error = np.zeros(analytic.shape)
    for k in np.ndindex(analytic.shape):
        size = max(abs(analytic[k]), abs(numeric[k]))
        if size > 0:
            error[k] = abs(analytic[k] - numeric[k]) / size
    return error


def gradient_norm_by_lag(dh):
    return [np.linalg.norm(step) for step in reversed(dh)]


def constant_error_carousel(f):
    after = np.concatenate([f[1:], np.ones_like(f[:1])])
    return np.cumprod(after[::-1], axis=0)[::-1]


def free_run(step, state, y, n_steps):
    if n_steps == 0:
        return []
    y, state = step(y, state)
    return [float(y), *free_run(step, state, y, n_steps - 1)]


def wilson_interval(k, n, z):
    q, w = k / n, z * z / n
    half = z / (1 + w) * math.sqrt(q * (1 - q) / n + w / n / 4)
    return np.array([-half, half]) + (q + w / 2) / (1 + w)


def sgd_step(parameters, gradients, learning_rate):
    new = {}
    for name in sorted(gradients):
        new[name] = np.copy(parameters[name])
        new[name] -= learning_rate * gradients[name]
    return new


def roc_points(labels, scores):
    order = np.argsort(-scores, kind="stable")
    last = np.append(np.diff(scores[order]) != 0, True)
    tp, fp = np.cumsum(labels[order])[last], np.cumsum(1 - labels[order])[last]
    return np.array([[0, *(fp / fp[-1])], [0, *(tp / tp[-1])]])


def trapezoid(x, y):
    return sum((x[k + 1] - x[k]) * (y[k] + y[k + 1]) for k in range(len(x) - 1)) * 0.5


def auc_by_pairs(labels, scores):
    pairs = [(p, q) for p in scores[labels == 1] for q in scores[labels == 0]]
    return sum(1.0 if p > q else 0.5 if p == q else 0.0 for p, q in pairs) / len(pairs)


def bits_per_character(p, numbers):
    return sum(-math.log(row[k]) / math.log(2) for row, k in zip(p, numbers, strict=True)) / len(p)


def with_temperature(p, temperature):
    logits = np.log(p) / temperature
    q = np.exp(logits - logits.max())
    return q / q.sum()


def standardize_real_steps(x, mask):
    m = mask[..., None].astype(float)
    mean = (x * m).sum(axis=(0, 1)) / m.sum()
    std = np.sqrt((((x - mean) * m) ** 2).sum(axis=(0, 1)) / m.sum())
    return (x - mean) / std * m, mean, std


def event1(died, predicted):
    return (died & predicted).sum() / max(died.sum(), predicted.sum())


def percentile_interval(replicates, level):
    low = 50 * (1 - level)
    return np.percentile(replicates, [low, 100 - low])
