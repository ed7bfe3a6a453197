"""What the commands say, apart from their results: on standard error, a line each."""

import sys


def say(text):
    """Write a line for the one who waits; results go to standard output."""
    print(f"tinylstm: {text}", file=sys.stderr)
