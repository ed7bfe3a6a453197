"""How gradients change the weights: plain, with momentum, or Adam.

θ is a parameter, g its gradient, α the learning rate, η_t the schedule's multiplier at step t, and
λ the parameter's weight decay. Every optimizer here does

    θ <- θ - η_t λ θ - η_t α (direction)

and differs from the others in the direction alone. The decay is decoupled [1]_: it is no part of
the gradient, so nothing scales it but the schedule.

References
----------
.. [1] Loshchilov & Hutter (2019), Decoupled weight decay regularization, algorithms 1 and 2.
"""

import math

import numpy as np

from tinylstm.small.reprs import settings_repr


class Optimizer:
    """What the optimizers share: the step, the schedule and the decay; see `SGD`.

    `n_steps` counts the steps taken. A subclass says what the direction is.
    """

    def __init__(self, learning_rate, schedule=None, weight_decay=None):
        # A float of Python's, not of NumPy's, which would lift float32 gradients to float64.
        self.learning_rate = float(learning_rate)
        if not (math.isfinite(self.learning_rate) and self.learning_rate > 0):
            raise ValueError(f"learning_rate={learning_rate}, expected a finite number above 0")
        self.schedule = schedule
        self.weight_decay = {name: float(rate) for name, rate in (weight_decay or {}).items()}
        for name, rate in self.weight_decay.items():
            if not 0 <= rate < math.inf:
                raise ValueError(f"weight_decay of {name} is {rate}, expected 0 or more")
        self.n_steps = 0
        self._memory = {}  # "v/lstm.W" -> array of the parameter's shape and dtype

    def step(self, parameters, gradients):
        """Change the parameters in place.

        Parameters
        ----------
        parameters : mapping of ndarray
            Name -> live array, such as ``network.parameters``.
        gradients : mapping of ndarray
            The same names, each array of its parameter's shape.

        Raises
        ------
        ValueError
            If the names or a shape differ, or there is a weight decay for another name; nothing is
            changed then.
        """
        check_gradients(parameters, gradients)
        for name in self.weight_decay:
            if name not in parameters:
                raise ValueError(f"weight_decay of {name!r}, expected of {sorted(parameters)}")
        multiplier = 1.0 if self.schedule is None else float(self.schedule(self.n_steps))
        self.n_steps += 1
        for name, p in parameters.items():
            if name in self.weight_decay:
                p *= 1 - multiplier * self.weight_decay[name]
            # eq. (30), with the direction for the gradient
            p -= multiplier * self.learning_rate * self._direction(name, gradients[name])

    def _direction(self, name, g):
        """What a parameter moves against: an array of the shape of its gradient g."""
        raise NotImplementedError

    @property
    def remembers(self):
        """Whether the next step depends on the steps so far."""
        return True

    def _remembered(self, quantity, name, like):
        """An array that lives from step to step, zero at first."""
        key = f"{quantity}/{name}"
        if key not in self._memory:
            self._memory[key] = np.zeros_like(like)
        return self._memory[key]

    @property
    def state(self):
        """What the steps so far left: name -> ndarray, copies; set it to go on from there."""
        arrays = {name: array.copy() for name, array in self._memory.items()}
        return {"n_steps": np.array(self.n_steps), **arrays}

    @state.setter
    def state(self, state):
        self.n_steps = int(state["n_steps"])
        self._memory = {name: state[name].copy() for name in state if name != "n_steps"}

    @property
    def settings(self):
        """The arguments that make it again, a dict."""
        return {
            "learning_rate": self.learning_rate,
            "schedule": self.schedule,
            "weight_decay": self.weight_decay,
        }

    __repr__ = settings_repr


class SGD(Optimizer):
    """Plain stochastic gradient descent: the direction is g.

    Parameters
    ----------
    learning_rate : float
        α, above 0.
    schedule : callable, optional
        η_t from the number of steps taken before, such as `Cosine` or `StepDecay`; None: 1.
    weight_decay : dict, optional
        Name of a parameter -> λ, 0 or more. What is not named does not decay: by custom biases and
        peephole weights are left out.

    Attributes
    ----------
    n_steps : int
        Steps taken.

    Raises
    ------
    ValueError
        If the learning rate or a λ will not do.

    Examples
    --------
    >>> parameters = {"b": np.array([1.0, 2.0])}
    >>> SGD(0.5).step(parameters, {"b": np.array([2.0, -2.0])})
    >>> print(parameters["b"])
    [0. 3.]
    >>> SGD(0.05, weight_decay={"lstm.W": 0.01})
    SGD(learning_rate=0.05, weight_decay={'lstm.W': 0.01})
    """

    def _direction(self, name, g):
        return g

    @property
    def remembers(self):
        """Whether the next step depends on the steps so far: by the schedule alone."""
        return self.schedule is not None


