"""The loops over steps of the peephole LSTM: forward, and backward through time.

The equation numbers are those of EQUATIONS.md; the same without any of this is textbook.py. Step s
is that of the n runs which are long enough (packing.py). Within a step arrays stand in columns, a
column a run: (H, n), so that a gate is one contiguous block. What the products over all steps read
stands in rows, a row a real step: the inputs of eq. (1), y and dy. Without peepholes p is zero.
"""

import numpy as np

from .memory import aligned_empty
from .products import product


def steps_forward(layer, tape, h_0, y):
    """Run through all steps: fill the tape's inputs, gates and c, and y.

    h_0 (H, n_0) is the output before each run's first step; y (P, H) gets the output after each.
    """
    g, s = layer.activation.function, layer.gate_activation.function
    W, R, b = (layer.parameters[name] for name in "WRb")
    U = np.hstack([R.T, W.T, b[:, None]])
    h, n_units, width = h_0, len(R), 0
    p = layer.parameters.get("p", np.zeros((3, n_units), y.dtype))
    for step, rows in enumerate(tape.packing.steps):
        n = rows.stop - rows.start
        inputs = h[:, :n] if tape.h_mask is None else h[:, :n] * tape.h_mask[:, :n]  # eq. (34)
        tape.inputs[rows, :n_units] = inputs.T
        if n != width:  # runs have ended: from here on fewer columns
            width = n
            u = aligned_empty((U.shape[1], n), y.dtype)
            z = aligned_empty((4, n_units, n), y.dtype)
            seen, new, g_c, h = aligned_empty((4, n_units, n), y.dtype)
            p_f, p_o, p_i = np.repeat(p[:, :, None], n, axis=2)  # as wide as c: plain products
        u[:n_units] = inputs
        u[n_units:] = tape.inputs[rows, n_units:].T
        c_previous, c = tape.c[step][:, :n], tape.c[step + 1]
        a, f, o, i = tape.gates[step]
        product(U, u, out=z.reshape(4 * n_units, n))  # eq. (1)
        z_a, z_f, z_o, z_i = z
        g(z_a, out=a)  # eq. (2)
        z_f += np.multiply(c_previous, p_f, out=seen)
        z_i += np.multiply(c_previous, p_i, out=seen)
        s(z_f, out=f)  # eq. (3)
        s(z_i, out=i)  # eq. (4)
        np.add(np.multiply(f, c_previous, out=c), np.multiply(i, a, out=new), out=c)  # eq. (5)
        z_o += np.multiply(c, p_o, out=seen)
        s(z_o, out=o)  # eq. (6)
        np.multiply(o, g(c, out=g_c), out=h)  # eq. (7)
        y[rows] = h.T


def steps_backward(layer, tape, block, dy, dh_later, dc_later):
    """Run back through a block of steps, (number, rows) each, from the last to the first.

    dy (P, H) comes from the layer above; dh_later and dc_later (H, n) from the steps behind the
    block. Returns delta (4H, B), for the B rows of the block; dp (3, H), its share in the peephole
    gradient; and dh_later, dc_later for the block before.
    """
    g, g_derivative = layer.activation.function, layer.activation.derivative
    s_derivative = layer.gate_activation.derivative
    R = layer.parameters["R"]
    n_units, dtype, width = len(R), R.dtype, 0
    p = layer.parameters.get("p", np.zeros((3, n_units), dtype))
    first_row, end_row = block[0][1].start, block[-1][1].stop
    delta = aligned_empty((4 * n_units, end_row - first_row), dtype)
    dp = np.zeros((3, n_units), dtype)
    for step, rows in reversed(block):
        n = rows.stop - rows.start
        if n != width:  # runs that end here join: nothing comes to them from later
            width = n
            joined = np.zeros((n_units, n - dh_later.shape[1]), dtype)
            dh_later, dc_later = np.hstack([dh_later, joined]), np.hstack([dc_later, joined])
            k = aligned_empty((4, n_units, n), dtype)
            delta_t = aligned_empty((4, n_units, n), dtype)
            dh, dc, g_c, k_h, k_c, term = aligned_empty((6, n_units, n), dtype)
            p_f, p_o, p_i = np.repeat(p[:, :, None], n, axis=2)  # as wide as c: plain products
        c_previous, c = tape.c[step][:, :n], tape.c[step + 1]
        gates = tape.gates[step]
        a, f, o, i = gates
        k_a, k_f, k_o, k_i = k
        delta_a, delta_f, delta_o, delta_i = delta_t

        g(c, out=g_c)
        s_derivative(gates[1:], out=k[1:])  # of f, o and i
        k_o *= g_c  # eq. (26)
        k_f *= c_previous
        k_i *= a
        np.multiply(g_derivative(a, out=k_a), i, out=k_a)  # eq. (28)
        np.multiply(g_derivative(g_c, out=k_h), o, out=k_h)
        k_c[...] = f
        k_h += np.multiply(k_o, p_o, out=term)  # eq. (27)
        k_c += np.multiply(k_f, p_f, out=term)
        k_c += np.multiply(k_i, p_i, out=term)  # eq. (29)

        np.add(dh_later, dy[rows].T, out=dh)  # eq. (14)
        np.multiply(dh, k_o, out=delta_o)  # eq. (15)
        np.add(np.multiply(dh, k_h, out=dc), dc_later, out=dc)  # eq. (16)
        flush_subnormal(dc)
        np.multiply(dc, k_f, out=delta_f)  # eq. (17)
        np.multiply(dc, k_i, out=delta_i)  # eq. (18)
        np.multiply(dc, k_a, out=delta_a)  # eq. (19)
        np.multiply(dc, k_c, out=dc_later)  # eq. (20)
        flush_subnormal(delta_t)
        product(R, delta_t.reshape(4 * n_units, n), out=dh_later)  # eq. (14), for the step before
        if tape.h_mask is not None:
            dh_later *= tape.h_mask[:, :n]  # eq. (35)
        delta[:, rows.start - first_row : rows.stop - first_row] = delta_t.reshape(-1, n)
        dp[0] += np.einsum("hn,hn->h", delta_f, c_previous)
        dp[1] += np.einsum("hn,hn->h", delta_o, c)
        dp[2] += np.einsum("hn,hn->h", delta_i, c_previous)  # eq. (24)
    return delta, dp, dh_later, dc_later


def flush_subnormal(gradient):
    """Set to zero, in place, what is about to become subnormal.

    A gradient that decays over many steps, or meets gates that are shut, would end among the
    subnormal numbers, with which a processor computes some 16 times more slowly. A sum with the
    floor (1e-276 in float64, 1e-24 in float32) has no place for what is below its last digit; what
    is lost is nothing beside a gradient that trains a weight.
    """
    limits = np.finfo(gradient.dtype)
    floor = limits.dtype.type(1.5) * limits.tiny / limits.eps**2
    gradient += floor
    gradient -= floor
