"""Solutions of notebook 8: what a text costs in bits, and how boldly to write."""

import numpy as np


def bits_per_character(p, numbers):
    """What a text costs with a model that foretells each of its characters.

    Parameters
    ----------
    p : ndarray (T, K)
        The model's probabilities before it sees each of the T characters.
    numbers : ndarray (T,) int
        The characters that came, 0 to K - 1.

    Returns
    -------
    bits : float
        The mean over the characters of the logarithm to base 2 of 1 / (its probability).
    """
    return -np.log2(p[np.arange(len(numbers)), numbers]).mean()


def with_temperature(p, temperature):
    """Probabilities to draw from: the logits divided by a temperature.

    Parameters
    ----------
    p : ndarray (K,)
        A softmax of logits that nobody has kept; all above 0.
    temperature : float
        Above 0. At 1 nothing changes; below, what is probable becomes more so.

    Returns
    -------
    q : ndarray (K,)
        The softmax of the same logits, each divided by the temperature.
    """
    powers = p ** (1 / temperature)
    return powers / powers.sum()
