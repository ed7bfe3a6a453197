"""Processes that work for this one and never outlive it.

Each holds the reading end of a pipe whose other end is open here alone. When this process closes
it, or dies in whatever way, the operating system tells the worker so, and it ends at once.
"""

import contextlib
import multiprocessing
import os
import signal
import threading
from concurrent.futures import ProcessPoolExecutor


@contextlib.contextmanager
def worker_processes(n_workers):
    """An executor with that many processes at most, started afresh ("spawn").

    Left by an exception, Ctrl-C among them, it ends the workers in the middle of their tasks.
    """
    context = multiprocessing.get_context("spawn")
    reader, writer = context.Pipe(duplex=False)
    pool = _Pool(n_workers, mp_context=context, initializer=_start, initargs=(reader,))
    try:
        yield pool
    except BaseException:
        writer.close()
        raise
    finally:
        pool.shutdown(cancel_futures=True)
        writer.close()
        reader.close()


class _Pool(ProcessPoolExecutor):
    def submit(self, *task, **how):
        # A process inherits what is blocked, so Ctrl-C finds none that is still importing.
        with _interrupts_blocked():
            return super().submit(*task, **how)


@contextlib.contextmanager
def _interrupts_blocked():
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _start(reader):
    """In a worker: Ctrl-C ends it without a word; the main process says what there is to say."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGINT])
    threading.Thread(target=_end_with, args=(reader,), daemon=True).start()


def _end_with(reader):
    with contextlib.suppress(EOFError, OSError):
        reader.recv()  # nothing is ever sent: this waits for the pipe's other end to close
    os._exit(1)
