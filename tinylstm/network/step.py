"""One step at a time: what comes in is answered at once, and the state is all that is remembered.

The plain form is `forward` over the whole sequence. There a step is one product with U = [R; W; b],
put together beforehand; here no weight is copied. The equation numbers are those of EQUATIONS.md.
"""

import numpy as np

from .checks import check_state, compute_dtype
from .peephole_lstm import PeepholeLSTM
from .truncated import checked_state


def step_from(layers, output, x, state):
    """One step of a network: (probabilities (N, K), state after it).

    `layers` is a dict, name -> recurrent layer; x (N, D); the state is as in truncated.py.
    """
    x, n_in = np.asarray(x), next(iter(layers.values())).n_in
    if x.ndim != 2 or x.shape[1] != n_in or not len(x) or x.dtype.kind not in "fciub":
        raise ValueError(
            f"x_t has shape {x.shape}, dtype {x.dtype}, expected numbers of shape (N, {n_in})"
        )
    state, after = checked_state(layers, state), {}
    for name, layer in layers.items():
        if isinstance(layer, PeepholeLSTM):
            after[name] = lstm_step(layer, x, state[name])
        else:
            after[name] = layer.forward(x[None], None, state=state[name])[1].state
        x = after[name][0]
    return output.forward(x[None])[0], after


def lstm_step(layer, x, state):
    """Eqs. (1) to (7) once: x (N, D), state the pair (h, c), None: zeros -> (h, c), each (N, H)."""
    shape = len(x), layer.n_units
    pair = np.zeros((2, *shape), x.dtype) if state is None else check_state(state, shape)
    dtype = layer.parameters["W"].dtype
    if any(array.dtype != dtype for array in (x, *pair)):  # seldom, and to find out takes a while
        dtype = compute_dtype(layer.parameters, x, *pair)
    x, h, c = (array.astype(dtype, copy=False) for array in (x, *pair))
    g, s = layer.activation.function, layer.gate_activation.function
    W, R, b, p = (layer.parameters.get(name) for name in "WRbp")
    p = np.zeros((3, 1), dtype) if p is None else p  # rows f, o, i; the blocks of z: a, f, o, i
    z = x @ W + h @ R + b  # eq. (1)
    z = np.ascontiguousarray(z.reshape(len(x), 4, -1).transpose(1, 0, 2))  # by gate, (4, N, H)
    with np.errstate(over="ignore"):  # of exp, in a sigmoid that is 0 then, as it should be
        a = g(z[0])  # eq. (2)
        f, i = s(z[1::2] + c * p[::2, None])  # eqs. (3) (4)
        c = f * c + i * a  # eq. (5)
        o = s(z[2] + c * p[1])  # eq. (6)
        return o * g(c), c  # eq. (7)
