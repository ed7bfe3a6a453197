"""Solutions of notebook 4: the backward pass, eqs. (12) to (25)."""

import numpy as np

from .forward import softsign


def softsign_derivative(y):
    """The derivative of softsign from its value y = g(z): eq. (A1).

    Parameters
    ----------
    y : ndarray, any shape
        Values of softsign, between -1 and 1.

    Returns
    -------
    derivative : ndarray of the shape of `y`
    """
    return (1 - np.abs(y)) ** 2


def softmax_gradient(p, labels, label_mask):
    """The loss's derivative by the logits: eq. (12).

    Parameters
    ----------
    p, labels : ndarray (T, N, K)
        Probabilities, and one-hot labels; labels have no meaning where there is none.
    label_mask : ndarray (T, N) bool
        m'_t: True where there is a label.

    Returns
    -------
    dq : ndarray (T, N, K)
    """
    return label_mask[..., None] * (p - labels) / p.shape[1]


def output_gradients(h, dq, V):
    """What the output layer makes of dq: eq. (13).

    Parameters
    ----------
    h : ndarray (T, N, H)
    dq : ndarray (T, N, K)
    V : ndarray (H, K)

    Returns
    -------
    dV : ndarray (H, K)
    dv : ndarray (K,)
    dy : ndarray (T, N, H)
    """
    dV = np.einsum("tnh,tnk->hk", h, dq)
    dv = dq.sum(axis=(0, 1))
    dy = dq @ V.T
    return dV, dv, dy


def lstm_step_backward(dh, dc_later, c_previous, c, gates, p):
    """One step of the peephole LSTM, backward: eqs. (15) to (20), g softsign and s the sigmoid.

    Parameters
    ----------
    dh : ndarray (N, H)
        dh_t, complete: eq. (14) is done.
    dc_later : ndarray (N, H)
        What (20) carried here from step t+1.
    c_previous, c : ndarray (N, H)
        c_{t-1} and c_t.
    gates : ndarray (4, N, H)
        a, f, o, i of step t.
    p : ndarray (3, H)
        p_f, p_o, p_i.

    Returns
    -------
    delta : ndarray (N, 4H)
        Four blocks of columns: delta_a, delta_f, delta_o, delta_i.
    carried : ndarray (N, H)
        What (20) carries to step t-1.
    """
    (a, f, o, i), (p_f, p_o, p_i) = gates, p
    g_c = softsign(c)
    delta_o = dh * g_c * o * (1 - o)  # eq. (15)
    dc = dh * o * softsign_derivative(g_c) + delta_o * p_o + dc_later  # eq. (16)
    delta_f = dc * c_previous * f * (1 - f)  # eq. (17)
    delta_i = dc * a * i * (1 - i)  # eq. (18)
    delta_a = dc * i * softsign_derivative(a)  # eq. (19)
    carried = dc * f + delta_f * p_f + delta_i * p_i  # eq. (20)
    return np.concatenate([delta_a, delta_f, delta_o, delta_i], axis=1), carried


def weight_gradients(x, h_start, h, delta):
    """The derivatives by the weights that act at every step: eqs. (22) (23).

    Parameters
    ----------
    x : ndarray (T, N, D)
    h_start : ndarray (N, H)
        h_{-1}, before step 0.
    h : ndarray (T, N, H)
        h_t.
    delta : ndarray (T, N, 4H)

    Returns
    -------
    dW : ndarray (D, 4H)
    dR : ndarray (H, 4H)
    db : ndarray (4H,)
    """
    h_previous = np.concatenate([h_start[None], h[:-1]])
    dW = np.einsum("tnd,tnz->dz", x, delta)  # eq. (22)
    dR = np.einsum("tnh,tnz->hz", h_previous, delta)  # eq. (23)
    db = delta.sum(axis=(0, 1))  # eq. (22)
    return dW, dR, db


def peephole_gradient(delta, c_start, c):
    """The derivative by the peephole weights: eq. (24).

    Parameters
    ----------
    delta : ndarray (T, N, 4H)
        Four blocks of columns: delta_a, delta_f, delta_o, delta_i.
    c_start : ndarray (N, H)
        c_{-1}, before step 0.
    c : ndarray (T, N, H)
        c_t.

    Returns
    -------
    dp : ndarray (3, H)
        dp_f, dp_o, dp_i.
    """
    _, delta_f, delta_o, delta_i = np.split(delta, 4, axis=2)
    c_previous = np.concatenate([c_start[None], c[:-1]])
    terms = [delta_f * c_previous, delta_o * c, delta_i * c_previous]  # eq. (24)
    return np.sum(terms, axis=(1, 2))


def lstm_backward(dy, x, mask, state, h, c, gates, W, R, p):
    """The peephole LSTM backward through time: eqs. (14) to (25).

    Parameters
    ----------
    dy : ndarray (T, N, H)
        What the layer above hands to h.
    x : ndarray (T, N, D)
    mask : ndarray (T, N) bool
        m_t: True where a step is real.
    state : ndarray (2, N, H)
        h_{-1} and c_{-1}, from which the forward pass started; constants.
    h, c, gates : ndarray (T, N, H), (T, N, H), (4, T, N, H)
        What `lstm_forward` returned.
    W, R, p : ndarray (D, 4H), (H, 4H), (3, H)

    Returns
    -------
    dx : ndarray (T, N, D)
    dW, dR, dp, db : ndarray, each of the shape of its weights
    """
    (h_start, c_start), (T, N, H) = state, h.shape
    delta = np.zeros((T, N, 4 * H))
    dh_later, dc_later = np.zeros((N, H)), np.zeros((N, H))
    for t in reversed(range(T)):
        dh = dy[t] + dh_later  # eq. (14)
        dh = mask[t, :, None] * dh  # eq. (21)
        dc_later = mask[t, :, None] * dc_later  # eq. (21)
        c_previous = c[t - 1] if t > 0 else c_start
        delta[t], carried = lstm_step_backward(dh, dc_later, c_previous, c[t], gates[:, t], p)
        dh_later, dc_later = delta[t] @ R.T, carried
    dW, dR, db = weight_gradients(x, h_start, h, delta)
    return delta @ W.T, dW, dR, peephole_gradient(delta, c_start, c), db
