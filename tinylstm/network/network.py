"""Network: named layers in a row, and one batch's way through them and back."""

from types import MappingProxyType

from .dropout import check_masks
from .softmax_output import SoftmaxOutput

__all__ = ["Network"]


class Network:
    """Any number of recurrent layers in a row and a softmax output at the end.

    Parameters
    ----------
    layers : dict
        Name -> layer, in the order of the forward pass. The last is a SoftmaxOutput; every other
        has ``forward(x, mask) -> (y, tape)`` and ``backward(dy, tape, want_dx) -> (dx,
        gradients)``, a dict `parameters`, and the sizes `n_in` and `n_units`; for dropout of its
        own h, also ``forward(x, mask, h_mask=)``.

    Attributes
    ----------
    layers : mapping, read-only
    parameters : mapping, read-only
        "layer.array" -> the live array. Write into it with ``parameters["lstm.W"][...] = W``.

    Raises
    ------
    ValueError
        If there is no layer but the output, the last is no SoftmaxOutput, a name has a dot, or
        the sizes of two neighbours differ.

    Examples
    --------
    >>> import numpy as np
    >>> import tinylstm as tl
    >>> rng = np.random.default_rng(0)
    >>> network = Network({
    ...     "lstm": tl.PeepholeLSTM(86, 300, rng=rng),
    ...     "output": tl.SoftmaxOutput(300, 2, rng=rng),
    ... })
    >>> network.forward(np.zeros((7, 1, 86))).shape
    (7, 1, 2)
    """

    def __init__(self, layers):
        self.layers = MappingProxyType(dict(layers))
        _check_layers(self.layers)
        *names, self._output_name = self.layers
        self._recurrent = {name: self.layers[name] for name in names}
        self._output = self.layers[self._output_name]

    @property
    def parameters(self):
        """Every weight by name, "layer.array": a read-only mapping of live arrays.

        Examples
        --------
        >>> import numpy as np
        >>> import tinylstm as tl
        >>> rng = np.random.default_rng(0)
        >>> network = Network({"lstm": tl.PeepholeLSTM(3, 2, rng=rng),
        ...                    "output": tl.SoftmaxOutput(2, 2, rng=rng)})
        >>> list(network.parameters)
        ['lstm.W', 'lstm.R', 'lstm.p', 'lstm.b', 'output.W', 'output.b']
        """
        return MappingProxyType(
            {
                f"{name}.{key}": array
                for name, layer in self.layers.items()
                for key, array in layer.parameters.items()
            }
        )

    def with_parameters(self, parameters):
        """The same network with other weights.

        Parameters
        ----------
        parameters : dict of ndarray
            The names and shapes of `self.parameters`; real or complex. Not copied.

        Returns
        -------
        Network

        Raises
        ------
        ValueError
            If a name is missing or unknown, or a shape differs.

        Examples
        --------
        >>> import numpy as np
        >>> import tinylstm as tl
        >>> rng = np.random.default_rng(0)
        >>> network = Network({"lstm": tl.PeepholeLSTM(3, 2, rng=rng),
        ...                    "output": tl.SoftmaxOutput(2, 2, rng=rng)})
        >>> zero = network.with_parameters({k: 0 * v for k, v in network.parameters.items()})
        >>> print(zero.forward(np.ones((1, 1, 3))))
        [[[0.5 0.5]]]
        """
        known = self.parameters
        if set(parameters) != set(known):
            raise ValueError(f"parameters are {sorted(parameters)}, expected {sorted(known)}")
        return Network(
            {
                name: layer.with_parameters(
                    {key: parameters[f"{name}.{key}"] for key in layer.parameters}
                )
                for name, layer in self.layers.items()
            }
        )

    def forward(self, features, feature_mask=None):
        """Probabilities of the classes at every step.

        Parameters
        ----------
        features : ndarray (T, N, D)
        feature_mask : ndarray (T, N) bool, optional
            True where a step is real; None: everywhere.

        Returns
        -------
        probabilities : ndarray (T, N, K)

        Raises
        ------
        ValueError
            If an array has the wrong shape or dtype.

        Examples
        --------
        >>> import numpy as np
        >>> import tinylstm as tl
        >>> rng = np.random.default_rng(0)
        >>> network = Network({"lstm": tl.PeepholeLSTM(3, 2, rng=rng),
        ...                    "output": tl.SoftmaxOutput(2, 2, rng=rng)})
        >>> network.forward(np.ones((5, 4, 3))).shape
        (5, 4, 2)
        """
        return self._output.forward(self._hidden(features, feature_mask))

    def loss(self, batch, dropout=None, class_weights=None):
        """Cross-entropy, summed over labelled steps and divided by the number of examples.

        Parameters
        ----------
        batch : Batch
            features (T, N, D), labels (T, N, K), feature_mask and label_mask (T, N).
        dropout : dict of ndarray, optional
            A batch's masks, see `Dropout.draw`.
        class_weights : sequence of K floats, optional
            What a label of each class counts, see `SoftmaxOutput.loss`; None: 1.

        Returns
        -------
        float (or complex, where the features or a parameter are)

        Examples
        --------
        >>> import numpy as np
        >>> import tinylstm as tl
        >>> rng = np.random.default_rng(0)
        >>> network = Network({"lstm": tl.PeepholeLSTM(3, 2, rng=rng),
        ...                    "output": tl.SoftmaxOutput(2, 2, tl.initializers.zeros(), rng)})
        >>> batch = tl.Batch(np.ones((1, 4, 3)), np.tile([1.0, 0.0], (1, 4, 1)))
        >>> round(float(network.loss(batch)), 6)  # the logarithm of 2
        0.693147
        """
        hidden = self._hidden(batch.features, batch.feature_mask, dropout)
        return self._output.loss(hidden, batch.labels, batch.label_mask, class_weights)

    def loss_and_probabilities(self, batch):
        """The loss and the probabilities of a batch, in one forward pass.

        Parameters
        ----------
        batch : Batch

        Returns
        -------
        loss : float
        probabilities : ndarray (T, N, K)

        Examples
        --------
        >>> import numpy as np
        >>> import tinylstm as tl
        >>> rng = np.random.default_rng(0)
        >>> network = Network({"lstm": tl.PeepholeLSTM(3, 2, rng=rng),
        ...                    "output": tl.SoftmaxOutput(2, 2, rng=rng)})
        >>> batch = tl.Batch(np.ones((1, 4, 3)), np.tile([1.0, 0.0], (1, 4, 1)))
        >>> loss, probabilities = network.loss_and_probabilities(batch)
        >>> probabilities.shape
        (1, 4, 2)
        """
        hidden = self._hidden(batch.features, batch.feature_mask)
        loss = self._output.loss(hidden, batch.labels, batch.label_mask)
        return loss, self._output.forward(hidden)

    def loss_and_gradients(self, batch, dropout=None, class_weights=None):
        """The loss of a batch and its derivative by every weight.

        Parameters
        ----------
        batch : Batch
        dropout : dict of ndarray, optional
            The batch's masks, see `Dropout.draw`.
        class_weights : sequence of K floats, optional
            What a label of each class counts, see `SoftmaxOutput.loss`; None: 1.

        Returns
        -------
        loss : float
        gradients : dict
            "layer.array" -> ndarray, the names, shapes and dtypes of `parameters`.

        Examples
        --------
        >>> import numpy as np
        >>> import tinylstm as tl
        >>> rng = np.random.default_rng(0)
        >>> network = Network({"lstm": tl.PeepholeLSTM(3, 2, rng=rng),
        ...                    "output": tl.SoftmaxOutput(2, 2, rng=rng)})
        >>> batch = tl.Batch(np.ones((1, 4, 3)), np.tile([1.0, 0.0], (1, 4, 1)))
        >>> loss, gradients = network.loss_and_gradients(batch)
        >>> gradients["lstm.W"].shape
        (3, 8)
        """
        loss, gradients, _ = self._there_and_back(batch, dropout, class_weights, want_dx=False)
        return loss, gradients

    def input_gradient(self, batch):
        """The derivative of a batch's loss by its features.

        Parameters
        ----------
        batch : Batch

        Returns
        -------
        dx : ndarray (T, N, D)
            Zero at masked steps.

        Examples
        --------
        >>> import numpy as np
        >>> import tinylstm as tl
        >>> rng = np.random.default_rng(0)
        >>> network = Network({"lstm": tl.PeepholeLSTM(3, 2, rng=rng),
        ...                    "output": tl.SoftmaxOutput(2, 2, rng=rng)})
        >>> batch = tl.Batch(np.ones((1, 4, 3)), np.tile([1.0, 0.0], (1, 4, 1)))
        >>> network.input_gradient(batch).shape
        (1, 4, 3)
        """
        return self._there_and_back(batch, want_dx=True)[2]

    def summary(self):
        """The layers, their arrays, shapes and numbers of parameters, as a table.

        Returns
        -------
        str

        Examples
        --------
        >>> import numpy as np
        >>> import tinylstm as tl
        >>> rng = np.random.default_rng(0)
        >>> print(Network({"lstm": tl.PeepholeLSTM(86, 300, rng=rng),
        ...                "output": tl.SoftmaxOutput(300, 2, rng=rng)}).summary())
        layer   class          array  shape        parameters
        lstm    PeepholeLSTM   W      (86, 1200)      103,200
        lstm    PeepholeLSTM   R      (300, 1200)     360,000
        lstm    PeepholeLSTM   p      (3, 300)            900
        lstm    PeepholeLSTM   b      (1200,)           1,200
        output  SoftmaxOutput  W      (300, 2)            600
        output  SoftmaxOutput  b      (2,)                  2
        total                                         465,902
        """
        rows = [
            (name, type(layer).__name__, key, str(array.shape), f"{array.size:,}")
            for name, layer in self.layers.items()
            for key, array in layer.parameters.items()
        ]
        total = sum(array.size for array in self.parameters.values())
        header = ("layer", "class", "array", "shape", "parameters")
        rows = [header, *rows, ("total", "", "", "", f"{total:,}")]
        widths = [max(len(row[k]) for row in rows) for k in range(len(header))]
        return "\n".join(
            "  ".join(
                [cell.ljust(width) for cell, width in zip(row[:-1], widths[:-1], strict=True)]
                + [row[-1].rjust(widths[-1])]
            )
            for row in rows
        )

    def _hidden(self, features, feature_mask, dropout=None):
        """What the output layer takes in, (T, N, H); no tape is kept."""
        masks = check_masks(dropout, self.layers, features.shape[1])
        x = features
        for name, layer in self._recurrent.items():
            x = _layer_forward(name, layer, x, feature_mask, masks)[0]
        return _masked(x, masks.get(f"{self._output_name}.x"))

    def _there_and_back(self, batch, dropout=None, class_weights=None, want_dx=True):
        """Forward through all layers, backward through all: (loss, gradients, dx or None)."""
        masks = check_masks(dropout, self.layers, len(batch))
        x, tapes = batch.features, []
        for name, layer in self._recurrent.items():
            x, tape = _layer_forward(name, layer, x, batch.feature_mask, masks)
            tapes.append(tape)
        x_mask = masks.get(f"{self._output_name}.x")
        loss, dx, own = self._output.loss_and_gradients(
            _masked(x, x_mask), batch.labels, batch.label_mask, class_weights
        )
        collected = {self._output_name: own}
        for name, layer in reversed(self._recurrent.items()):
            needed = want_dx or len(tapes) > 1
            dy = _masked(dx, x_mask)  # eq. (36)
            dx, collected[name] = layer.backward(dy, tapes.pop(), needed)
            x_mask = masks.get(f"{name}.x")
        gradients = {
            f"{name}.{key}": collected[name][key]
            for name, layer in self.layers.items()
            for key in layer.parameters
        }
        return loss, gradients, _masked(dx, x_mask) if want_dx else None


