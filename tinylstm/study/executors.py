"""Where the tasks of a study run: on this machine's cores, or on a Dask cluster."""

import contextlib
import multiprocessing
import os
import signal
from concurrent.futures import ProcessPoolExecutor

__all__ = ["dask_executor", "one_core_each"]

# What the usual BLAS libraries read when NumPy is imported: OpenBLAS, MKL, Accelerate, and others.
THREAD_VARIABLES = (
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "OMP_NUM_THREADS",
)


@contextlib.contextmanager
def one_core_each(n_tasks):
    """An executor with one process for each core, and one BLAS thread in each process.

    The number of threads is read when NumPy is imported. So the processes are started afresh
    ("spawn"), in an environment that says 1; it is put back at the end. The processes import the
    caller's main module: a script needs its ``if __name__ == "__main__":``.

    Parameters
    ----------
    n_tasks : int
        No more processes are started than there are tasks.

    Yields
    ------
    concurrent.futures.Executor

    Examples
    --------
    >>> with one_core_each(n_tasks=1) as executor:
    ...     executor.submit(os.getenv, "OPENBLAS_NUM_THREADS").result()
    '1'
    """
    before = {name: os.environ.get(name) for name in THREAD_VARIABLES}
    os.environ.update(dict.fromkeys(THREAD_VARIABLES, "1"))
    pool = ProcessPoolExecutor(
        min(n_cores(), n_tasks),
        mp_context=multiprocessing.get_context("spawn"),
        initializer=_end_at_interrupt,
    )
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


@contextlib.contextmanager
def dask_executor(address):
    """The workers of a Dask cluster as an executor; needs the package `distributed`.

    A task whose worker dies is run again on another one.

    Parameters
    ----------
    address : str
        Of the scheduler, such as ``"tcp://10.0.0.1:8786"``. This package must be installed on the
        workers, and ``OPENBLAS_NUM_THREADS=1`` be set there, see `crossvalidate`.

    Yields
    ------
    concurrent.futures.Executor

    Raises
    ------
    ValueError
        If `distributed` is not installed.
    OSError
        If nobody answers at the address.

    Examples
    --------
    ::

        with dask_executor("tcp://10.0.0.1:8786") as executor:
            crossvalidate(records, executor=executor, out="study")
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
    """How many cores this process may use.

    Returns
    -------
    int

    Examples
    --------
    >>> n_cores() >= 1
    True
    """
    if hasattr(os, "sched_getaffinity"):  # Linux alone
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _end_at_interrupt():
    """At Ctrl-C a worker ends without a word; the main process says what there is to say."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
