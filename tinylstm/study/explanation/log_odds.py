"""The log-odds of class 1 in a network of two classes.

They are the difference of the two logits, eq. (9): a linear function of h of the last recurrent
layer, from which an explanation goes back through the layers below.
"""

import numpy as np

__all__ = ["hidden", "in_float64", "log_odds_of", "log_odds_weights"]


def in_float64(networks):
    """The same networks with weights in double precision, which differences of risks need.

    Parameters
    ----------
    networks : list of Network

    Returns
    -------
    list of Network

    Raises
    ------
    ValueError
        If there is none, or one has not two classes.

    Examples
    --------
    >>> in_float64([])
    Traceback (most recent call last):
    ValueError: networks: none, expected at least one
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
    """What the last recurrent layer gives, and what each layer needs for the way back.

    Parameters
    ----------
    network : Network
    x : ndarray (T, N, D)

    Returns
    -------
    h : ndarray (T, N, H)
    tapes : list of Tape
        One for each recurrent layer, see ``PeepholeLSTM.forward``.

    Examples
    --------
    See `log_odds_of`.
    """
    *recurrent, _ = network.layers.values()
    tapes = []
    for layer in recurrent:
        x, tape = layer.forward(x)
        tapes.append(tape)
    return x, tapes


def log_odds_weights(network):
    """By how much the log-odds of class 1 rise with each unit of the last recurrent layer.

    Parameters
    ----------
    network : Network

    Returns
    -------
    ndarray (H,)

    Examples
    --------
    See `log_odds_of`.
    """
    *_, output = network.layers.values()
    W = output.parameters["W"]
    return W[:, 1] - W[:, 0]


def log_odds_of(network, h):
    """The log-odds of class 1.

    Parameters
    ----------
    network : Network
    h : ndarray (..., H)
        As of `hidden`.

    Returns
    -------
    ndarray (...)

    Examples
    --------
    >>> import tinylstm as tl
    >>> rng = np.random.default_rng(0)
    >>> network = tl.Network({"lstm": tl.PeepholeLSTM(3, 4, rng=rng),
    ...                       "output": tl.SoftmaxOutput(4, 2, rng=rng)})
    >>> x = np.ones((5, 1, 3))
    >>> h, tapes = hidden(network, x)
    >>> p = network.forward(x)
    >>> log_odds = log_odds_of(network, h)
    >>> bool(np.allclose(log_odds, np.log(p[:, :, 1] / p[:, :, 0])))
    True
    >>> bool(np.allclose(log_odds - log_odds[0], (h - h[0]) @ log_odds_weights(network)))
    True
    """
    *_, output = network.layers.values()
    b = output.parameters["b"]
    return h @ log_odds_weights(network) + b[1] - b[0]
