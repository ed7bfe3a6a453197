"""Arguments that draw: a random generator, which the caller makes."""

import numpy as np


def require_generator(name, value):
    """Raise a ValueError unless the argument is a numpy.random.Generator.

    >>> require_generator("rng", 0)
    Traceback (most recent call last):
    ValueError: rng=0, expected a numpy.random.Generator such as numpy.random.default_rng(0)
    """
    if not isinstance(value, np.random.Generator):
        seed = value if type(value) is int else 0  # True is an int too
        raise ValueError(
            f"{name}={value!r}, expected a numpy.random.Generator such as "
            f"numpy.random.default_rng({seed})"
        )
