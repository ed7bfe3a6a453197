"""Arguments that count something: sizes, numbers of epochs, seeds."""

import operator

__all__ = ["as_count"]


def as_count(name, value, least):
    """Check an argument that counts something.

    Parameters
    ----------
    name : str
        The argument's name.
    value : int
        Its value, a Python or a NumPy integer.
    least : int
        The least value that makes sense.

    Returns
    -------
    int

    Raises
    ------
    ValueError
        If the value is not an integer, or less.

    Examples
    --------
    >>> as_count("batch_size", 32, least=1)
    32
    >>> as_count("batch_size", 0, least=1)
    Traceback (most recent call last):
    ValueError: batch_size=0, expected at least 1
    """
    try:
        count = operator.index(value)
    except TypeError:
        raise ValueError(f"{name}={value!r}, expected an integer") from None
    if count < least:
        raise ValueError(f"{name}={count}, expected at least {least}")
    return count
