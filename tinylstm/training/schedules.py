"""Schedules: what the learning rate is multiplied by, as a function of the step.

A schedule is called with the number of steps taken before, 0 at first, and returns the multiplier
that Loshchilov & Hutter (2019) call η_t.
"""

import math

from tinylstm.small.counts import as_count
from tinylstm.small.reprs import settings_repr


class Cosine:
    """From 1 to 0 along half a wave: (1 + cos(π t / n_steps)) / 2 [1]_, and 0 from then on.

    Parameters
    ----------
    n_steps : int
        Of the whole training: epochs times batches.

    Raises
    ------
    ValueError
        If `n_steps` is not a whole number of 1 or more.

    References
    ----------
    .. [1] Loshchilov & Hutter (2017), SGDR: stochastic gradient descent with warm restarts, eq. 5,
       without a restart.

    Examples
    --------
    >>> schedule = Cosine(600)
    >>> [round(schedule(step), 3) for step in (0, 200, 300, 600)]
    [1.0, 0.75, 0.5, 0.0]
    """

    def __init__(self, n_steps):
        self.n_steps = as_count("n_steps", n_steps, least=1)

    def __call__(self, step):
        """The multiplier η_t after `step` steps."""
        return (1 + math.cos(math.pi * min(step / self.n_steps, 1))) / 2

    @property
    def settings(self):
        """The arguments that make it again, a dict."""
        return {"n_steps": self.n_steps}

    __repr__ = settings_repr


class StepDecay:
    """Times `factor` after every so many steps: factor ** (t // every).

    Parameters
    ----------
    every : int
        Steps between two changes.
    factor : float
        Above 0, and by custom below 1.

    Raises
    ------
    ValueError
        If an argument will not do.

    Examples
    --------
    >>> schedule = StepDecay(every=100, factor=0.5)
    >>> [schedule(step) for step in (0, 99, 100, 250)]
    [1.0, 1.0, 0.5, 0.25]
    """

    def __init__(self, every, factor):
        self.every = as_count("every", every, least=1)
        self.factor = float(factor)
        if not 0 < self.factor < math.inf:
            raise ValueError(f"factor={factor}, expected a finite number above 0")

    def __call__(self, step):
        """The multiplier η_t after `step` steps."""
        return self.factor ** (step // self.every)

    @property
    def settings(self):
        """The arguments that make it again, a dict."""
        return {"every": self.every, "factor": self.factor}

    __repr__ = settings_repr
