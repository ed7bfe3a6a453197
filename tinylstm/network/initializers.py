"""How weights start: ``init(rng, shape, fan_in, fan_out) -> ndarray (shape), float64``.

A layer calls its initializer once a weight array and passes two fans. For an LSTM they are
fan_in = H and fan_out = D + H for all of W, R and p: DeepLearning4j's rule, not the sizes of the
arrays. For a softmax output they are H and K, the shape of its V.

>>> import numpy as np
>>> init = normal(std=0.05)
>>> init, init(np.random.default_rng(0), (3, 8), 2, 5).shape
(normal(std=0.05), (3, 8))
"""

from dataclasses import dataclass

import numpy as np

__all__ = ["normal", "orthogonal", "uniform", "xavier", "zeros"]


@dataclass(frozen=True)
class normal:
    """Normal weights of mean 0; std 1 is DeepLearning4j's WeightInit.DISTRIBUTION.

    Parameters
    ----------
    std : float
        Standard deviation, 0 or more.
    """

    std: float = 1.0

    def __post_init__(self):
        _check_finite("std", self.std)

    def __call__(self, rng, shape, fan_in, fan_out):
        """An ndarray of `shape`."""
        return self.std * rng.standard_normal(shape)


@dataclass(frozen=True)
class uniform:
    """Weights uniform between -limit and limit.

    Parameters
    ----------
    limit : float
        Largest magnitude, 0 or more.
    """

    limit: float

    def __post_init__(self):
        _check_finite("limit", self.limit)

    def __call__(self, rng, shape, fan_in, fan_out):
        """An ndarray of `shape`."""
        return rng.uniform(-self.limit, self.limit, shape)


@dataclass(frozen=True)
class xavier:
    """Normal weights of variance 2 / (fan_in + fan_out) [1]_, the default of every layer.

    References
    ----------
    .. [1] Glorot & Bengio (2010), Understanding the difficulty of training deep feedforward
       neural networks, eq. 12 (there for every layer's own fans).
    """

    def __call__(self, rng, shape, fan_in, fan_out):
        """An ndarray of `shape`."""
        return np.sqrt(2 / (fan_in + fan_out)) * rng.standard_normal(shape)


@dataclass(frozen=True)
class zeros:
    """All weights zero."""

    def __call__(self, rng, shape, fan_in, fan_out):
        """An ndarray of `shape`."""
        return np.zeros(shape)


@dataclass(frozen=True)
class orthogonal:
    """Weights with orthonormal rows or columns in every gate's block; peepholes zero [1]_.

    The block of a gate is orthogonal by itself, not the four side by side: each gate then
    preserves the length of h. Peephole weights are a diagonal, which has no such form: zero.

    References
    ----------
    .. [1] Saxe, McClelland & Ganguli (2014), Exact solutions to the nonlinear dynamics of
       learning in deep linear neural networks, section 3.
    """

    def __call__(self, rng, shape, fan_in, fan_out):
        """An ndarray of `shape`."""
        rows, columns = shape
        if columns == 4 * fan_in and shape != (fan_in, fan_out):  # W or R of an LSTM
            return np.hstack([_orthogonal_block(rng, rows, fan_in) for _ in range(4)])
        if columns == fan_in and shape != (fan_in, fan_out):  # p of an LSTM
            return np.zeros(shape)
        return _orthogonal_block(rng, rows, columns)


def _check_finite(name, value):
    if not 0 <= value < np.inf:
        raise ValueError(f"{name}={value}, expected a finite number of 0 or more")


def _orthogonal_block(rng, rows, columns):
    """A matrix (rows, columns) with orthonormal columns, or rows where there are fewer of them."""
    tall = rng.standard_normal((max(rows, columns), min(rows, columns)))
    q, r = np.linalg.qr(tall)
    # The signs make the draw uniform over orthogonal matrices: QR alone prefers some.
    q *= np.sign(np.diag(r))
    return q if rows >= columns else q.T
