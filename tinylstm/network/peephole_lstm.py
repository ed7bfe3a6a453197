"""PeepholeLSTM: forward, and backward through time, written out by hand.

The equation numbers are those of EQUATIONS.md. Two choices make it fast without changing a result:

* Only real steps are computed, packed (see packing.py).
* What the backward pass needs of the forward values, and not of the incoming gradient, are factors
  (eqs. (26) to (29)), computed for a block of steps at once; the loop over steps that is left
  multiplies by them.
"""

import copy
from collections import namedtuple

import numpy as np

from . import initializers
from .activations import activation as activation_of_name
from .checks import (
    check_mask,
    check_parameters,
    check_sequence,
    check_size,
    check_states,
    compute_dtype,
)
from .memory import aligned_empty
from .packing import Packing

__all__ = ["PeepholeLSTM", "Tape"]

# The gates in their packed order: block input, forget, output, input.
A, F, O, I = range(4)  # noqa: E741

# Rows (steps times examples) that backward takes at once: few enough for the factors to stay in
# the processor's cache, and enough for the products of the weight gradients to run at full speed.
FACTOR_ROWS = 128
PRODUCT_ROWS = 1024

Tape = namedtuple("Tape", "packing inputs gates c g_c state")
Tape.__doc__ = """What forward keeps for backward; P real steps in packed order (packing.py).

inputs (P, H + D + 1), the rows h_{t-1}, x_t, 1; gates (4, P, H), the activations a, f, o, i;
c (n_0 + P, H), the initial states first; g_c (P, H), the activated cell; state, the pair (h, c)
after step T-1, each (N, H).
"""


