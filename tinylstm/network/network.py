"""Network: named layers in a row, and one batch's way through them and back."""

import inspect
from types import MappingProxyType

from .dropout import check_dropout_masks
from .softmax_output import SoftmaxOutput
from .step import step_from
from .truncated import forward_from, truncated_gradients


class Network:
    """Any number of recurrent layers in a row and a softmax output at the end.

    Parameters
    ----------
    layers : dict
        Name -> layer, in the order of the forward pass. The last is a SoftmaxOutput; every other
        has ``forward(x, mask) -> (y, tape)`` and ``backward(dy, tape) -> (dx, gradients)``, a dict
        `parameters`, and the sizes `n_in` and `n_units`. If it has them, also
        ``backward(want_dx=False)``, which spares dx, ``forward(h_mask=)`` for dropout of its own h,
        and `with_parameters`.

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
    >>> network
    Network(lstm=PeepholeLSTM(86, 300, softsign), output=SoftmaxOutput(300, 2))
    >>> network.forward(np.zeros((7, 1, 86))).shape
    (7, 1, 2)
    """

    def __init__(self, layers):
        self._layers = dict(layers)
        _check_layers(self._layers)
        *names, self._output_name = self._layers
        self._recurrent = {name: self._layers[name] for name in names}
        self._output = self._layers[self._output_name]
        # The lowest layer's dx is seldom wanted, and its product can be spared.
        lowest = self._recurrent[names[0]]
        self._spares_dx = "want_dx" in inspect.signature(lowest.backward).parameters

    def __repr__(self):
        return f"Network({', '.join(f'{name}={layer}' for name, layer in self._layers.items())})"

    @property
    def layers(self):
        """Name -> layer, in the order of the forward pass; read-only."""
        return MappingProxyType(self._layers)

    @property
    def parameters(self):
        """Every weight by name, "layer.array": a read-only mapping of live arrays."""
        return MappingProxyType(
            {
                f"{name}.{key}": array
                for name, layer in self._layers.items()
                for key, array in layer.parameters.items()
            }
        )

    def with_parameters(self, parameters):
        """The same network with other weights, of the names and shapes of `parameters`.

        They may be complex, and are not copied. ValueError if a name or a shape differs.
        """
        known = self.parameters
        if set(parameters) != set(known):
            raise ValueError(f"parameters are {sorted(parameters)}, expected {sorted(known)}")
        return Network(
            {
                name: layer.with_parameters(
                    {key: parameters[f"{name}.{key}"] for key in layer.parameters}
                )
                for name, layer in self._layers.items()
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
        """
        return self._output.forward(self._hidden(features, feature_mask))

    def loss(self, batch, dropout_masks=None, class_weights=None):
        """Cross-entropy, summed over labelled steps and divided by the number of examples.

        Parameters
        ----------
        batch : Batch
            features (T, N, D), labels (T, N, K), feature_mask and label_mask (T, N).
        dropout_masks : dict of ndarray, optional
            A batch's masks, see `Dropout.draw`.
        class_weights : sequence of K floats, optional
            What a label of each class counts, see `SoftmaxOutput.loss`; None: 1.

        Returns
        -------
        float (or complex, where the features or a parameter are)
        """
        h = self._hidden(batch.features, batch.feature_mask, dropout_masks)
        return self._output.loss(h, batch.labels, batch.label_mask, class_weights)

    def loss_and_probabilities(self, batch):
        """The loss and the probabilities (T, N, K) of a batch, in one forward pass."""
        h = self._hidden(batch.features, batch.feature_mask)
        loss = self._output.loss(h, batch.labels, batch.label_mask)
        return loss, self._output.forward(h)

    def loss_and_gradients(self, batch, dropout_masks=None, class_weights=None):
        """The loss of a batch and its derivative by every weight.

        Parameters
        ----------
        batch, dropout_masks, class_weights
            As of `loss`.

        Returns
        -------
        loss : float
        gradients : dict
            "layer.array" -> ndarray, the names, shapes and dtypes of `parameters`.
        """
        loss, gradients, _ = self._there_and_back(batch, dropout_masks, class_weights)
        return loss, gradients

    def input_gradient(self, batch):
        """The derivative of a batch's loss by its features, (T, N, D); zero at masked steps."""
        return self._there_and_back(batch, want_dx=True)[2]

    def summary(self):
        """The layers, their arrays, shapes and numbers of parameters, as a table.

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
            for name, layer in self._layers.items()
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

    def step(self, x_t, state=None):
        """One step: probabilities at once, and the state to hand in with the next step.

        Parameters
        ----------
        x_t : ndarray (N, D)
            The features of one step of N sequences.
        state : dict, optional
            What the call before returned; None: at the beginning. It is not changed.

        Returns
        -------
        probabilities : ndarray (N, K)
        state : dict
            Name of a recurrent layer -> the pair (h, c), each (N, H).

        Raises
        ------
        ValueError
            If a shape is another, or a layer goes through whole sequences alone, as a
            bidirectional one does: it needs the steps that are still to come.

        Examples
        --------
        >>> import numpy as np
        >>> import tinylstm as tl
        >>> rng = np.random.default_rng(0)
        >>> network = Network({"lstm": tl.PeepholeLSTM(3, 2, rng=rng),
        ...                    "output": tl.SoftmaxOutput(2, 2, rng=rng)})
        >>> rows, state = np.ones((5, 3)), None
        >>> for row in rows:  # as they come in
        ...     p, state = network.step(row[None], state)
        >>> bool(np.allclose(p, network.forward(rows[:, None])[-1]))
        True
        """
        return step_from(self._recurrent, self._output, x_t, state)

    def run_chunk(self, chunk, state=None, dropout_masks=None):
        """Loss, probabilities (T, N, K) and final state of a batch that goes on from a state.

        `chunk` is a Batch of some steps of longer sequences, the state as of `step`.
        """
        if dropout_masks is not None:
            check_dropout_masks(dropout_masks, self._layers, len(chunk))
        h, _, state = forward_from(
            self._recurrent, chunk.features, chunk.feature_mask, state, dropout_masks
        )
        if dropout_masks is not None:
            h = h * dropout_masks.get(f"{self._output_name}.x", 1)
        loss = self._output.loss(h, chunk.labels, chunk.label_mask)
        return loss, self._output.forward(h), state

    def chunk_gradients(
        self, chunk, state=None, backward=None, dropout_masks=None, class_weights=None
    ):
        """Loss, gradients and final state of a batch that goes on from a state: eq. (43).

        Parameters
        ----------
        chunk : Batch
            Some steps of longer sequences.
        state : dict, optional
            As of `step`; taken as constant.
        backward : int, optional
            B, the last steps of the chunk that are gone back through; None: all.
        dropout_masks, class_weights
            As of `loss`.

        Returns
        -------
        loss : float
        gradients : dict
            As of `loss_and_gradients`.
        state : dict
        """
        if dropout_masks is not None:
            check_dropout_masks(dropout_masks, self._layers, len(chunk))
        layers, name = self._recurrent, self._output_name
        h, tapes, state = forward_from(
            layers, chunk.features, chunk.feature_mask, state, dropout_masks, backward
        )
        x_mask = (dropout_masks or {}).get(f"{name}.x", 1)
        loss, dx, own = self._output.loss_and_gradients(
            h * x_mask, chunk.labels, chunk.label_mask, class_weights
        )
        gradients = truncated_gradients(
            layers,
            dx * x_mask,
            tapes,
            dropout_masks,
            backward,
            {"want_dx": False} if self._spares_dx else {},
        )
        gradients |= {f"{name}.{key}": array for key, array in own.items()}
        return loss, {key: gradients[key] for key in self.parameters}, state

    def _hidden(self, features, feature_mask, dropout_masks=None, tapes=None):
        """What the output layer takes in, (T, N, H); a list `tapes` gets the layers' tapes."""
        if dropout_masks is not None:
            check_dropout_masks(dropout_masks, self._layers, features.shape[1])
        masks, x = dropout_masks or {}, features
        for name, layer in self._recurrent.items():
            if f"{name}.x" in masks:
                x = x * masks[f"{name}.x"]  # eq. (34), of x
            h_mask = {"h_mask": masks[f"{name}.h"]} if f"{name}.h" in masks else {}
            x, tape = layer.forward(x, feature_mask, **h_mask)
            if tapes is not None:
                tapes.append(tape)
        if f"{self._output_name}.x" in masks:
            x = x * masks[f"{self._output_name}.x"]
        return x

    def _there_and_back(self, batch, dropout_masks=None, class_weights=None, want_dx=False):
        """Forward through all layers, backward through all: (loss, gradients, dx or None)."""
        tapes = []
        loss, dx, own = self._output.loss_and_gradients(
            # Without a name of its own, so that dx can take its memory: a sixth of a tape.
            self._hidden(batch.features, batch.feature_mask, dropout_masks, tapes),
            batch.labels,
            batch.label_mask,
            class_weights,
        )
        masks, gradients = dropout_masks or {}, {self._output_name: own}
        above = self._output_name
        for name, layer in reversed(self._recurrent.items()):
            dy = dx * masks[f"{above}.x"] if f"{above}.x" in masks else dx  # eq. (36)
            lowest = len(tapes) == 1
            spare = {"want_dx": False} if self._spares_dx and lowest and not want_dx else {}
            dx, gradients[name] = layer.backward(dy, tapes.pop(), **spare)
            above = name
        if want_dx and f"{above}.x" in masks:
            dx = dx * masks[f"{above}.x"]
        in_order = {
            f"{name}.{key}": gradients[name][key]
            for name, layer in self._layers.items()
            for key in layer.parameters
        }
        return loss, in_order, dx


def _check_layers(layers):
    """Demand recurrent layers and an output at the end, names without dots, sizes that fit."""
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
        for attribute in ("forward", "backward", "parameters", "n_in", "n_units"):
            if not hasattr(layer, attribute):
                raise ValueError(f"layer {name!r}, a {type(layer).__name__}, has no {attribute}")
    below, n_units = None, None
    for name, layer in layers.items():
        if below is not None and layer.n_in != n_units:
            raise ValueError(
                f"layer {name!r} takes {layer.n_in} features, but {below!r} below it has "
                f"{n_units} units"
            )
        below, n_units = name, getattr(layer, "n_units", None)
