"""The loops over steps of the peephole LSTM: forward, and backward through time.

The equation numbers are those of EQUATIONS.md. Rows are real steps in packed order (packing.py).

What the backward loop multiplies the incoming gradient by are factors of forward values alone,
eqs. (26) to (29): they are computed for a block of steps at once, before the loop runs over it.
"""

import numpy as np

from .memory import aligned_empty

__all__ = ["A", "F", "I", "O", "factors", "peephole_gradient", "steps_backward", "steps_forward"]

# The gates in their packed order: block input, forget, output, input.
A, F, O, I = range(4)  # noqa: E741


def steps_forward(layer, tape, h_0, h):
    """Run through all steps: fill the tape's h columns, gates and c, and h.

    Parameters
    ----------
    layer : PeepholeLSTM
        Its parameters and activations are used.
    tape : Tape
        With x, 1 and the initial c in their places.
    h_0 : ndarray (n_0, H)
        h before each run's first step.
    h : ndarray (P, H)
        To be filled: h after each step.
    """
    g, s = layer.activation.function, layer.gate_activation.function
    p_f, p_o, p_i = layer.parameters.get("p", (None, None, None))
    U = np.vstack([layer.parameters[name] for name in ("R", "W", "b")])
    n_first, n_units = h_0.shape
    z_buffer = aligned_empty((n_first, 4 * n_units), h.dtype)
    u_buffer, g_c_buffer = aligned_empty((2, n_first, n_units), h.dtype)
    h_t, c_t, c = h_0, tape.c[:n_first], tape.c[n_first:]
    for rows in tape.packing.steps:
        n = rows.stop - rows.start
        z, u, g_c = z_buffer[:n], u_buffer[:n], g_c_buffer[:n]
        h_previous, c_previous = h_t[:n], c_t[:n]
        h_t, c_t = h[rows], c[rows]
        a, f, o, i = tape.gates[:, rows]
        tape.inputs[rows, :n_units] = h_previous
        if tape.h_mask is not None:
            tape.inputs[rows, :n_units] *= tape.h_mask[:n]  # eq. (34)
        np.matmul(tape.inputs[rows], U, out=z)  # eq. (1)
        z_a, z_f, z_o, z_i = _by_gate(z)
        g(z_a, out=a)  # eq. (2)
        s(_peep(z_f, c_previous, p_f, out=u), out=f)  # eq. (3)
        s(_peep(z_i, c_previous, p_i, out=u), out=i)  # eq. (4)
        np.multiply(f, c_previous, out=c_t)
        np.add(c_t, np.multiply(i, a, out=u), out=c_t)  # eq. (5)
        s(_peep(z_o, c_t, p_o, out=u), out=o)  # eq. (6)
        np.multiply(o, g(c_t, out=g_c), out=h_t)  # eq. (7)


def steps_backward(layer, tape, steps, dy, dh, dc, delta):
    """Run back through a block of steps, from the last to the first: fill delta.

    Parameters
    ----------
    layer : PeepholeLSTM
    tape : Tape
    steps : list of slice
        The packed rows of each step of the block.
    dy : ndarray (P, H)
        The loss's derivative by h as the layer above sees it.
    dh, dc : ndarray (H, n_0), (n_0, H)
        What reaches h and c of the block's last step from later ones; on return, what reaches
        those of the step before the block. dh is transposed: so its product runs on R as it is,
        and faster on small batches.
    delta : ndarray (n, 4H)
        To be filled: the loss's derivative by z, for the block's n rows.
    """
    R = layer.parameters["R"]
    first = steps[0].start
    k, k_h, k_c = factors(layer, tape, slice(first, steps[-1].stop))
    u_buffer = aligned_empty(dc.shape, dc.dtype)
    for rows in reversed(steps):
        n = rows.stop - rows.start
        here = slice(rows.start - first, rows.stop - first)
        k_a, k_f, k_o, k_i = k[:, here]
        delta_a, delta_f, delta_o, delta_i = _by_gate(delta[here])
        dh_t, dc_t = u_buffer[:n], dc[:n]
        np.add(dh[:, :n].T, dy[rows], out=dh_t)  # eq. (14)
        np.multiply(dh_t, k_o, out=delta_o)  # eq. (15)
        dc_t += np.multiply(dh_t, k_h[here], out=dh_t)  # eq. (16)
        _flush_subnormal(dc_t)
        np.multiply(dc_t, k_f, out=delta_f)  # eq. (17)
        np.multiply(dc_t, k_i, out=delta_i)  # eq. (18)
        np.multiply(dc_t, k_a, out=delta_a)  # eq. (19)
        dc_t *= k_c[here]  # eq. (20)
        _flush_subnormal(delta[here])
        np.matmul(R, delta[here].T, out=dh[:, :n])  # eq. (14), for the step before
        if tape.h_mask is not None:
            dh[:, :n] *= tape.h_mask[:n].T  # eq. (35)


