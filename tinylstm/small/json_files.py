"""Objects in JSON files: written whole or not at all, and checked when they are read back.

What a file has to hold is said by a *form*: a dict of forms (an object of these keys and no
others), a set of keys (an object of these keys, whatever they hold), or one of the functions
`whole`, `number`, `text`, `truth`, `one_of`, `list_of`, `dict_of`, `optional`, `anything`.

>>> form = {"auc": number(0, 1), "folds": list_of(whole(least=0), length=2), "note": optional(text)}
>>> check_form({"auc": 0.8, "folds": [1, 0], "note": None}, form)
>>> check_form({"auc": 0.8, "folds": [1, 0.5], "note": None}, form)
Traceback (most recent call last):
ValueError: folds[1]: 0.5, expected a whole number of at least 0
"""

import json
import math
from pathlib import Path

from .whole_files import read_whole, write_whole

MOST_BYTES = 1 << 24  # of a file; the largest of a study has a tenth


def read_json(path, form=None):
    """Read an object (a dict) of that form; a ValueError names the file and what is wrong in it.

    None: any object. A number that no float64 holds, or a key that is there twice, is an error.
    """
    path = Path(path)
    try:
        content = parse_json(read_whole(path, MOST_BYTES))
    except FileNotFoundError:
        raise FileNotFoundError(f"{path}: no such file, so {path.parent} is no run") from None
    except ValueError as error:
        text = str(error)
        raise ValueError(text if text.startswith(str(path)) else f"{path}: {text}") from None
    if not isinstance(content, dict):
        raise ValueError(f"{path}: begins with {str(content)[:20]!r}, expected an object")
    if form is not None:
        try:
            check_form(content, form)
        except ValueError as error:
            raise ValueError(f"{path}: {error}") from None
    return content


def write_json(path, content):
    """Write a dict as JSON, whole or not at all; nan and infinity are a ValueError."""
    write_whole(path, (json.dumps(content, indent=2, allow_nan=False) + "\n").encode())


def parse_json(data, finite=True):
    """What JSON bytes or text hold; a ValueError for what is not JSON, or names a key twice.

    `finite`: nan, infinity and numbers of more than 40 digits, which a float might not hold, are
    an error too. (A random generator's state has numbers of 39.)

    >>> parse_json(b'{"auc": 0.8}')
    {'auc': 0.8}
    >>> parse_json('{"auc": 0.8, "auc": 0.9}')
    Traceback (most recent call last):
    ValueError: the key 'auc' is there twice
    """
    numbers = {"parse_int": _int, "parse_float": _float, "parse_constant": _float} if finite else {}
    try:
        text = data.decode("utf-8") if isinstance(data, bytes) else data
        return json.loads(text, object_pairs_hook=_without_doubles, **numbers)
    except RecursionError:
        raise ValueError("brackets within brackets, too deep") from None


def _without_doubles(pairs):
    result = {}
    for key, value in pairs:
        if key in result:
            raise ValueError(f"the key {key[:60]!r} is there twice")
        result[key] = value
    return result


def _int(text):
    if len(text) > 40:
        raise ValueError(f"a number of {len(text)} digits")
    return int(text)


def _float(text):
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text[:60]} is not a finite number")
    return number


def check_form(value, form, where=""):
    """Raise a ValueError that says where a value is not of a form, and what is expected there."""
    if callable(form):
        return form(value, where)
    if not isinstance(value, dict):
        raise _unexpected(value, where, "an object")
    if set(value) != set(form):
        place = f"{where}: " if where else ""
        raise ValueError(f"{place}expected the keys {', '.join(sorted(form))}")
    if isinstance(form, dict):
        for key, inner in form.items():
            check_form(value[key], inner, f"{where}.{key}" if where else key)


def _unexpected(value, where, what):
    shown = json.dumps(value, ensure_ascii=True)
    shown = shown if len(shown) <= 60 else f"{shown[:57]}..."
    return ValueError(f"{where}: {shown}, expected {what}" if where else f"expected {what}")


def anything(value, where):
    """A form: whatever JSON holds."""


def text(value, where):
    """A form: a string."""
    if not isinstance(value, str):
        raise _unexpected(value, where, "a text")


def truth(value, where):
    """A form: true or false."""
    if not isinstance(value, bool):
        raise _unexpected(value, where, "true or false")


def whole(least=None, most=None):
    """A form: an integer from `least` to `most`; None: without that bound."""
    return _number(int, "a whole number", least, most)


def number(least=None, most=None, above=None):
    """A form: a finite number from `least` (or above `above`) to `most`."""
    return _number((int, float), "a number", least, most, above)


def _number(types, what, least, most, above=None):
    bounds = [
        f"{words} {bound}"
        for words, bound in (("of at least", least), ("above", above), ("of at most", most))
        if bound is not None
    ]
    expected = " and ".join([f"{what} {bounds[0]}", *bounds[1:]] if bounds else [what])

    def check(value, where):
        # JSON's true is no 1, though Python's is.
        right = isinstance(value, types) and not isinstance(value, bool)
        right = right and (least is None or value >= least) and (most is None or value <= most)
        if not right or (above is not None and not value > above):
            raise _unexpected(value, where, expected)

    return check


def one_of(*values):
    """A form: one of these strings, numbers, truths or None."""

    def check(value, where):
        if not any(type(value) is type(v) and value == v for v in values):
            raise _unexpected(value, where, f"one of {', '.join(map(json.dumps, values))}")

    return check


def list_of(form, length=None):
    """A form: a list, of that length where it is given, each item of that form."""

    def check(value, where):
        if not isinstance(value, list):
            raise _unexpected(value, where, "a list")
        if length is not None and len(value) != length:
            raise ValueError(f"{where}: {len(value)} items, expected {length}")
        for index, item in enumerate(value):
            check_form(item, form, f"{where}[{index}]")

    return check


def dict_of(form):
    """A form: an object of any keys, each value of that form."""

    def check(value, where):
        if not isinstance(value, dict):
            raise _unexpected(value, where, "an object")
        for key, item in value.items():
            check_form(item, form, f"{where}.{key[:60]}" if where else key[:60])

    return check


def optional(form):
    """A form: null, or what that form says."""

    def check(value, where):
        if value is not None:
            check_form(value, form, where)

    return check