class Momentum(Optimizer):
    """Gradient descent with momentum, classical or Nesterov's [1]_.

    v <- μ v + g; the direction is v, or Nesterov's g + μ v.

    Parameters
    ----------
    learning_rate, schedule, weight_decay
        As of `SGD`.
    momentum : float
        μ, 0 or more and below 1.
    nesterov : bool

    Raises
    ------
    ValueError
        If `momentum` or the learning rate will not do.

    References
    ----------
    .. [1] Sutskever, Martens, Dahl & Hinton (2013), On the importance of initialization and
       momentum in deep learning, eqs. 1 to 4; Nesterov's in the variables θ + μ v, where the
       gradient is taken.

    Examples
    --------
    >>> parameters, optimizer = {"b": np.array([1.0])}, Momentum(0.1, momentum=0.5)
    >>> for _ in range(2):
    ...     optimizer.step(parameters, {"b": np.array([1.0])})  # moves by 0.1, then by 0.15
    >>> print(parameters["b"])
    [0.75]
    """

    def __init__(
        self, learning_rate, momentum=0.9, nesterov=False, schedule=None, weight_decay=None
    ):
        super().__init__(learning_rate, schedule, weight_decay)
        self.momentum, self.nesterov = float(momentum), bool(nesterov)
        if not 0 <= self.momentum < 1:
            raise ValueError(f"momentum={momentum}, expected 0 or more and below 1")

    def _direction(self, name, g):
        v = self._remembered("v", name, g)
        # In place: v lives on for the next step.
        v *= self.momentum
        v += g
        return g + self.momentum * v if self.nesterov else v

    @property
    def settings(self):
        """The arguments that make it again, a dict."""
        return {**super().settings, "momentum": self.momentum, "nesterov": self.nesterov}


class Adam(Optimizer):
    """Adam [1]_: steps of about α in every coordinate, whatever the size of the gradient.

    m <- β1 m + (1 - β1) g; v <- β2 v + (1 - β2) g²; both start at zero, and at step t = 1, 2, ...
    m / (1 - β1^t) and v / (1 - β2^t) put that right. The direction is
    m / (1 - β1^t) / (sqrt(v / (1 - β2^t)) + ε).

    Parameters
    ----------
    learning_rate, schedule, weight_decay
        As of `SGD`. With weight decay this is AdamW.
    beta1, beta2 : float
        0 or more and below 1.
    epsilon : float
        Above 0.

    Raises
    ------
    ValueError
        If an argument will not do.

    References
    ----------
    .. [1] Kingma & Ba (2015), Adam: a method for stochastic optimization, algorithm 1.

    Examples
    --------
    >>> parameters = {"b": np.array([1.0, 1.0])}
    >>> Adam(0.1).step(parameters, {"b": np.array([5.0, -0.001])})
    >>> print(parameters["b"].round(4))
    [0.9 1.1]
    """

    def __init__(
        self,
        learning_rate=0.001,
        beta1=0.9,
        beta2=0.999,
        epsilon=1e-8,
        schedule=None,
        weight_decay=None,
    ):
        super().__init__(learning_rate, schedule, weight_decay)
        self.beta1, self.beta2, self.epsilon = float(beta1), float(beta2), float(epsilon)
        for name in ("beta1", "beta2"):
            if not 0 <= getattr(self, name) < 1:
                raise ValueError(f"{name}={getattr(self, name)}, expected 0 or more and below 1")
        if not self.epsilon > 0:
            raise ValueError(f"epsilon={epsilon}, expected a number above 0")

    def _direction(self, name, g):
        m, v = self._remembered("m", name, g), self._remembered("v", name, g)
        m *= self.beta1
        m += (1 - self.beta1) * g
        v *= self.beta2
        v += (1 - self.beta2) * np.square(g)
        # Both means began at 0, and lean towards it in the first steps.
        unbiased_m = m / (1 - self.beta1**self.n_steps)
        unbiased_v = v / (1 - self.beta2**self.n_steps)
        return unbiased_m / (np.sqrt(unbiased_v) + self.epsilon)

    @property
    def settings(self):
        """The arguments that make it again, a dict."""
        own = {"beta1": self.beta1, "beta2": self.beta2, "epsilon": self.epsilon}
        return {**super().settings, **own}


def check_gradients(parameters, gradients):
    """Raise a ValueError unless there is one gradient for each parameter, of its shape."""
    if set(gradients) != set(parameters):
        raise ValueError(f"gradients of {sorted(gradients)}, expected of {sorted(parameters)}")
    for name, p in parameters.items():
        if gradients[name].shape != p.shape:
            raise ValueError(
                f"the gradient of {name} has shape {gradients[name].shape}, expected {p.shape}"
            )


class Clipped:
    """Another optimizer's steps, with gradients whose global norm is at most `max_norm` [1]_.

    The norm is that of all gradients together, as one vector, and all are scaled by one number, so
    that their direction stays. It is the norm of the loss that this package computes, the *mean*
    over a batch's examples; DeepLearning4j clips the sum over them, and layer by layer, so its
    thresholds do not carry over.

    Parameters
    ----------
    optimizer : SGD, Momentum or Adam
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
        """Change the parameters in place; the gradients themselves are not changed."""
        norm = global_norm(gradients)
        if norm > self.max_norm:
            gradients = {name: (self.max_norm / norm) * g for name, g in gradients.items()}
        self.optimizer.step(parameters, gradients)

    @property
    def remembers(self):
        """Whether the next step depends on the steps so far: as the inner optimizer's."""
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
        """The arguments that make it again, a dict."""
        return {"optimizer": self.optimizer, "max_norm": self.max_norm}

    __repr__ = settings_repr


def global_norm(gradients):
    """The Euclidean norm of all gradients as one vector, a float.

    >>> global_norm({"W": np.array([[3.0]]), "b": np.array([4.0])})
    5.0
    """
    return math.sqrt(sum(float(np.sum(np.square(g), dtype=np.float64)) for g in gradients.values()))