def factors(layer, tape, rows):
    """What backward multiplies the incoming gradient by: eqs. (26) to (29).

    Parameters
    ----------
    layer : PeepholeLSTM
    tape : Tape
    rows : slice
        The packed rows of n consecutive ones.

    Returns
    -------
    k : ndarray (4, n, H)
        In the order a, f, o, i.
    k_h, k_c : ndarray (n, H)
    """
    g, g_derivative = layer.activation.function, layer.activation.derivative
    s_derivative = layer.gate_activation.derivative
    a, f, o, i = tape.gates[:, rows]
    c_previous = tape.packing.before(tape.c, rows)
    k = aligned_empty((4, *a.shape), a.dtype)
    k_a, k_f, k_o, k_i = k
    k_h, k_c, u = aligned_empty((3, *a.shape), a.dtype)

    g_c = g(tape.packing.after(tape.c, rows))
    np.multiply(s_derivative(o, out=u), g_c, out=k_o)  # eq. (26)
    np.multiply(g_derivative(g_c, out=u), o, out=k_h)  # eq. (27) without peephole
    np.multiply(s_derivative(f, out=u), c_previous, out=k_f)
    np.multiply(s_derivative(i, out=u), a, out=k_i)
    np.multiply(g_derivative(a, out=u), i, out=k_a)  # eq. (28)
    k_c[...] = f  # eq. (29) without peepholes
    if "p" in layer.parameters:
        p_f, p_o, p_i = layer.parameters["p"]
        k_h += np.multiply(k_o, p_o, out=u)  # eq. (27)
        k_c += np.multiply(k_f, p_f, out=u)
        k_c += np.multiply(k_i, p_i, out=u)  # eq. (29)
    return k, k_h, k_c


def peephole_gradient(tape, rows, delta):
    """The peephole gradient of a block: eq. (24).

    Parameters
    ----------
    tape : Tape
    rows : slice
        The block's packed rows.
    delta : ndarray (n, 4H)
        The loss's derivative by z there.

    Returns
    -------
    ndarray (3, H)
        In the order f, o, i.
    """
    _, delta_f, delta_o, delta_i = _by_gate(delta)
    c_previous, c = tape.packing.before(tape.c, rows), tape.packing.after(tape.c, rows)
    seen = ((delta_f, c_previous), (delta_o, c), (delta_i, c_previous))
    return np.stack([np.einsum("nh,nh->h", delta_k, cell) for delta_k, cell in seen])


def _by_gate(z):
    """The four gates' columns of rows (n, 4H), as a view (4, n, H)."""
    return z.reshape(len(z), 4, -1).transpose(1, 0, 2)


def _peep(z, c, p, out):
    """A gate's pre-activation with what it sees of the cell through its peephole, if it has one."""
    if p is None:
        return z
    np.multiply(c, p, out=out)
    return np.add(out, z, out=out)


def _flush_subnormal(gradient):
    """Set to zero what is about to become subnormal, in place.

    A gradient that decays over many steps, or meets gates that are shut, would end among the
    subnormal numbers, with which a processor computes some 16 times more slowly. Anything below
    tiny / eps (1e-292 in float64, 1e-31 in float32) is lost in rounding beside any gradient that a
    float can tell from zero.
    """
    limits = np.finfo(gradient.dtype)
    gradient[np.abs(gradient) < limits.tiny / limits.eps] = 0
