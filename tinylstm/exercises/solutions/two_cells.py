"""What notebook 10 is judged by: its equations, evaluated, and their derivatives by complex steps.

The backward passes of these two cells are written nowhere.
"""

import numpy as np

STEP = 1e-20


def sigmoid(z):
    """Any shape -> the same shape; complex numbers pass through."""
    return 1 / (1 + np.exp(-z))


def complex_steps(loss, arrays):
    """The derivatives of ``loss(*arrays) -> float`` by each entry of each array: a tuple."""
    gradients = []
    for k, array in enumerate(arrays):
        shifted = [other.astype(complex) if j == k else other for j, other in enumerate(arrays)]
        gradient = np.empty(array.shape)
        for index in np.ndindex(array.shape):
            shifted[k][index] = array[index] + 1j * STEP
            gradient[index] = loss(*shifted).imag / STEP
            shifted[k][index] = array[index]
        gradients.append(gradient)
    return tuple(gradients)


def coupled_forward(x, mask, h_start, c_start, W, R, p, b):
    """An LSTM whose input gate is 1 minus its forget gate: (C1) to (C7), g tanh.

    Parameters
    ----------
    x : ndarray (T, N, D)
    mask : ndarray (T, N) bool
        m_t: True where a step is real.
    h_start, c_start : ndarray (N, H)
        The state before step 0.
    W, R, p, b : ndarray (D, 3H), (H, 3H), (2, H), (3H,)
        Columns in three blocks a, f, o; the rows of p are p_f, p_o.

    Returns
    -------
    h, c : ndarray (T, N, H)
    """
    p_f, p_o = p
    h_t, c_t, h, c = h_start, c_start, [], []
    for t, m in enumerate(mask[..., None]):
        z_a, z_f, z_o = np.split(x[t] @ W + h_t @ R + b, 3, axis=1)  # (C1)
        a = np.tanh(z_a)  # (C2)
        f = sigmoid(z_f + c_t * p_f)  # (C3)
        c_t = f * c_t + (1 - f) * a  # (C4)
        o = sigmoid(z_o + c_t * p_o)  # (C5)
        h_t = o * np.tanh(c_t)  # (C6)
        h_t, c_t = m * h_t, m * c_t  # (C7)
        h.append(h_t)
        c.append(c_t)
    return np.array(h), np.array(c)


def coupled_backward(dy, x, mask, h_start, c_start, W, R, p, b):
    """The derivatives of that cell, given dL/dh_t of the layer above.

    Parameters
    ----------
    dy : ndarray (T, N, H)
        What the layer above hands to h; nothing is handed to c.
    x, mask, h_start, c_start, W, R, p, b
        What `coupled_forward` takes. Call it for what you need of the forward pass, or a function
        of your own that keeps the gates.

    Returns
    -------
    dx, dh_start, dc_start, dW, dR, dp, db : ndarray
        Each of the shape of what it is the derivative by.
    """

    def loss(x, h_start, c_start, W, R, p, b):
        return np.sum(dy * coupled_forward(x, mask, h_start, c_start, W, R, p, b)[0])

    return complex_steps(loss, (x, h_start, c_start, W, R, p, b))


def gru_forward(x, mask, h_start, W, R, b):
    """A gated recurrent unit: (G1) to (G5), g tanh.

    Parameters
    ----------
    x : ndarray (T, N, D)
    mask : ndarray (T, N) bool
        m_t: True where a step is real.
    h_start : ndarray (N, H)
        The state before step 0.
    W, R, b : ndarray (D, 3H), (H, 3H), (3H,)
        Columns in three blocks u, r, n.

    Returns
    -------
    h : ndarray (T, N, H)
    """
    (W_u, W_r, W_n), (R_u, R_r, R_n) = np.split(W, 3, axis=1), np.split(R, 3, axis=1)
    b_u, b_r, b_n = np.split(b, 3)
    h_t, h = h_start, []
    for t, m in enumerate(mask[..., None]):
        u = sigmoid(x[t] @ W_u + h_t @ R_u + b_u)  # (G1)
        r = sigmoid(x[t] @ W_r + h_t @ R_r + b_r)  # (G2)
        n = np.tanh(x[t] @ W_n + (r * h_t) @ R_n + b_n)  # (G3)
        h_t = m * (u * h_t + (1 - u) * n)  # (G4) (G5)
        h.append(h_t)
    return np.array(h)


def gru_backward(dy, x, mask, h_start, W, R, b):
    """The derivatives of that unit, given dL/dh_t of the layer above.

    Parameters
    ----------
    dy : ndarray (T, N, H)
        What the layer above hands to h.
    x, mask, h_start, W, R, b
        What `gru_forward` takes. Call it for what you need of the forward pass, or a function of
        your own that keeps the gates.

    Returns
    -------
    dx, dh_start, dW, dR, db : ndarray
        Each of the shape of what it is the derivative by.
    """

    def loss(x, h_start, W, R, b):
        return np.sum(dy * gru_forward(x, mask, h_start, W, R, b))

    return complex_steps(loss, (x, h_start, W, R, b))
