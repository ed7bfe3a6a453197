"""The log-odds of class 1 in a network of two classes.

They are the difference of the two logits, eq. (9): a linear function of h of the last recurrent
layer, from which an explanation goes back through the layers below.
"""

import numpy as np


def in_float64(networks):
    """The same networks with weights in double precision, which differences of risks need.

    ValueError if there is none, or one has not two classes.
    """
    if len(networks) == 0:
        raise ValueError("networks: none, expected at least one")
    for network in networks:
        *_, output = network.layers.values()
        if output.n_classes != 2:
            raise ValueError(f"the network has {output.n_classes} classes, expected 2")
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


def log_odds_weights(network):
    """By how much the log-odds of class 1 rise with each unit of the last recurrent layer, (H,)."""
    *_, output = network.layers.values()
    W = output.parameters["W"]
    return W[:, 1] - W[:, 0]


def log_odds_of(network, h):
    """h (..., H) as of `hidden` -> the log-odds of class 1 (...): eq. (9)."""
    *_, output = network.layers.values()
    b = output.parameters["b"]
    return h @ log_odds_weights(network) + b[1] - b[0]
