"""Planted bugs: a few characters of a function of this package changed, for a while.

The function's own source is patched, compiled and run, so that what is tested is the code that
runs, as it stands today. A bug whose place in the code has gone is an error, never a bug that is
silently not planted.
"""

import importlib
import inspect
import textwrap
from collections import namedtuple
from contextlib import contextmanager

Mutation = namedtuple("Mutation", "name function old new explanation hints")
Mutation.__doc__ = """A bug: a short name; the function, "module:function" or
"module:Class.method" within tinylstm; the text that is replaced, found exactly once there; what
replaces it; what is wrong then; and hints for those who look for it, the vaguest first."""


@contextmanager
def planted(mutation):
    """Plant a bug within a with statement; everything is as before at its end.

    The function keeps its identity and gets other code, so that it is changed wherever it is held
    by another name too. Not safe with threads. A text that does not stand in it exactly once is a
    ValueError.
    """
    function = _find(mutation.function)
    # The function object stays, as others hold it too; only its code is exchanged.
    right = function.__code__
    wrong = _patched_code(mutation, function)
    function.__code__ = wrong
    try:
        yield
    finally:
        function.__code__ = right


def _find(path):
    module_name, _, names = path.partition(":")
    thing = importlib.import_module(f"tinylstm.{module_name}")
    for name in names.split("."):
        thing = getattr(thing, name)
    return thing


def _patched_code(mutation, function):
    source = inspect.getsource(function)
    n_found = source.count(mutation.old)
    if n_found != 1:
        raise ValueError(
            f"mutation {mutation.name!r}: {mutation.old!r} stands {n_found} times in "
            f"{mutation.function}, expected once: the code has changed, and so must the mutation"
        )
    patched = textwrap.dedent(source.replace(mutation.old, mutation.new))
    namespace = {}
    exec(compile(patched, f"<{mutation.function}>", "exec"), function.__globals__, namespace)
    return namespace[function.__name__].__code__
