"""Truncated backpropagation as a problem for the check: what comes before the last steps is fixed.

The gradients of a chunk are no derivative of its loss: of the recurrent layers' uses only those at
the last steps count. They are the derivative of another function, in which the steps before have
been run once, with the weights as they are: that is the loss here.
"""

import numpy as np


def truncated_problem(network, batch, states, backward):
    """As `network_problem`, of `Network.chunk_gradients` from states by layer; no "x"."""
    *recurrent, _ = network.layers.items()
    first = max(0, len(batch.features) - backward)
    mask, fixed, x = batch.feature_mask, {}, batch.features
    for name, layer in recurrent:
        y_early, state = np.zeros((0, len(batch), layer.n_units)), states[name]
        if first:
            y_early, tape = layer.forward(x[:first], mask[:first], state)
            state = tape.state
        fixed[name] = y_early, state
        x = np.concatenate([y_early, layer.forward(x[first:], mask[first:], state)[0]])

    def loss(arrays):
        other, x = network.with_parameters(arrays), batch.features[first:]
        for name, _ in recurrent:
            y_early, state = fixed[name]
            x, _ = other.layers[name].forward(x, mask[first:], state)
        h = np.concatenate([y_early, x])
        return list(other.layers.values())[-1].loss(h, batch.labels, batch.label_mask)

    def gradients():
        return network.chunk_gradients(batch, states, backward)[1]

    return loss, dict(network.parameters), gradients
