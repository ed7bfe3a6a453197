"""BidirectionalLSTM: two peephole LSTMs, one of which reads the sequence from its end.

The equation numbers are those of EQUATIONS.md.
"""

import copy
from collections import namedtuple

import numpy as np

from .checks import check_h_mask, check_mask, check_parameters, check_sequence
from .peephole_lstm import PeepholeLSTM

MERGES = ("sum", "concat")

Tapes = namedtuple("Tapes", "shape forward backward")
Tapes.__doc__ = "What forward keeps for backward: the shape (T, N), and each direction's own tape."


class BidirectionalLSTM:
    """Two peephole LSTMs on the same features, forwards and backwards in time: eqs. (37) to (39).

    A masked step wipes the state of either direction, so padding is invisible from both sides.

    Parameters
    ----------
    n_in : int
        D, features of a step.
    n_units : int
        H, units of each direction.
    merge : {"sum", "concat"}
        The two outputs are added, as in DeepLearning4j's GravesBidirectionalLSTM, or stand side by
        side, forwards first.
    **settings
        Of both directions, as in `PeepholeLSTM`: `activation`, `gate_activation`, `peepholes`,
        `forget_bias`, `initializer`, `rng`, `dtype`. Initial weights are drawn for the forward
        direction first.

    Attributes
    ----------
    parameters : dict
        "forward.W" (D, 4H), "forward.R" (H, 4H), "forward.p" (3, H), "forward.b" (4H,), and
        "backward.W" to "backward.b" likewise.
    n_hidden : int
        H.
    n_units : int
        The width of the output: H for "sum", 2H for "concat".

    Raises
    ------
    ValueError
        If `merge` is another, or a setting is not as `PeepholeLSTM` demands.

    Examples
    --------
    >>> import numpy as np
    >>> layer = BidirectionalLSTM(86, 300, merge="concat", rng=np.random.default_rng(0))
    >>> y, tape = layer.forward(np.zeros((7, 2, 86)))
    >>> y.shape
    (7, 2, 600)
    >>> dx, gradients = layer.backward(np.ones((7, 2, 600)), tape)
    >>> dx.shape, len(gradients)
    ((7, 2, 86), 8)
    """

    def __init__(self, n_in, n_units, merge="sum", **settings):
        if merge not in MERGES:
            raise ValueError(f"merge={merge!r}, expected one of {MERGES}")
        self.merge = merge
        forwards, backwards = (PeepholeLSTM(n_in, n_units, **settings) for _ in range(2))
        self._like = forwards  # what both directions are made from, with the weights of now
        self.n_in, self.n_hidden = forwards.n_in, forwards.n_units
        self.n_units = self.n_hidden if merge == "sum" else 2 * self.n_hidden
        self.parameters = {f"forward.{key}": array for key, array in forwards.parameters.items()}
        self.parameters |= {f"backward.{key}": array for key, array in backwards.parameters.items()}

    def forward(self, x, mask=None, h_mask=None):
        """Run both directions over a batch of sequences: eqs. (37) to (39).

        Parameters
        ----------
        x : ndarray (T, N, D)
        mask : ndarray (T, N) bool, optional
            True where a step is real; None: all are.
        h_mask : ndarray (N, 2H), optional
            Dropout of each direction's own h, forwards first; see `PeepholeLSTM.forward`.

        Returns
        -------
        y : ndarray (T, N, n_units)
            Zero where masked.
        tape : Tapes
            For `backward`.

        Raises
        ------
        ValueError
            If an array has the wrong shape or dtype.
        """
        x = check_sequence("x", x, self.n_in)
        mask = check_mask("mask", mask, x.shape[:2])
        if h_mask is not None:
            h_mask = check_h_mask(h_mask, (x.shape[1], 2 * self.n_hidden))
        h_masks = (None, None) if h_mask is None else np.split(h_mask, 2, axis=1)
        forwards, backwards = self._directions()
        mask_reversed = None if mask is None else mask[::-1]
        y_forward, tape_forward = forwards.forward(x, mask, h_mask=h_masks[0])
        # Reversed with its mask: what was padding behind is now padding before.
        y_reversed, tape_backward = backwards.forward(x[::-1], mask_reversed, h_mask=h_masks[1])
        y_backward = y_reversed[::-1]  # eq. (37)
        if self.merge == "sum":
            y = y_forward + y_backward  # eq. (38)
        else:
            y = np.concatenate([y_forward, y_backward], axis=2)  # eq. (39)
        return y, Tapes(x.shape[:2], tape_forward, tape_backward)

    def backward(self, dy, tape, want_dx=True):
        """Backpropagation through both directions: eqs. (40) to (42).

        Parameters
        ----------
        dy : ndarray (T, N, n_units) float
            The loss's derivative by `y`; without influence at masked steps.
        tape : Tapes
            What `forward` returned; it is not changed.
        want_dx : bool
            False: spare the products that give dx.

        Returns
        -------
        dx : ndarray (T, N, D)
            The loss's derivative by `x`, zero at masked steps; None unless wanted.
        gradients : dict
            One array for each parameter, of its shape and dtype.

        Raises
        ------
        ValueError
            If dy has the wrong shape.
        """
        dy = check_sequence("dy", dy, self.n_units, tape.shape)
        forwards, backwards = self._directions()
        if self.merge == "sum":
            dy_forward = dy_backward = dy  # eq. (40)
        else:
            dy_forward, dy_backward = np.split(dy, 2, axis=2)  # eq. (41)
        dx_forward, of_forward = forwards.backward(dy_forward, tape.forward, want_dx)
        dx_reversed, of_backward = backwards.backward(dy_backward[::-1], tape.backward, want_dx)
        gradients = {f"forward.{key}": of_forward[key] for key in of_forward}
        gradients |= {f"backward.{key}": of_backward[key] for key in of_backward}
        return dx_forward + dx_reversed[::-1] if want_dx else None, gradients  # eq. (42)

    def _directions(self):
        """Two PeepholeLSTMs with this layer's weights: forwards, backwards."""
        return [
            self._like.with_parameters(
                {key: self.parameters[f"{direction}.{key}"] for key in self._like.parameters}
            )
            for direction in ("forward", "backward")
        ]

    def with_parameters(self, parameters):
        """The same layer with other weights: arrays of the names and shapes of its own, not copied.

        Raises ValueError where a name is missing or unknown, or a shape differs.
        """
        other = copy.copy(self)
        other.parameters = check_parameters(parameters, self.parameters)
        other._like = other._directions()[0]
        return other

    @property
    def settings(self):
        """What makes this layer again, weights apart: keyword arguments of the class, as a dict."""
        return {**self._like.settings, "merge": self.merge}

    def __repr__(self):
        activation = self._like.activation.name
        return f"BidirectionalLSTM({self.n_in}, {self.n_hidden}, {self.merge}, {activation})"
