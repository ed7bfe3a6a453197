"""Output that nobody reads on: `program | head`."""

import contextlib
import os
import sys

STATUS = 141  # what a shell says of a program that SIGPIPE ended


def status_of_broken_pipe():
    """The exit status, once standard output leads nowhere.

    What is still in its buffer would be an error once more at exit.
    """
    with contextlib.suppress(OSError, ValueError, AttributeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return STATUS
