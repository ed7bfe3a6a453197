"""Clipping by global norm: an optimizer around another."""

import math

import numpy as np

__all__ = ["Clipped", "global_norm"]


class Clipped:
    """Another optimizer's steps, with gradients whose global norm is at most `max_norm` [1]_.

    The norm is that of all gradients together, as one vector, and all are scaled by one number, so
    that their direction stays. It is the norm of the loss that this package computes, the *mean*
    over a batch's examples; DeepLearning4j clips the sum over them, and layer by layer, so its
    thresholds do not carry over.

    Parameters
    ----------
    optimizer : Optimizer
    max_norm : float
        Above 0.

    Raises
    ------
    ValueError
        If `max_norm` is not above 0.

    References
    ----------
    .. [1] Pascanu, Mikolov & Bengio (2013), On the difficulty of training recurrent neural
       networks, algorithm 1.

    Examples
    --------
    >>> from tinylstm.training import SGD
    >>> parameters = {"b": np.array([1.0, 1.0])}
    >>> Clipped(SGD(1.0), max_norm=1.0).step(parameters, {"b": np.array([3.0, 4.0])})
    >>> print(parameters["b"].round(4))
    [0.4 0.2]
    """

    def __init__(self, optimizer, max_norm):
        self.optimizer, self.max_norm = optimizer, float(max_norm)
        if not self.max_norm > 0:
            raise ValueError(f"max_norm={max_norm}, expected a number above 0")

    def step(self, parameters, gradients):
        """As of `Optimizer`; the gradients themselves are not changed.

        Parameters
        ----------
        parameters, gradients : mapping of ndarray
            As of `Optimizer.step`.

        Examples
        --------
        See `Clipped`.
        """
        norm = global_norm(gradients)
        if norm > self.max_norm:
            gradients = {name: (self.max_norm / norm) * g for name, g in gradients.items()}
        self.optimizer.step(parameters, gradients)

    @property
    def remembers(self):
        """As the inner optimizer."""
        return self.optimizer.remembers

    @property
    def state(self):
        """The inner optimizer's."""
        return self.optimizer.state

    @state.setter
    def state(self, state):
        self.optimizer.state = state

    @property
    def settings(self):
        """As of `Optimizer`."""
        return {"optimizer": self.optimizer, "max_norm": self.max_norm}


def global_norm(gradients):
    """The Euclidean norm of all gradients as one vector.

    Parameters
    ----------
    gradients : mapping of ndarray

    Returns
    -------
    float

    Examples
    --------
    >>> global_norm({"W": np.array([[3.0]]), "b": np.array([4.0])})
    5.0
    """
    return math.sqrt(sum(float(np.sum(np.square(g), dtype=np.float64)) for g in gradients.values()))
