"""The lines of text files and the numbers in them, by one rule for all files."""

import math
import re

# Each digit can be matched in one way only, so that no text takes longer than it is long.
_NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?")


def text_lines(name, data):
    """The lines of UTF-8 text, without their ends and without blank ones after the last.

    A line ends at CR LF, LF or CR and nowhere else (``str.splitlines`` would break it at form feeds
    and the like too). A byte order mark is taken off.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ValueError(f"{name}, line {line}: not UTF-8 text") from None
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    while lines and not lines[-1].strip(" "):
        lines.pop()
    return lines


def quoted(text):
    """The text as a message quotes it: at most 60 characters of it.

    >>> print(quoted("HR"), len(quoted("9" * 40_000)))
    'HR' 65
    """
    return repr(text) if len(text) <= 60 else f"{text[:60]!r}..."


def plain_number(text):
    """The float of a finite number in plain digits; a ValueError for all else that `float` takes.

    >>> plain_number("1_0")
    Traceback (most recent call last):
    ValueError: '1_0' is not a number
    """
    number = float(text) if _NUMBER.fullmatch(text) else math.nan
    if not math.isfinite(number):
        raise ValueError(f"{quoted(text)} is not a number")
    return number