class PeepholeLSTM:
    """LSTM layer whose gates see the cell through peephole weights [1]_: eqs. (1) to (8).

    Parameters
    ----------
    n_in : int
        D, features of a step.
    n_units : int
        H.
    activation : str
        g, of block input and cell: "softsign", "tanh", "sigmoid", "relu" or "identity".
    gate_activation : str
        s, of the three gates; one of the same.
    peepholes : bool
        False: no `p`, in parameters and gradients alike.
    forget_bias : float
        Initial bias of the forget gate; the other biases start at zero.
    initializer : callable, optional
        See initializers.py; called for W, R and p in that order. Default: xavier.
    rng : numpy.random.Generator
        Where the initial weights come from.
    dtype : dtype
        float64 or float32.

    Attributes
    ----------
    parameters : dict
        "W" (D, 4H), "R" (H, 4H), "p" (3, H) in the order f, o, i, "b" (4H,); columns in four
        blocks a, f, o, i.

    Raises
    ------
    ValueError
        If a size is not a positive whole number, an activation is unknown, or `rng` is missing.

    References
    ----------
    .. [1] Gers, Schraudolph & Schmidhuber (2002), Learning precise timing with LSTM recurrent
       networks, section 3.

    Examples
    --------
    >>> import numpy as np
    >>> layer = PeepholeLSTM(86, 300, rng=np.random.default_rng(0))
    >>> y, tape = layer.forward(np.zeros((7, 2, 86)))
    >>> y.shape
    (7, 2, 300)
    >>> dx, gradients = layer.backward(np.ones((7, 2, 300)), tape)
    >>> dx.shape, sorted(gradients)
    ((7, 2, 86), ['R', 'W', 'b', 'p'])
    """

    def __init__(
        self,
        n_in,
        n_units,
        activation="softsign",
        gate_activation="sigmoid",
        peepholes=True,
        forget_bias=1.0,
        initializer=None,
        rng=None,
        dtype=np.float64,
    ):
        check_size("n_in", n_in)
        check_size("n_units", n_units)
        self.n_in, self.n_units = n_in, n_units
        self.activation = activation_of_name(activation)
        self.gate_activation = activation_of_name(gate_activation)
        if rng is None:
            raise ValueError("rng is missing: pass a numpy.random.Generator")
        init = initializers.xavier() if initializer is None else initializer
        fans = n_units, n_in + n_units
        b = np.zeros((4, n_units))
        b[F] = forget_bias
        arrays = {
            "W": init(rng, (n_in, 4 * n_units), *fans),
            "R": init(rng, (n_units, 4 * n_units), *fans),
        }
        if peepholes:
            arrays["p"] = init(rng, (3, n_units), *fans)
        arrays["b"] = b.reshape(-1)
        self.parameters = {name: array.astype(dtype) for name, array in arrays.items()}

    def forward(self, x, mask=None, state=None):
        """Run the layer over a batch of sequences: eqs. (1) to (8).

        Parameters
        ----------
        x : ndarray (T, N, D)
            Cast to the dtype of the parameters; complex stays complex.
        mask : ndarray (T, N) bool, optional
            True where a step is real. A masked step sets h and c to zero; what stands in x there
            has no influence. None: all are real.
        state : pair of ndarray (N, H), optional
            (h, c) before step 0; None: zeros.

        Returns
        -------
        y : ndarray (T, N, H)
            h at every step, zero where masked. Read-only: the tape may share its memory.
        tape : Tape
            For `backward`; `tape.state` is the pair (h, c) after step T-1, to start from.

        Raises
        ------
        ValueError
            If an array has the wrong shape or dtype.

        Examples
        --------
        >>> import numpy as np
        >>> layer = PeepholeLSTM(3, 2, rng=np.random.default_rng(0))
        >>> x = np.ones((5, 1, 3))
        >>> whole, tape = layer.forward(x)
        >>> first, tape = layer.forward(x[:2])
        >>> rest, tape = layer.forward(x[2:], state=tape.state)
        >>> bool(np.allclose(whole, np.concatenate([first, rest])))
        True
        """
        x = check_sequence("x", x, self.n_in)
        mask = check_mask("mask", mask, x.shape[:2])
        state = check_states(state, (x.shape[1], self.n_units))
        dtype = compute_dtype(self.parameters, x, *state)
        packing = Packing(x.shape[:2], mask)
        n_rows, n_first = packing.n_rows, packing.n_first
        tape = Tape(
            packing,
            inputs=aligned_empty((n_rows, self.n_units + self.n_in + 1), dtype),
            gates=aligned_empty((4, n_rows, self.n_units), dtype),
            c=aligned_empty((n_first + n_rows, self.n_units), dtype),
            g_c=aligned_empty((n_rows, self.n_units), dtype),
            state=None,
        )
        tape.inputs[:, self.n_units : -1] = packing.pack(x)
        tape.inputs[:, -1] = 1
        h = np.empty((n_rows, self.n_units), dtype)
        h_0, c_0 = (packing.initial_states(part, self.n_units, dtype) for part in state)
        tape.c[:n_first] = c_0
        self._forward_steps(tape, h_0, h)
        final = packing.final_states(h), packing.final_states(tape.c[n_first:])
        return packing.unpack(h), tape._replace(state=final)

    def _forward_steps(self, tape, h_t, h):
        """Fill the tape and h (P, H), step by step; h_t comes in as the runs' initial state."""
        g, s = self.activation.function, self.gate_activation.function
        p_f, p_o, p_i = self.parameters.get("p", (None, None, None))
        U = np.vstack([self.parameters[name] for name in ("R", "W", "b")]).astype(h.dtype)
        z_buffer = aligned_empty((len(h_t), 4 * self.n_units), h.dtype)
        buffer = aligned_empty(h_t.shape, h.dtype)
        c_t, c = tape.c[: len(h_t)], tape.c[len(h_t) :]
        for rows in tape.packing.steps:
            n = rows.stop - rows.start
            a, f, o, i = tape.gates[:, rows]
            h_previous, c_previous, z, buffer = h_t[:n], c_t[:n], z_buffer[:n], buffer[:n]
            h_t, c_t, g_c_t = h[rows], c[rows], tape.g_c[rows]
            tape.inputs[rows, : self.n_units] = h_previous
            np.matmul(tape.inputs[rows], U, out=z)  # eq. (1)
            z_a, z_f, z_o, z_i = z.reshape(n, 4, -1).transpose(1, 0, 2)
            g(z_a, out=a)  # eq. (2)
            s(_peep(z_f, c_previous, p_f, buffer), out=f)  # eq. (3)
            s(_peep(z_i, c_previous, p_i, buffer), out=i)  # eq. (4)
            np.multiply(f, c_previous, out=c_t)
            np.add(c_t, np.multiply(i, a, out=buffer), out=c_t)  # eq. (5)
            s(_peep(z_o, c_t, p_o, buffer), out=o)  # eq. (6)
            np.multiply(o, g(c_t, out=g_c_t), out=h_t)  # eq. (7)

    def backward(self, dy, tape, want_dx=True):
        """Backpropagation through time, from dL/dy to every weight: eqs. (14) to (29).

        Parameters
        ----------
        dy : ndarray (T, N, H) float
            The loss's derivative by `y`; without influence at masked steps.
        tape : Tape
            What `forward` returned; it is not changed.
        want_dx : bool
            False: spare the product that gives dx.

        Returns
        -------
        dx : ndarray (T, N, D)
            The loss's derivative by `x`, zero at masked steps; None unless wanted.
        gradients : dict
            One array for each parameter, of its shape and dtype. The initial state is taken as
            constant.

        Raises
        ------
        ValueError
            If dy has the wrong shape.

        Examples
        --------
        >>> import numpy as np
        >>> layer = PeepholeLSTM(3, 2, rng=np.random.default_rng(0))
        >>> y, tape = layer.forward(np.ones((5, 1, 3)))
        >>> dx, gradients = layer.backward(2 * y, tape)  # of the loss (y**2).sum()
        >>> gradients["p"].shape
        (3, 2)
        """
        packing = tape.packing
        dtype = tape.c.dtype
        dy = check_sequence("dy", dy, self.n_units, packing.shape)
        dy = packing.pack(dy.astype(dtype, copy=False))
        R_transposed = np.ascontiguousarray(self.parameters["R"].T)
        # The gradients that come to a run's state from its later steps: zero at its last one.
        dh = aligned_empty((packing.n_first, self.n_units), dtype)
        dc = aligned_empty(dh.shape, dtype)
        dh[...] = dc[...] = 0
        dx = np.empty((len(dy), self.n_in), dtype) if want_dx else None
        dU = np.zeros((self.n_units + self.n_in + 1, 4 * self.n_units), dtype)
        dp = np.zeros((3, self.n_units), dtype)

        for block in _blocks(packing.steps, PRODUCT_ROWS):
            rows = _rows_of(block)
            delta = aligned_empty((rows.stop - rows.start, 4 * self.n_units), dtype)
            for part in _blocks(block, FACTOR_ROWS):
                self._backward_steps(part, rows.start, tape, dy, R_transposed, dh, dc, delta)
            dU += tape.inputs[rows].T @ delta  # eqs. (22) (23)
            dp += _peephole_gradient(tape, rows, delta)
            if want_dx:
                np.matmul(delta, self.parameters["W"].T, out=dx[rows])  # eq. (25)

        gradients = {"W": dU[self.n_units : -1], "R": dU[: self.n_units], "b": dU[-1]}
        if "p" in self.parameters:
            gradients["p"] = dp
        return (packing.unpack(dx) if want_dx else None), gradients

    def _backward_steps(self, steps, first_row, tape, dy, R_transposed, dh, dc, delta):
        """Fill delta for some consecutive steps, from the last to the first of them.

        dh and dc come in as what reaches h and c from later steps, and leave so for the earlier.
        """
        rows = _rows_of(steps)
        shape = rows.stop - rows.start, self.n_units
        k_h, k_c = aligned_empty(shape, dh.dtype), aligned_empty(shape, dh.dtype)
        k = aligned_empty((4, *shape), dh.dtype)
        self._factors(tape, rows, k_h, k, k_c)
        for rows_t in reversed(steps):
            n = rows_t.stop - rows_t.start
            in_steps = slice(rows_t.start - rows.start, rows_t.stop - rows.start)
            delta_t = delta[rows_t.start - first_row : rows_t.stop - first_row]
            gate = delta_t.reshape(n, 4, self.n_units).transpose(1, 0, 2)
            dh_t, dc_t = dh[:n], dc[:n]
            np.add(dh_t, dy[rows_t], out=dh_t)  # eq. (14)
            np.multiply(dh_t, k[O, in_steps], out=gate[O])  # eq. (15)
            dc_t += np.multiply(dh_t, k_h[in_steps], out=k_h[in_steps])  # eq. (16)
            np.multiply(dc_t, k[F, in_steps], out=gate[F])  # eq. (17)
            np.multiply(dc_t, k[I, in_steps], out=gate[I])  # eq. (18)
            np.multiply(dc_t, k[A, in_steps], out=gate[A])  # eq. (19)
            np.multiply(dc_t, k_c[in_steps], out=dc_t)  # eq. (20)
            np.matmul(delta_t, R_transposed, out=dh_t)  # eq. (14), for the step before
        _flush_subnormal(dh)
        _flush_subnormal(dc)

    def _factors(self, tape, rows, k_h, k, k_c):
        """Fill what the incoming gradient is multiplied by, for a block of rows: eqs. (26) to (29).

        k_h (n, H); k (4, n, H) in the order a, f, o, i; k_c (n, H).
        """
        g_derivative, s_derivative = self.activation.derivative, self.gate_activation.derivative
        c_previous = tape.packing.before(tape.c, rows)
        activated, g_c = tape.gates[:, rows], tape.g_c[rows]
        g_derivative(activated[A], out=k[A])
        s_derivative(activated[F:], out=k[F:])
        np.multiply(k[A], activated[I], out=k[A])
        np.multiply(k[F], c_previous, out=k[F])
        np.multiply(k[O], g_c, out=k[O])  # eq. (26)
        np.multiply(k[I], activated[A], out=k[I])  # eq. (28)
        g_derivative(g_c, out=k_h)
        np.multiply(k_h, activated[O], out=k_h)
        if "p" in self.parameters:
            p_f, p_o, p_i = self.parameters["p"]
            np.multiply(k[O], p_o, out=k_c)
            np.add(k_h, k_c, out=k_h)  # eq. (27)
            np.multiply(k[F], p_f, out=k_c)
            np.add(k_c, activated[F], out=k_c)
            k_c += k[I] * p_i  # eq. (29)
        else:
            k_c[...] = activated[F]

    def with_parameters(self, parameters):
        """The same layer with other weights.

        Parameters
        ----------
        parameters : dict of ndarray
            The names and shapes of `self.parameters`; real or complex. Not copied.

        Returns
        -------
        PeepholeLSTM

        Raises
        ------
        ValueError
            If a name is missing or unknown, or a shape differs.

        Examples
        --------
        >>> import numpy as np
        >>> layer = PeepholeLSTM(3, 2, rng=np.random.default_rng(0))
        >>> layer.with_parameters({k: 0 * v for k, v in layer.parameters.items()}).n_units
        2
        """
        other = copy.copy(self)
        other.parameters = check_parameters(parameters, self.parameters)
        return other

    @property
    def settings(self):
        """What makes this layer again, weights apart: keyword arguments of the class, as a dict.

        Examples
        --------
        >>> import numpy as np
        >>> PeepholeLSTM(3, 2, rng=np.random.default_rng(0)).settings["activation"]
        'softsign'
        """
        return {
            "n_in": self.n_in,
            "n_units": self.n_units,
            "activation": self.activation.name,
            "gate_activation": self.gate_activation.name,
            "peepholes": "p" in self.parameters,
        }


