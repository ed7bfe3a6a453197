"""How weights start: functions ``init(rng, shape, fan_in, fan_out) -> (shape) float64``.

A layer calls its initializer once a weight array and passes two fans. For an LSTM they are
fan_in = H and fan_out = D + H for all of W, R and p: DeepLearning4j's rule, not the sizes of the
arrays. For a softmax output they are H and K, the shape of its V.
"""

import numpy as np

__all__ = ["normal", "orthogonal", "uniform", "xavier", "zeros"]


def normal(std=1.0):
    """Normal weights of mean 0; std 1 is DeepLearning4j's WeightInit.DISTRIBUTION.

    Parameters
    ----------
    std : float
        Standard deviation, 0 or more.

    Returns
    -------
    callable
        ``init(rng, shape, fan_in, fan_out) -> ndarray (shape) float64``

    Raises
    ------
    ValueError
        If `std` is negative or not finite.

    Examples
    --------
    >>> import numpy as np
    >>> normal(0.05)(np.random.default_rng(0), (3, 8), 2, 5).shape
    (3, 8)
    """
    if not 0 <= std < np.inf:
        raise ValueError(f"std={std}, expected a finite number of 0 or more")
    return lambda rng, shape, fan_in, fan_out: std * rng.standard_normal(shape)


def uniform(limit):
    """Weights uniform between -limit and limit.

    Parameters
    ----------
    limit : float
        Largest magnitude, 0 or more.

    Returns
    -------
    callable
        ``init(rng, shape, fan_in, fan_out) -> ndarray (shape) float64``

    Raises
    ------
    ValueError
        If `limit` is negative or not finite.

    Examples
    --------
    >>> import numpy as np
    >>> bool(abs(uniform(0.1)(np.random.default_rng(0), (3, 8), 2, 5)).max() <= 0.1)
    True
    """
    if not 0 <= limit < np.inf:
        raise ValueError(f"limit={limit}, expected a finite number of 0 or more")
    return lambda rng, shape, fan_in, fan_out: rng.uniform(-limit, limit, shape)


def xavier():
    """Normal weights of variance 2 / (fan_in + fan_out) [1]_, the default of every layer.

    Returns
    -------
    callable
        ``init(rng, shape, fan_in, fan_out) -> ndarray (shape) float64``

    References
    ----------
    .. [1] Glorot & Bengio (2010), Understanding the difficulty of training deep feedforward
       neural networks, eq. 12 (there for every layer's own fans).

    Examples
    --------
    >>> import numpy as np
    >>> xavier()(np.random.default_rng(0), (3, 8), 2, 5).shape
    (3, 8)
    """
    return lambda rng, shape, fan_in, fan_out: (
        np.sqrt(2 / (fan_in + fan_out)) * rng.standard_normal(shape)
    )


def zeros():
    """All weights zero.

    Returns
    -------
    callable
        ``init(rng, shape, fan_in, fan_out) -> ndarray (shape) float64``

    Examples
    --------
    >>> import numpy as np
    >>> print(zeros()(np.random.default_rng(0), (1, 2), 2, 5))
    [[0. 0.]]
    """
    return lambda rng, shape, fan_in, fan_out: np.zeros(shape)


def orthogonal():
    """Weights with orthonormal rows or columns in every gate's block; peepholes zero [1]_.

    The block of a gate is orthogonal by itself, not the four side by side: each gate then
    preserves the length of h. Peephole weights are a diagonal, which has no such form: zero.

    Returns
    -------
    callable
        ``init(rng, shape, fan_in, fan_out) -> ndarray (shape) float64``

    References
    ----------
    .. [1] Saxe, McClelland & Ganguli (2014), Exact solutions to the nonlinear dynamics of
       learning in deep linear neural networks, section 3.

    Examples
    --------
    >>> import numpy as np
    >>> R = orthogonal()(np.random.default_rng(0), (2, 8), 2, 5)
    >>> bool(np.allclose(R[:, :2] @ R[:, :2].T, np.eye(2)))
    True
    """

    def init(rng, shape, fan_in, fan_out):
        rows, columns = shape
        if columns == 4 * fan_in and shape != (fan_in, fan_out):  # W or R of an LSTM
            return np.hstack([_orthogonal_block(rng, rows, fan_in) for _ in range(4)])
        if columns == fan_in and shape != (fan_in, fan_out):  # p of an LSTM
            return np.zeros(shape)
        return _orthogonal_block(rng, rows, columns)

    return init


def _orthogonal_block(rng, rows, columns):
    tall = rng.standard_normal((max(rows, columns), min(rows, columns)))
    q, r = np.linalg.qr(tall)
    # The signs make the draw uniform over orthogonal matrices: QR alone prefers some.
    q *= np.sign(np.diag(r))
    return q if rows >= columns else q.T