def _layer_forward(name, layer, x, feature_mask, masks):
    own = {"h_mask": masks[f"{name}.h"]} if f"{name}.h" in masks else {}
    return layer.forward(_masked(x, masks.get(f"{name}.x")), feature_mask, **own)  # eq. (34)


def _masked(x, mask):
    """What dropout leaves of x (T, N, F), forward, or of a gradient, backward; mask (N, F)."""
    return x if mask is None else x * mask


def _check_layers(layers):
    if len(layers) < 2:
        raise ValueError(f"layers are {list(layers)}, expected a recurrent one and an output")
    for name in layers:
        if not isinstance(name, str) or not name or "." in name:
            raise ValueError(f"layer name {name!r}: expected a text without a dot")
    *recurrent, last = layers.items()
    if not isinstance(last[1], SoftmaxOutput):
        raise ValueError(f"the last layer {last[0]!r} is no SoftmaxOutput")
    for name, layer in recurrent:
        if isinstance(layer, SoftmaxOutput):
            raise ValueError(f"layer {name!r} is a SoftmaxOutput and not the last one")
    below, n_units = None, None
    for name, layer in layers.items():
        if below is not None and layer.n_in != n_units:
            raise ValueError(
                f"layer {name!r} takes {layer.n_in} features, but {below!r} below it has "
                f"{n_units} units"
            )
        below, n_units = name, getattr(layer, "n_units", None)
