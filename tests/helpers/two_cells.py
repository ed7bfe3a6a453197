"""The backward passes of notebook 10's cells, derived by hand: what a right answer looks like."""

import numpy as np


def sigmoid(z):
    return (1 + np.tanh(z / 2)) / 2


def coupled_forward(x, mask, h_start, c_start, W, R, p, b):
    """h and c, each (T, N, H), by the gates that `coupled_backward` needs as well."""
    tape = coupled_tape(x, mask, h_start, c_start, W, R, p, b)
    return np.stack([step["h"] for step in tape]), np.stack([step["c"] for step in tape])


def coupled_tape(x, mask, h, c, W, R, p, b):
    tape, H = [], len(R)
    for t in range(len(x)):
        z = x[t] @ W + h @ R + b
        a, f = np.tanh(z[:, :H]), sigmoid(z[:, H : 2 * H] + c * p[0])
        new = a + f * (c - a)
        o = sigmoid(z[:, 2 * H :] + new * p[1])
        step = {"h_before": h, "c_before": c, "a": a, "f": f, "o": o, "new": new}
        h = np.where(mask[t, :, None], o * np.tanh(new), 0)
        c = np.where(mask[t, :, None], new, 0)
        tape.append({**step, "h": h, "c": c})
    return tape


def coupled_backward(dy, x, mask, h_start, c_start, W, R, p, b, forgotten=""):
    """Its derivatives; `forgotten` names a term that is left out."""
    tape = coupled_tape(x, mask, h_start, c_start, W, R, p, b)
    dx, dW, dR, dp, db = (np.zeros_like(array) for array in (x, W, R, p, b))
    dh, dc = np.zeros_like(h_start), np.zeros_like(c_start)
    for t in reversed(range(len(x))):
        h_before, c_before, a, f, o, new, _, _ = tape[t].values()
        dh, dc = dh + dy[t], dc
        if forgotten != "mask":
            dh, dc = dh * mask[t, :, None], dc * mask[t, :, None]
        g = np.tanh(new)
        delta_o = dh * g * o * (1 - o)
        dc = dc + dh * o * (1 - g**2) + delta_o * p[1] * (forgotten != "peephole of o")
        coupling = c_before if forgotten == "coupling" else c_before - a
        delta_f = dc * coupling * f * (1 - f)
        delta_a = dc * (1 - f) * (1 - a**2)
        delta = np.hstack([delta_a, delta_f, delta_o])
        dx[t] = delta @ W.T
        dW += x[t].T @ delta
        dR += (np.zeros_like(h_before) if forgotten == "h_start" and t == 0 else h_before).T @ delta
        db += delta.sum(axis=0)
        dp[0] += (delta_f * c_before).sum(axis=0)
        dp[1] += (delta_o * (c_before if forgotten == "c_t in dp_o" else new)).sum(axis=0)
        dh = delta @ R.T
        dc = dc * f + delta_f * p[0] * (forgotten != "peephole of f")
    return dx, dh, dc, dW, dR, dp, db


def gru_forward(x, mask, h_start, W, R, b):
    return np.stack([step["h"] for step in gru_tape(x, mask, h_start, W, R, b)])


def gru_tape(x, mask, h, W, R, b):
    tape, H = [], len(R)
    for t in range(len(x)):
        z = x[t] @ W + b
        ur = sigmoid(z[:, : 2 * H] + h @ R[:, : 2 * H])
        u, r = ur[:, :H], ur[:, H:]
        n = np.tanh(z[:, 2 * H :] + (r * h) @ R[:, 2 * H :])
        step = {"h_before": h, "u": u, "r": r, "n": n}
        h = (n + u * (h - n)) * mask[t, :, None]
        tape.append({**step, "h": h})
    return tape


def gru_backward(dy, x, mask, h_start, W, R, b, forgotten=""):
    """Its derivatives; `forgotten` names a term that is left out."""
    tape, H = gru_tape(x, mask, h_start, W, R, b), len(R)
    dx, dW, dR, db = (np.zeros_like(array) for array in (x, W, R, b))
    dh = np.zeros_like(h_start)
    for t in reversed(range(len(x))):
        h, u, r, n, _ = tape[t].values()
        dh = dh + dy[t]
        if forgotten != "mask":
            dh = dh * mask[t, :, None]
        delta_u = dh * (h if forgotten == "n in du" else h - n) * u * (1 - u)
        delta_n = dh * (1 - u) * (1 - n**2)
        d_rh = delta_n @ R[:, 2 * H :].T
        delta_r = d_rh * h * r * (1 - r)
        delta = np.hstack([delta_u, delta_r, delta_n])
        dx[t] = delta @ W.T
        dW += x[t].T @ delta
        dR[:, : 2 * H] += h.T @ delta[:, : 2 * H]
        dR[:, 2 * H :] += (h if forgotten == "r in dR_n" else r * h).T @ delta_n
        db += delta.sum(axis=0)
        ways = {
            "the direct way": dh * u,
            "the way of u": delta_u @ R[:, :H].T,
            "the way of r": delta_r @ R[:, H : 2 * H].T,
            "the way of n": d_rh * r,
        }
        dh = sum(term for name, term in ways.items() if name != forgotten)
    return dx, dh, dW, dR, db
