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

# What the usual BLAS libraries read when NumPy is imported: OpenBLAS, MKL, Accelerate, and others.
THREAD_VARIABLES = (
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "OMP_NUM_THREADS",
)


@contextlib.contextmanager
def one_blas_thread():
    """Processes that are started within get one BLAS thread each.

    The number of threads is read when NumPy is imported. So it is set in the environment, for
    processes that are started afresh ("spawn"), and put back at the end.
    """
    before = {name: os.environ.get(name) for name in THREAD_VARIABLES}
    os.environ.update(dict.fromkeys(THREAD_VARIABLES, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


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


@contextlib.contextmanager
def connected_processes(n_workers, target, *arguments):
    """Connections to that many processes, each of which runs ``target(connection, *arguments)``.

    They have one BLAS thread each, and end in the middle of whatever they do when this is left.
    """
    context = multiprocessing.get_context("spawn")
    reader, writer = context.Pipe(duplex=False)
    connections, processes = [], []
    try:
        for _ in range(n_workers):
            ours, theirs = context.Pipe()
            connections.append(ours)
            process = context.Process(
                target=_run, args=(reader, target, theirs, *arguments), daemon=True
            )
            with one_blas_thread(), _interrupts_blocked():
                process.start()
                processes.append(process)
                theirs.close()  # open there alone, so that its end is seen here
        yield connections
    finally:
        writer.close()
        for connection in connections:
            connection.close()
        for process in processes:
            process.kill()  # it may be stopped, or importing, and has nothing to keep
            process.join()
        reader.close()


def _run(reader, target, *arguments):
    # Ctrl-C at a terminal reaches all; it is for the main process to say what comes of it.
    _start(reader, on_interrupt=signal.SIG_IGN)
    with contextlib.suppress(EOFError, ConnectionError):  # let go
        target(*arguments)


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


def _start(reader, on_interrupt=signal.SIG_DFL):
    """In a worker: Ctrl-C ends it without a word; the main process says what there is to say."""
    signal.signal(signal.SIGINT, on_interrupt)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGINT])
    threading.Thread(target=_end_with, args=(reader,), daemon=True).start()


def _end_with(reader):
    with contextlib.suppress(EOFError, OSError):
        reader.recv()  # nothing is ever sent: this waits for the pipe's other end to close
    os._exit(1)
