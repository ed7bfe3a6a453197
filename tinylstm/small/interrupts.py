"""Ctrl-C before a command has begun ends the process without a word; after its end it is no matter.

In between Ctrl-C is a KeyboardInterrupt, as always; other programs are left alone.
The package imports this module before all others, as NumPy alone takes a tenth of a second.
"""

import os
import signal
import sys
import threading


def _is_command():
    program = os.path.basename(sys.argv[0]) if getattr(sys, "argv", None) else ""
    if program == "-m":  # until the module has been found
        return "tinylstm" in sys.orig_argv[1:4]
    return program in ("tinylstm", "tinylstm.exe", "tinylstm-script.py")


IS_COMMAND = _is_command()


def end_at_interrupt():
    """From here on Ctrl-C ends a process of ``tinylstm``, with status 130."""
    if IS_COMMAND and threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, _end)


def raise_at_interrupt():
    """From here on Ctrl-C is a KeyboardInterrupt again."""
    if signal.getsignal(signal.SIGINT) is _end:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def ignore_interrupts():
    """From here on a process of ``tinylstm``, which has only to end, takes no notice of Ctrl-C."""
    if IS_COMMAND and threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, signal.SIG_IGN)


def _end(number, frame):
    os._exit(130)


end_at_interrupt()
