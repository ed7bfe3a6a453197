"""What the commands write: results on standard output, everything else on standard error.

Output is not the work: a terminal that cannot show a character, a closed stream or a name with
bytes that are not UTF-8 ends no command. Control characters in names are shown escaped.
"""

import contextlib
import re
import sys

# All that moves the cursor, rings, colours or turns the line round; tab and line feed are text.
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


def say(text):
    """Write a line for the one who waits, if there is somewhere to write it."""
    if sys.stderr is not None:
        with contextlib.suppress(OSError, ValueError):  # closed, or nobody reads on
            print(f"tinylstm: {visible(text)}".replace("\n", "\\n"), file=sys.stderr, flush=True)


def show(text):
    """Write a result."""
    print(visible(text))


def visible(text):
    """The text with control characters, but line feeds and tabs, as escapes such as ``\\x1b``."""
    return _CONTROL.sub(lambda found: repr(found[0])[1:-1], str(text))


@contextlib.contextmanager
def encodable(stream):
    """Within it, what the stream cannot encode is written as an escape and is no error."""
    before = getattr(stream, "errors", None)
    _reconfigure(stream, "backslashreplace")
    try:
        yield
    finally:
        _reconfigure(stream, before)


def _reconfigure(stream, errors):
    if hasattr(stream, "reconfigure"):
        with contextlib.suppress(OSError, ValueError):  # full, or closed
            stream.reconfigure(errors=errors)
