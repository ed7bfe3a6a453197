"""Which weights to use: an average over the last steps, or those that validation liked best.

Both watch the training and keep weights of their own; the network's go on as if nobody looked.
``network.with_parameters(average.parameters)`` is the network with the ones kept.
"""

import math

import numpy as np

from tinylstm.small.counts import as_count
from tinylstm.small.reprs import settings_repr


class ExponentialAverage:
    """An exponential average of the weights over the steps [1]_.

    After step s = 0, 1, 2, ... average <- d average + (1 - d) weights, with
    d = min(decay, s / (s + 10)): it begins with the weights of the first step, and stretches over
    more and more steps up to some 1 / (1 - decay) of them.

    Parameters
    ----------
    decay : float
        Above 0 and below 1.

    Attributes
    ----------
    parameters : dict of ndarray
        The average, by the names of ``network.parameters``; empty before the first step.

    Raises
    ------
    ValueError
        If `decay` will not do.

    References
    ----------
    .. [1] Polyak & Juditsky (1992), Acceleration of stochastic approximation by averaging, there
       with equal weights for all steps.

    Examples
    --------
    >>> average = ExponentialAverage(0.99)
    >>> for b in (1.0, 2.0, 3.0):
    ...     average.update({"b": np.array([b])})  # d is 0, 1/11, 2/12
    >>> print(average.parameters["b"].round(3))
    [2.818]
    """

    remembers = True

    def __init__(self, decay=0.99):
        self.decay = float(decay)
        if not 0 < self.decay < 1:
            raise ValueError(f"decay={decay}, expected a number between 0 and 1")
        self.parameters = {}
        self.n_steps = 0

    def update(self, parameters):
        """Take in the weights after a step, a mapping of arrays; `fit` calls it."""
        # Of the first steps a plain average would remember too much, weights drawn at random.
        d = min(self.decay, self.n_steps / (self.n_steps + 10))
        for name, p in parameters.items():
            if self.n_steps == 0:
                self.parameters[name] = p.copy()
            else:
                self.parameters[name] += (1 - d) * (p - self.parameters[name])
        self.n_steps += 1

    @property
    def state(self):
        """What the steps so far left: name -> ndarray, copies; set it to go on from there."""
        return {"n_steps": np.array(self.n_steps), **_copies(self.parameters)}

    @state.setter
    def state(self, state):
        self.n_steps = int(state["n_steps"])
        self.parameters = _copies({name: state[name] for name in state if name != "n_steps"})

    @property
    def settings(self):
        """The arguments that make it again, a dict."""
        return {"decay": self.decay}

    __repr__ = settings_repr


class EarlyStopping:
    """Stop when validation has not got better for a while, and keep the best weights.

    Parameters
    ----------
    patience : int
        How many epochs in a row may pass without a new best.
    monitor : {"auc", "loss"}
        What is judged: the validation AUC, the larger the better, or the validation loss.

    Attributes
    ----------
    best_epoch : int
        The epoch of the best weights, counted from 1; 0 before the first.
    best : float
        Its AUC or loss; of several that are equal the first.
    parameters : dict of ndarray
        Its weights, by the names of ``network.parameters``; averaged ones where `fit` averages.
    stopped : bool

    Raises
    ------
    ValueError
        If an argument will not do.

    Examples
    --------
    >>> from tinylstm.training import History
    >>> stopping = EarlyStopping(patience=2)
    >>> history = History()
    >>> for epoch, auc in enumerate((0.8, 0.83, 0.82, 0.81), start=1):
    ...     history.validation_auc.append(auc)
    ...     stopping.update(history, {"b": np.array([epoch])})
    >>> stopping.stopped, stopping.best_epoch, stopping.parameters["b"].tolist()
    (True, 2, [2])
    """

    remembers = True

    def __init__(self, patience, monitor="auc"):
        self.patience = as_count("patience", patience, least=1)
        if monitor not in ("auc", "loss"):
            raise ValueError(f"monitor={monitor!r}, expected 'auc' or 'loss'")
        self.monitor = monitor
        self.best_epoch, self.best = 0, -math.inf if monitor == "auc" else math.inf
        self.stopped = False
        self.parameters = {}

    def update(self, history, parameters):
        """Take in the last epoch's validation and the weights that were judged; `fit` calls it.

        An AUC or loss of nan is never better.
        """
        values = getattr(history, f"validation_{self.monitor}")
        epoch, value = len(values), values[-1]
        if value > self.best if self.monitor == "auc" else value < self.best:
            self.best_epoch, self.best = epoch, value
            self.parameters = _copies(parameters)
        self.stopped = epoch - self.best_epoch >= self.patience

    @property
    def state(self):
        """What the epochs so far left: name -> ndarray, copies; set it to go on from there."""
        scalars = {"best_epoch": self.best_epoch, "best": self.best, "stopped": self.stopped}
        arrays = {name: np.array(value) for name, value in scalars.items()}
        return {**arrays, **_copies(self.parameters)}

    @state.setter
    def state(self, state):
        state = dict(state)
        self.best_epoch = int(state.pop("best_epoch"))
        self.best = float(state.pop("best"))
        self.stopped = bool(state.pop("stopped"))
        self.parameters = _copies(state)

    @property
    def settings(self):
        """The arguments that make it again, a dict."""
        return {"patience": self.patience, "monitor": self.monitor}

    __repr__ = settings_repr


def _copies(arrays):
    return {name: array.copy() for name, array in arrays.items()}
