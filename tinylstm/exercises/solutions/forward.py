"""Solutions of notebook 3: the forward pass, eqs. (1) to (11)."""

import numpy as np


def softsign(z):
    """Softsign of every entry: eq. (A1).

    Parameters
    ----------
    z : ndarray, any shape

    Returns
    -------
    y : ndarray of the shape of `z`
    """
    return z / (1 + np.where(z.real < 0, -z, z))  # complex numbers pass


def gate_with_peephole(z, c, p):
    """A gate that sees the cell: eqs. (3) (4) and (6), s the sigmoid.

    Parameters
    ----------
    z : ndarray (N, H)
        What (1) gives for this gate.
    c : ndarray (N, H)
        The cell state that the gate sees.
    p : ndarray (H,)
        The gate's peephole weights.

    Returns
    -------
    gate : ndarray (N, H)
    """
    return 1 / (1 + np.exp(-(z + c * p)))


def lstm_step_forward(x, h_previous, c_previous, W, R, p, b):
    """One step of the peephole LSTM: eqs. (1) to (7), g softsign and s the sigmoid.

    Parameters
    ----------
    x : ndarray (N, D)
        x_t.
    h_previous, c_previous : ndarray (N, H)
        h_{t-1} and c_{t-1}.
    W, R, p, b : ndarray (D, 4H), (H, 4H), (3, H), (4H,)
        Columns in four blocks a, f, o, i; the rows of p are p_f, p_o, p_i.

    Returns
    -------
    h, c : ndarray (N, H)
    gates : ndarray (4, N, H)
        a, f, o, i.
    """
    z_a, z_f, z_o, z_i = np.split(x @ W + h_previous @ R + b, 4, axis=1)  # eq. (1)
    p_f, p_o, p_i = p
    a = softsign(z_a)  # eq. (2)
    f = gate_with_peephole(z_f, c_previous, p_f)  # eq. (3)
    i = gate_with_peephole(z_i, c_previous, p_i)  # eq. (4)
    c = f * c_previous + i * a  # eq. (5)
    o = gate_with_peephole(z_o, c, p_o)  # eq. (6)
    h = o * softsign(c)  # eq. (7)
    return h, c, np.stack([a, f, o, i])


def lstm_forward(x, mask, state, W, R, p, b):
    """The peephole LSTM over a batch: eqs. (1) to (8).

    Parameters
    ----------
    x : ndarray (T, N, D)
    mask : ndarray (T, N) bool
        m_t: True where a step is real.
    state : ndarray (2, N, H)
        h_{-1} and c_{-1}: what step 0 starts from.
    W, R, p, b : ndarray (D, 4H), (H, 4H), (3, H), (4H,)
        As in `lstm_step_forward`.

    Returns
    -------
    h, c : ndarray (T, N, H)
        After the mask, eq. (8).
    gates : ndarray (4, T, N, H)
        a, f, o, i at every step, the masked ones too: the mask does not change them.
    """
    h_previous, c_previous = state
    h, c, gates = [], [], []
    for t in range(len(x)):
        h_t, c_t, gates_t = lstm_step_forward(x[t], h_previous, c_previous, W, R, p, b)
        h_t = mask[t, :, None] * h_t  # eq. (8)
        c_t = mask[t, :, None] * c_t  # eq. (8)
        h.append(h_t)
        c.append(c_t)
        gates.append(gates_t)
        h_previous, c_previous = h_t, c_t
    return np.array(h), np.array(c), np.array(gates).swapaxes(0, 1)


def softmax(q):
    """Probabilities from logits of any size, over the last axis: eq. (10).

    Parameters
    ----------
    q : ndarray (T, N, K)
        The logits. exp(q) may overflow; subtracting the largest logit of a step beforehand does
        not change the result.

    Returns
    -------
    p : ndarray (T, N, K)
    """
    e = np.exp(q - q.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def masked_cross_entropy(p, labels, label_mask):
    """The loss: eq. (11).

    Parameters
    ----------
    p : ndarray (T, N, K)
        Probabilities, above 0.
    labels : ndarray (T, N, K)
        One-hot; what stands where there is no label has no meaning.
    label_mask : ndarray (T, N) bool
        m'_t: True where there is a label.

    Returns
    -------
    loss : float
    """
    return -np.sum(label_mask[..., None] * labels * np.log(p)) / p.shape[1]