def _peep(z, c, p, out):
    """A gate's pre-activation with what it sees of the cell through its peephole, if it has one."""
    if p is None:
        return z
    np.multiply(c, p, out=out)
    return np.add(out, z, out=out)


def _rows_of(steps):
    return slice(steps[0].start, steps[-1].stop)


def _blocks(steps, n_rows):
    """Consecutive steps in blocks of at most n_rows rows (but one step at least), last first."""
    blocks, size = [], n_rows
    for step in reversed(steps):
        rows = step.stop - step.start
        if size + rows > n_rows:
            blocks.append([])
            size = 0
        blocks[-1].insert(0, step)
        size += rows
    return blocks


def _peephole_gradient(tape, rows, delta):
    """dp (3, H) of a block: eq. (24)."""
    _, delta_f, delta_o, delta_i = delta.reshape(len(delta), 4, -1).transpose(1, 0, 2)
    c = tape.c[tape.packing.n_first :][rows]
    c_previous = tape.packing.before(tape.c, rows)
    seen = ((delta_f, c_previous), (delta_o, c), (delta_i, c_previous))
    return np.stack([np.einsum("nh,nh->h", delta_k, cell) for delta_k, cell in seen])


def _flush_subnormal(gradient):
    """Set to zero what is about to become subnormal, in place.

    A gradient that decays over many steps would end among the subnormal numbers, with which a
    processor computes some 16 times more slowly. Anything below tiny / eps (1e-292 in float64,
    1e-31 in float32) is lost in rounding beside any gradient that a float can tell from zero.
    """
    limits = np.finfo(gradient.dtype)
    gradient[np.abs(gradient) < limits.tiny / limits.eps] = 0
