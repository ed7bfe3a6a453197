"""What notebook 2 measures in an LSTM: the gradient at every step, and what bounds it.

Notebooks 3 and 4 build what stands here, with all its reasons; until then take it as a gauge. There
is one sequence at a time, g = tanh, and the loss is the last output times a direction w (H,). The
equation numbers are those of EQUATIONS.md.
"""

import numpy as np


def s(z):
    """The sigmoid."""
    return 1 / (1 + np.exp(-z))  # eq. (A3)


def lstm(x, parameters):
    """x (T, D) -> a, f, o, i, c_{t-1}, c_t of one sequence, each (T, H): eqs. (1) to (6)."""
    W, R, b = (parameters[name] for name in "WRb")
    n_units = len(R)
    p_f, p_o, p_i = parameters.get("p", np.zeros((3, n_units)))
    h, c = np.zeros(n_units), np.zeros(n_units)
    kept = []
    for x_t in x:
        z_a, z_f, z_o, z_i = np.split(x_t @ W + h @ R + b, 4)  # eq. (1)
        a = np.tanh(z_a)  # eq. (2)
        f = s(z_f + c * p_f)  # eq. (3)
        i = s(z_i + c * p_i)  # eq. (4)
        c_previous, c = c, f * c + i * a  # eq. (5)
        o = s(z_o + c * p_o)  # eq. (6)
        h = o * np.tanh(c)  # eq. (7)
        kept.append((a, f, o, i, c_previous, c))
    return np.array(kept).transpose(1, 0, 2)


def factors(states, parameters):
    """What `lstm` gave -> k_o, k_h, k_f, k_i, k_a, k_c, each (T, H): eqs. (26) to (29)."""
    a, f, o, i, c_previous, c = states
    p_f, p_o, p_i = parameters.get("p", np.zeros((3, a.shape[1])))
    g_c = np.tanh(c)
    k_o = g_c * o * (1 - o)  # eq. (26)
    k_h = o * (1 - g_c**2) + k_o * p_o  # eq. (27)
    k_f, k_i, k_a = c_previous * f * (1 - f), a * i * (1 - i), i * (1 - a**2)  # eq. (28)
    k_c = f + k_f * p_f + k_i * p_i  # eq. (29)
    return k_o, k_h, k_f, k_i, k_a, k_c


def lstm_gradients(k, R, w):
    """dL/dh_t and dL/dc_t (T, H), what (20) carried to t (T, H), and delta_t (T, 4H)."""
    k_o, k_h, k_f, k_i, k_a, k_c = k
    dh, dc, carried = np.zeros((3, *k_o.shape))
    delta = np.zeros((len(k_o), R.shape[1]))
    dh[-1] = w
    for t in reversed(range(len(k_o))):
        dc[t] = dh[t] * k_h[t] + carried[t]  # eq. (16)
        # eqs. (19) (17) (15) (18), in the packed order a, f, o, i
        delta[t] = np.concatenate([dc[t] * k_a[t], dc[t] * k_f[t], dh[t] * k_o[t], dc[t] * k_i[t]])
        if t > 0:
            carried[t - 1] = dc[t] * k_c[t]  # eq. (20)
            dh[t - 1] = delta[t] @ R.T  # eq. (14)
    return dh, dc, carried, delta


def jacobians(k, R):
    """The matrix of each step t = 1, ..., T - 1, from (dh_t, dc_t) to (dh_{t-1}, dc_{t-1}).

    (T - 1, 2H, 2H). Below the last step dy_t = 0, so that eqs. (14) (16) are linear in the pair.
    """
    k_o, _, k_f, k_i, k_a, k_c = (factor[1:, :, None] for factor in k)
    k_h_before = k[1][:-1, None]
    R_a, R_f, R_o, R_i = (block.T for block in np.split(R, 4, axis=1))
    to_h = np.concatenate([k_o * R_o, k_a * R_a + k_f * R_f + k_i * R_i], axis=1)
    to_c = to_h * k_h_before
    to_c[:, len(R) :] += k_c * np.eye(len(R))
    return np.concatenate([to_h, to_c], axis=2)


def along_the_cells(dc, f):
    """dL/dc and the forget gates (T, H) -> what came along the cells alone, and its bound, by lag.

    Norms (T,): of dc_{T-1} times the forget gates between, and of each step's largest gate.
    """
    share, bound = [dc[-1]], [np.linalg.norm(dc[-1])]
    for t in reversed(range(1, len(f))):
        share.append(share[-1] * f[t])
        bound.append(bound[-1] * f[t].max())
    return np.linalg.norm(share, axis=1), np.array(bound)
