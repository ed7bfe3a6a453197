"""Trainings that know nothing of each other, side by side: on this machine's cores, or on Dask."""

import contextlib
import functools
import os
import pickle
import time
import zlib
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, wait

from tinylstm.small.progress import Progress, duration
from tinylstm.small.worker_processes import one_blas_thread, worker_processes


def run_tasks(function, records, tasks, keep, executor=None, verbose=True):
    """Call ``function(records, *task)`` for every task; `keep` gets each result as it comes.

    What `keep` returns is shown. Without an executor the tasks run in `one_core_each`. A worker
    that dies is a ChildProcessError; other errors are those of the function.
    """
    if not tasks:
        return
    packed = zlib.compress(pickle.dumps(records), level=1)  # 42 MB of set-a become 7
    where = one_core_each(len(tasks)) if executor is None else contextlib.nullcontext(executor)
    with where as pool, Progress("trainings", len(tasks), enabled=verbose) as progress:
        started = time.monotonic()
        pending = {pool.submit(_call, function, packed, task) for task in tasks}
        try:
            while pending:
                finished, pending = wait(pending, timeout=1, return_when=FIRST_COMPLETED)
                done = len(tasks) - len(pending)
                for future in finished:
                    text = keep(future.result())
                    left = duration((time.monotonic() - started) * len(pending) / done)
                    progress.line(f"{text}; {done} of {len(tasks)} done, {left} left")
                progress.update(done)
        except BrokenExecutor as error:
            raise ChildProcessError(
                "a worker ended in the middle of a training: it was killed, or short of memory"
            ) from error
        finally:
            for future in pending:
                future.cancel()


@contextlib.contextmanager
def one_core_each(n_tasks):
    """An executor of at most `n_tasks` processes, one for each core, with one BLAS thread each.

    The processes import the caller's main module: a script needs its
    ``if __name__ == "__main__":``.
    """
    with one_blas_thread(), worker_processes(min(n_cores(), n_tasks)) as pool:
        yield pool


@contextlib.contextmanager
def dask_executor(address):
    """The workers of the Dask cluster whose scheduler is at an address, as an executor.

    A task whose worker dies is run again on another one. The workers need this package, and
    ``OPENBLAS_NUM_THREADS=1`` in their environment. ValueError without the package `distributed`,
    OSError where nobody answers.
    """
    try:
        from distributed import Client
    except ImportError:
        raise ValueError(
            "a Dask cluster needs the package distributed: pip install 'tinylstm[cluster]'"
        ) from None
    with Client(address) as client:
        yield client.get_executor()


def n_cores():
    """How many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):  # Linux alone
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _call(function, packed, task):
    return function(_unpacked(packed), *task)


@functools.lru_cache(maxsize=1)
def _unpacked(packed):
    """The records; a worker unpacks them for its first task and keeps them for the others."""
    return pickle.loads(zlib.decompress(packed))
