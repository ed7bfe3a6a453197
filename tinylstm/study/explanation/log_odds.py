"""The log-odds of a risk: of one class in two, or of several classes against the others.

With z the logits, eq. (9), and the risk the sum of the softmax over some classes, they are
log(sum of exp z over these) - log(sum of exp z over the others). For one class of two this is the
difference of the two logits, a linear function of h of the last recurrent layer.
"""

import numpy as np


def in_float64(networks, risk=None):
    """The same networks with weights in double precision, which differences of risks need.

    ValueError if there is none, or one has no such classes; without `risk` it must have two.
    """
    if len(networks) == 0:
        raise ValueError("networks: none, expected at least one")
    for network in networks:
        *_, output = network.layers.values()
        K = output.n_classes
        if risk is None and K != 2:
            raise ValueError(f"the network has {K} classes, expected 2")
        if risk is not None and not 0 < len(set(risk) & set(range(K))) == len(risk) < K:
            raise ValueError(f"risk {risk}: expected some, not all, of the classes 0 to {K - 1}")
    return [
        network.with_parameters({k: p.astype(np.float64) for k, p in network.parameters.items()})
        for network in networks
    ]


def hidden(network, x):
    """x (T, N, D) -> h (T, N, H) of the last recurrent layer, and the tape of each layer."""
    *recurrent, _ = network.layers.values()
    tapes = []
    for layer in recurrent:
        x, tape = layer.forward(x)
        tapes.append(tape)
    return x, tapes


def log_odds_of(network, h, risk=(1,)):
    """h (..., H) as of `hidden` -> the log-odds of the risk (...): eq. (9)."""
    (_, _, inside), (_, _, outside) = _sides(network, h, risk)
    return inside - outside


def log_odds_slopes(network, h, risk=(1,)):
    """By how much they rise with each unit at h (..., H): their derivative, (..., H)."""
    (V, z, inside), (W, y, outside) = _sides(network, h, risk)
    return np.exp(z - inside[..., None]) @ V.T - np.exp(y - outside[..., None]) @ W.T


def _sides(network, h, risk):
    """Of the risk's classes, and of the others: weights (H, k), logits (..., k), log of the sum."""
    *_, output = network.layers.values()
    V, b = output.parameters["W"], output.parameters["b"]
    sides = []
    for classes in list(risk), [k for k in range(len(b)) if k not in risk]:
        z = h @ V[:, classes] + b[classes]
        sides.append((V[:, classes], z, np.logaddexp.reduce(z, axis=-1)))
    return sides
