"""Inverted dropout: masks for the inputs of the layers and for the LSTM's own h_{t-1}.

A mask holds 0 for what is left out and 1 / (1 - rate) for what stays, so that every product has
the mean that it has without dropout: evaluation needs nothing. There is one row of masks for each
sequence, the same at all its steps (Gal & Ghahramani 2016). Masks are drawn outside of the network
and handed to it with a batch: with the masks fixed, the loss is a function like any other, and its
gradient can be checked.
"""

import numpy as np

from .checks import check_rng


class Dropout:
    """The rates of dropout; `draw` makes a batch's masks [1]_.

    Parameters
    ----------
    inputs : float
        Share of the features that a sequence goes without, 0 <= rate < 1.
    recurrent : float
        Share of the units of h_{t-1} that a recurrent layer goes without in eq. (1).
    output : float
        Share of its units that a recurrent layer keeps from the layer above it.

    Raises
    ------
    ValueError
        If a rate is none.

    References
    ----------
    .. [1] Gal & Ghahramani (2016), A theoretically grounded application of dropout in recurrent
       neural networks, section 4.

    Examples
    --------
    >>> import tinylstm as tl
    >>> rng = np.random.default_rng(0)
    >>> network = tl.Network({"lstm": tl.PeepholeLSTM(5, 4, rng=rng),
    ...                       "output": tl.SoftmaxOutput(4, 2, rng=rng)})
    >>> masks = Dropout(recurrent=0.2).draw(network, 3, rng)
    >>> masks["lstm.h"].shape, bool(np.isin(masks["lstm.h"], (0, 1.25)).all())
    ((3, 4), True)
    >>> batch = tl.Batch(np.ones((7, 3, 5)), np.tile([1.0, 0.0], (7, 3, 1)))
    >>> loss, gradients = network.loss_and_gradients(batch, dropout_masks=masks)
    """

    def __init__(self, inputs=0.0, recurrent=0.0, output=0.0):
        self.inputs, self.recurrent, self.output = inputs, recurrent, output
        for name, rate in self.settings.items():
            if not 0 <= rate < 1:
                raise ValueError(f"{name}={rate}, expected a rate of 0 or more and below 1")

    def __repr__(self):
        return f"Dropout({', '.join(f'{name}={rate}' for name, rate in self.settings.items())})"

    def draw(self, network, n_examples, rng):
        """Draw the masks of one batch of N examples.

        Returns
        -------
        dict of ndarray, of the dtype of the layer's parameters
            "layer.x" (N, D): multiplies the layer's input at every step; "layer.h" (N, H):
            multiplies h_{t-1} where the layer itself uses it; of a bidirectional layer (N, 2H), the
            forward direction first. No entry where the rate is 0.
        """
        check_rng(rng)
        masks = {}
        rate = self.inputs
        for name, layer in network.layers.items():
            dtype = np.result_type(*layer.parameters.values())
            if rate:
                masks[f"{name}.x"] = _draw(rng, rate, (n_examples, layer.n_in), dtype)
            if self.recurrent and _width_of_h(layer):
                shape = n_examples, _width_of_h(layer)
                # r_h of eqs. (34) to (36)
                masks[f"{name}.h"] = _draw(rng, self.recurrent, shape, dtype)
            rate = self.output  # on the way to every layer but the first
        return masks

    @property
    def settings(self):
        """What makes this again: keyword arguments of the class, as a dict."""
        return {"inputs": self.inputs, "recurrent": self.recurrent, "output": self.output}


def check_dropout_masks(masks, layers, n_examples):
    """Demand masks of the names and shapes that `Dropout.draw` gives."""
    shapes = {f"{name}.x": (n_examples, layer.n_in) for name, layer in layers.items()}
    shapes |= {
        f"{name}.h": (n_examples, _width_of_h(layer))
        for name, layer in layers.items()
        if _width_of_h(layer)
    }
    for name, mask in masks.items():
        if name not in shapes:
            raise ValueError(f"dropout_masks has {name!r}, expected some of {', '.join(shapes)}")
        if np.shape(mask) != shapes[name]:
            raise ValueError(
                f"dropout_masks, {name}: shape {np.shape(mask)}, expected {shapes[name]}"
            )


def _width_of_h(layer):
    """How many numbers a layer hands on to itself: H, of both directions 2H, of an output layer 0.

    They are what its R, or both, are multiplied by.
    """
    return sum(len(R) for name, R in layer.parameters.items() if name.split(".")[-1] == "R")


def _draw(rng, rate, shape, dtype):
    kept = rng.random(shape) >= rate
    return kept.astype(dtype) / dtype.type(1 - rate)  # eq. (33)
