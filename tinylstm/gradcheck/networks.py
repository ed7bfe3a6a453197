"""The check of a whole network: every parameter, and the features."""

import copy

from .check import check
from .repeats import network_faults


def network_problem(network, batch):
    """A network's loss on a batch as `check` takes it: loss, arrays (features as "x"), gradients.

    The network is anything with `parameters`, `with_parameters`, `loss`, `loss_and_gradients` and
    `input_gradient`.
    """

    def loss(arrays):
        parameters = {name: arrays[name] for name in network.parameters}
        return network.with_parameters(parameters).loss(_with_features(batch, arrays["x"]))

    gradients = dict(network.loss_and_gradients(batch)[1])
    gradients["x"] = network.input_gradient(batch)
    return loss, {**network.parameters, "x": batch.features}, gradients


def check_network(network, batch, method="complex"):
    """Check every gradient of a network on a batch: of each parameter, and of the features, "x".

    Also checked: that a second call gives the same bits, and that nothing handed in is changed.

    Parameters
    ----------
    network : Network
        Or anything with its `parameters`, `with_parameters`, `loss`, `loss_and_gradients` and
        `input_gradient`; float64.
    batch : Batch
    method : {"complex", "central", "directional"}
        As in `check`. A network of the example's size has 465,902 parameters: take "directional".

    Returns
    -------
    Report

    Raises
    ------
    ValueError
        If the network or the batch is not float64.

    Examples
    --------
    >>> import numpy as np
    >>> import tinylstm as tl
    >>> rng = np.random.default_rng(0)
    >>> network = tl.Network({"lstm": tl.PeepholeLSTM(3, 2, rng=rng),
    ...                       "output": tl.SoftmaxOutput(2, 2, rng=rng)})
    >>> batch = tl.Batch(rng.normal(size=(5, 1, 3)), np.tile([1.0, 0.0], (5, 1, 1)))
    >>> check_network(network, batch).ok
    True
    """
    report = check(*network_problem(network, batch), method=method, mask=batch.feature_mask)
    report.faults += network_faults(network, batch)
    return report


def _with_features(batch, features):
    other = copy.copy(batch)
    other.features = features
    return other
