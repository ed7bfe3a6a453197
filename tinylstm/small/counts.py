"""Arguments that count something: sizes, numbers of epochs, seeds."""

import operator


def as_count(name, value, least):
    """An argument that counts something, as an int; a ValueError unless it is one >= `least`.

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
