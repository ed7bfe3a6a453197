"""Solutions of notebook 1: a recurrent unit in scalars, and H units; no gates yet."""

import numpy as np


def unit_forward(x, w, r, b):
    """One recurrent unit: h_t = tanh(x_t w + h_{t-1} r + b), from h_{-1} = 0.

    Parameters
    ----------
    x : ndarray (T,)
        One number a step.
    w, r, b : float
        What x_t is multiplied by, what h_{t-1} is multiplied by, and the bias.

    Returns
    -------
    h : ndarray (T,)
        h_t at every step.
    """
    h, outputs = 0.0, []
    for x_t in x:
        h = np.tanh(x_t * w + h * r + b)  # eq. (A2)
        outputs.append(h)
    return np.array(outputs)


def unit_backward(dy, x, h, w, r):
    """One recurrent unit, backward through time.

    Parameters
    ----------
    dy : ndarray (T,)
        The loss's derivative by each h_t, its use at step t+1 left out.
    x, h : ndarray (T,)
        What `unit_forward` took and gave.
    w, r : float

    Returns
    -------
    dh : ndarray (T,)
        The loss's derivative by each h_t, through all its uses.
    dx : ndarray (T,)
    dw, dr, db : float
    """
    dh = np.zeros_like(h)
    dx = np.zeros_like(x)
    dw = dr = db = dh_later = 0.0
    for t in reversed(range(len(x))):
        dh[t] = dy[t] + dh_later  # two uses: what reads h_t, and step t+1
        delta = dh[t] * (1 - h[t] ** 2)  # eq. (A2)
        h_previous = h[t - 1] if t > 0 else 0.0
        dx[t] = delta * w
        dw += delta * x[t]  # a weight has a use at every step: a sum
        dr += delta * h_previous
        db += delta
        dh_later = delta * r
    return dh, dx, dw, dr, db


def rnn_forward(x, W, R, b):
    """H recurrent units that read D features: h_t = tanh(x_t W + h_{t-1} R + b), from h_{-1} = 0.

    Parameters
    ----------
    x : ndarray (T, N, D)
        x[t] is the row block of all N examples at step t.
    W, R, b : ndarray (D, H), (H, H), (H,)

    Returns
    -------
    h : ndarray (T, N, H)
    """
    h, outputs = np.zeros((x.shape[1], len(R))), []
    for x_t in x:
        h = np.tanh(x_t @ W + h @ R + b)  # eq. (A2)
        outputs.append(h)
    return np.array(outputs)


def rnn_backward(dy, x, h, W, R):
    """H recurrent units, backward through time.

    Parameters
    ----------
    dy : ndarray (T, N, H)
        The loss's derivative by each h_t, its use at step t+1 left out.
    x, h : ndarray (T, N, D), (T, N, H)
        What `rnn_forward` took and gave.
    W, R : ndarray (D, H), (H, H)

    Returns
    -------
    dh : ndarray (T, N, H)
        The loss's derivative by each h_t, through all its uses.
    dx : ndarray (T, N, D)
    dW, dR, db : ndarray (D, H), (H, H), (H,)
    """
    dh = np.zeros_like(h)
    dx = np.zeros_like(x)
    dW, dR, db = np.zeros_like(W), np.zeros_like(R), np.zeros(len(R))
    zero = np.zeros(dy.shape[1:])
    dh_later = zero
    for t in reversed(range(len(x))):
        dh[t] = dy[t] + dh_later
        delta = dh[t] * (1 - h[t] ** 2)  # eq. (A2)
        h_previous = h[t - 1] if t > 0 else zero
        dx[t] = delta @ W.T
        dW += x[t].T @ delta
        dR += h_previous.T @ delta
        db += delta.sum(axis=0)
        dh_later = delta @ R.T
    return dh, dx, dW, dR, db
