"""A progress line on a terminal, plain lines elsewhere."""

import shutil
import sys
import time
from contextlib import ExitStack, contextmanager, suppress

SECONDS_BETWEEN_DRAWINGS = 0.1


class Progress:
    """A line that is drawn over and over while work goes on, and is gone when it ends.

    On a terminal the line holds the label, how much of the total is done (None: it is not known), a
    text of the caller's and the time left. Elsewhere (a file, a pipe, a notebook) nothing is drawn,
    and only what is handed to `line` is written. `clock` gives the time in seconds.

    >>> with Progress("epoch 1/15", total=2, stream=sys.stdout) as progress:
    ...     progress.update(1, "loss 0.6931")  # seen on a terminal only
    ...     progress.update(2, "loss 0.5213")
    ...     progress.line("epoch 1/15: loss 0.5213")
    epoch 1/15: loss 0.5213
    """

    def __init__(self, label, total, *, enabled=True, stream=None, clock=time.monotonic):
        self._label = label
        self._total = total
        self._stream = sys.stderr if stream is None else stream
        self._enabled = enabled and self._stream is not None  # pythonw has no standard error
        self._draws = (
            self._enabled and not getattr(self._stream, "closed", False) and self._stream.isatty()
        )
        self._clock = clock
        self._started = self._last_drawn = clock()
        self._width = 0  # of what stands on the terminal's line now

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self._clear()

    def update(self, done, text=""):
        """Draw the line anew, at most ten times a second: so much is done, and a text."""
        now = self._clock()
        if not self._draws or now - self._last_drawn < SECONDS_BETWEEN_DRAWINGS:
            return
        amount = f"{done:,}" if self._total is None else f"{done:,}/{self._total:,}"
        parts = [f"{self._label}: {amount}"]
        if text:
            parts.append(text)
        if done and self._total is not None:
            seconds_left = (now - self._started) * (self._total - done) / done
            parts.append(f"{duration(seconds_left)} left")
        self._draw(", ".join(parts))
        self._last_drawn = now

    def line(self, text):
        """Write a line that stays, on any stream."""
        if self._enabled:
            self._clear()
            self._write(text + "\n")

    def _draw(self, line):
        # A line as wide as the terminal would wrap, and "\r" could not take it back.
        line = line[: shutil.get_terminal_size().columns - 1]
        self._write("\r" + line.ljust(self._width))
        self._width = len(line)

    def _clear(self):
        if self._width:
            self._draw("")
            self._write("\r")

    def _write(self, text):
        # The work goes on where nobody reads, or the stream is full, closed or of few characters.
        with suppress(OSError, ValueError):
            self._stream.write(text)
            self._stream.flush()


@contextmanager
def counted(label, **options):
    """A callable ``progress(done, total)``, as `read_records` takes one, that draws a `Progress`.

    A line begins with the first call, and a new one with another total.

    >>> with counted("reading records") as progress:
    ...     progress(1, 2)  # seen on a terminal only
    """
    with ExitStack() as stack:
        lines = {}

        def progress(done, total):
            if total not in lines:
                stack.close()
                lines[total] = stack.enter_context(Progress(label, total, **options))
            lines[total].update(done)

        yield progress


def duration(seconds):
    """A time in words, by its two largest units.

    >>> duration(185.2)
    '3 min 5 s'
    """
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    if minutes:
        return f"{minutes} min {seconds} s"
    return f"{seconds} s"
