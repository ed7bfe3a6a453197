"""Solutions of notebooks 5, 2 and 9: numeric gradients, gradients over time, running free."""

import numpy as np


def central_difference(f, x, step):
    """The gradient of f at x by central differences.

    Parameters
    ----------
    f : callable
        ``f(x) -> float``.
    x : ndarray, any shape
    step : float
        How far to go to either side, the same for every entry.

    Returns
    -------
    gradient : ndarray of the shape of `x`
    """
    gradient = np.zeros_like(x)
    for k in np.ndindex(x.shape):
        shift = np.zeros_like(x)
        shift[k] = step
        gradient[k] = (f(x + shift) - f(x - shift)) / (2 * step)
    return gradient


def complex_step(f, x, step):
    """The gradient of f at x by complex steps.

    Parameters
    ----------
    f : callable
        ``f(x) -> complex``, for complex x; analytic.
    x : ndarray, any shape, real
    step : float
        The imaginary part given to one entry after the other, such as 1e-20.

    Returns
    -------
    gradient : ndarray of the shape of `x`, real
    """
    gradient = np.zeros_like(x)
    for k in np.ndindex(x.shape):
        shifted = x.astype(complex)
        shifted[k] += 1j * step
        gradient[k] = f(shifted).imag / step
    return gradient


def relative_error(analytic, numeric):
    """The difference of two gradients, entry by entry, relative to the larger of the two.

    Parameters
    ----------
    analytic, numeric : ndarray, of one shape

    Returns
    -------
    error : ndarray of the same shape
        0 or more; the larger is meant by magnitude; 0 where both gradients are 0.
    """
    largest = np.maximum(np.abs(analytic), np.abs(numeric))
    return np.abs(analytic - numeric) / np.where(largest > 0, largest, 1)


def gradient_norm_by_lag(dh):
    """How large the gradient is that reaches each step, against its distance from the last one.

    Parameters
    ----------
    dh : ndarray (T, N, H)
        dL/dh_t, where L depends on the last step, T - 1, alone.

    Returns
    -------
    norm : ndarray (T,)
        Entry k: the Euclidean norm at lag k, that is at step T - 1 - k, over all examples and
        units.
    """
    return np.sqrt(np.sum(dh**2, axis=(1, 2)))[::-1]


def constant_error_carousel(f):
    """The share of dc_{T-1} that reaches each step through the cells alone, without a peephole.

    Parameters
    ----------
    f : ndarray (T, N, H)
        The forget gates; f_t stands between c_{t-1} and c_t, eq. (5).

    Returns
    -------
    share : ndarray (T, N, H)
        Entry t is the derivative of c_{T-1} by c_t along the cell: 1 at the last step, below it
        a product of forget gates.
    """
    share = np.ones_like(f)
    for t in reversed(range(len(f) - 1)):
        share[t] = share[t + 1] * f[t + 1]
    return share


def free_run(step, state, y, n_steps):
    """Let a network run on its own outputs: each is the next step's input.

    Parameters
    ----------
    step : callable
        ``step(y, state) -> (y, state)``: the next output and state, from an input and a state.
    state : ndarray (H,)
        The state to start from.
    y : float
        The input of the first step.
    n_steps : int

    Returns
    -------
    outputs : ndarray (n_steps,)
        What the network put out, the first input not included.
    """
    outputs = []
    for _ in range(n_steps):
        y, state = step(y, state)
        outputs.append(y)
    return np.array(outputs)


def wilson_interval(k, n, z):
    """Wilson's confidence interval of a proportion, from k successes in n trials.

    Its centre is (k + z²/2) / (n + z²), and it reaches z sqrt(k (n - k) / n + z²/4) / (n + z²) to
    either side.

    Parameters
    ----------
    k, n : int
    z : float
        1.96 for 95 %.

    Returns
    -------
    low, high : float
    """
    centre = (k + z**2 / 2) / (n + z**2)
    half = z * np.sqrt(k * (n - k) / n + z**2 / 4) / (n + z**2)
    return centre - half, centre + half
