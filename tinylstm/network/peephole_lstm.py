"""PeepholeLSTM: forward, and backward through time, written out by hand.

The equation numbers are those of EQUATIONS.md. Only real steps are computed, packed (packing.py);
the loops over steps are in recurrence.py.
"""

import copy
from collections import namedtuple

import numpy as np

from tinylstm.network.fast.memory import aligned_empty
from tinylstm.network.fast.packing import Packing
from tinylstm.network.fast.recurrence import steps_backward, steps_forward
from tinylstm.small.counts import as_count

from . import initializers
from .activations import activation_of
from .checks import (
    check_dtype,
    check_h_mask,
    check_mask,
    check_parameters,
    check_rng,
    check_sequence,
    check_state,
    compute_dtype,
)

# Rows (steps times examples) that backward takes at once: enough for the product of the weight
# gradients to run at full speed, and few enough for delta and the factors to stay in the cache.
BLOCK_ROWS = 256

Tape = namedtuple("Tape", "packing inputs gates c h_mask state")
Tape.__doc__ = """What forward keeps for backward, of P real steps in packed order (packing.py).

inputs (P, H + D + 1): rows h_{t-1}, x_t, 1. gates: for each step s of the runs the activations a,
f, o, i (4, H, n_s). c: the cell state before step 0, (H, n_0), and after each step, (H, n_s).
h_mask (H, n_0), of dropout, or None. state: the pair (h, c) after step T-1, each (N, H).
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
        If a size is not a positive whole number, an activation or the dtype is another, or `rng`
        is no generator.

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
        *,
        rng,
        dtype=np.float64,
    ):
        self.n_in = as_count("n_in", n_in, least=1)
        self.n_units = as_count("n_units", n_units, least=1)
        self.activation = activation_of(activation)
        self.gate_activation = activation_of(gate_activation)
        rng, dtype = check_rng(rng), check_dtype(dtype)
        init = initializers.xavier() if initializer is None else initializer
        fans = n_units, n_in + n_units
        b = np.zeros((4, n_units))
        b[1] = forget_bias  # in the order a, f, o, i
        arrays = {
            "W": init(rng, (n_in, 4 * n_units), *fans),
            "R": init(rng, (n_units, 4 * n_units), *fans),
        }
        if peepholes:
            arrays["p"] = init(rng, (3, n_units), *fans)
        arrays["b"] = b.reshape(-1)
        self.parameters = {name: array.astype(dtype) for name, array in arrays.items()}

    def __repr__(self):
        text = f"{self.n_in}, {self.n_units}, {self.activation.name}"
        if self.gate_activation.name != "sigmoid":
            text += f", gate_activation={self.gate_activation.name}"
        if "p" not in self.parameters:
            text += ", peepholes=False"
        dtype = self.parameters["W"].dtype
        return f"PeepholeLSTM({text}{'' if dtype == np.float64 else f', dtype={dtype}'})"

    def forward(self, x, mask=None, state=None, h_mask=None):
        """Run the layer over a batch of sequences: eqs. (1) to (8).

        Parameters
        ----------
        x : ndarray (T, N, D)
            Cast to the dtype of the parameters; complex stays complex.
        mask : ndarray (T, N) bool, optional
            True where a step is real; 0 and 1 will do. A masked step sets h and c to zero; what
            stands in x there has no influence. None: all are real.
        state : pair of ndarray (N, H), optional
            (h, c) before step 0; None: zeros.
        h_mask : ndarray (N, H), optional
            Dropout: what h_{t-1} is multiplied by, at every step, where it enters eq. (1).

        Returns
        -------
        y : ndarray (T, N, H)
            h at every step, zero where masked.
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
        if state is not None:
            state = check_state(state, (x.shape[1], self.n_units))
        if h_mask is not None:
            h_mask = check_h_mask(h_mask, (x.shape[1], self.n_units))
        dtype = compute_dtype(self.parameters, x, *(state or ()))
        packing, n_units = Packing(x.shape[:2], mask), self.n_units
        n_rows, n_first = packing.n_rows, packing.n_first
        tape = Tape(
            packing,
            inputs=aligned_empty((n_rows, n_units + self.n_in + 1), dtype),
            gates=[part.reshape(4, n_units, -1) for part in packing.columns(4 * n_units, dtype)],
            c=packing.columns(n_units, dtype, first=1),
            h_mask=None if h_mask is None else packing.of_runs(h_mask.astype(dtype)),
            state=None,
        )
        # One product with U = [R; W; b] a step: no gradient has to be gathered from two of them.
        tape.inputs[:, n_units:-1] = packing.pack(x)
        tape.inputs[:, -1] = 1
        h_0 = np.zeros((n_units, n_first), dtype)
        tape.c[0][...] = 0
        if state is not None:
            h_0[...], tape.c[0][...] = (packing.started(part) for part in state)
        packed_y = aligned_empty((n_rows, n_units), dtype)
        with np.errstate(over="ignore"):  # of exp, in a sigmoid that is 0 then, as it should be
            steps_forward(self, tape, h_0, packed_y)
        y = packing.unpack(packed_y)  # eq. (8)
        return y, tape._replace(state=(y[-1].copy(), packing.ended(tape.c)))

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
        packing, dtype, n_units = tape.packing, tape.inputs.dtype, self.n_units
        dy = check_sequence("dy", dy, n_units, packing.shape)
        dy = packing.pack(dy.astype(dtype, copy=False))  # eq. (21)
        # What comes to a run's state from its later steps: nothing at its last one.
        dh_later = dc_later = np.zeros((n_units, 0), dtype)
        dU = np.zeros((n_units + self.n_in + 1, 4 * n_units), dtype)
        dp = np.zeros((3, n_units), dtype)
        dx = np.empty((packing.n_rows, self.n_in), dtype) if want_dx else None
        for block in packing.blocks(BLOCK_ROWS):
            rows = slice(block[0][1].start, block[-1][1].stop)
            delta, dp_block, dh_later, dc_later = steps_backward(
                self, tape, block, dy, dh_later, dc_later
            )
            dU += tape.inputs[rows].T @ delta.T  # eqs. (22) (23)
            dp += dp_block  # eq. (24)
            if want_dx:
                dx[rows] = delta.T @ self.parameters["W"].T  # eq. (25)
        gradients = {"W": dU[n_units:-1], "R": dU[:n_units], "b": dU[-1]}
        if "p" in self.parameters:
            gradients["p"] = dp
        return (packing.unpack(dx) if want_dx else None), gradients

    def with_parameters(self, parameters):
        """The same layer with other weights, of the same names and shapes; not copied."""
        other = copy.copy(self)
        other.parameters = check_parameters(parameters, self.parameters)
        return other

    @property
    def settings(self):
        """What makes this layer again, weights apart: keyword arguments of the class, as a dict."""
        return {
            "n_in": self.n_in,
            "n_units": self.n_units,
            "activation": self.activation.name,
            "gate_activation": self.gate_activation.name,
            "peepholes": "p" in self.parameters,
        }
