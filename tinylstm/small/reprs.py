"""One line from which one can tell what an object is."""


def settings_repr(thing):
    """The call that makes an object again, by its `settings`; what is None or empty is left out.

    >>> class Gain:
    ...     settings = {"factor": 2.0, "schedule": None}
    >>> settings_repr(Gain())
    'Gain(factor=2.0)'
    """
    settings = {key: value for key, value in thing.settings.items() if value not in (None, {})}
    arguments = ", ".join(f"{key}={value!r}" for key, value in settings.items())
    return f"{type(thing).__name__}({arguments})"
