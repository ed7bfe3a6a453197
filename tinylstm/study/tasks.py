"""Trainings that know nothing of each other, side by side on an executor."""

import contextlib
import functools
import pickle
import time
import zlib
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, wait

from tinylstm.small.progress import Progress, duration

from .executors import one_core_each

__all__ = ["run_tasks"]


def run_tasks(function, records, tasks, keep, executor=None, verbose=True):
    """Call a function for every task, and keep each result as soon as it is there.

    Parameters
    ----------
    function : callable
        ``function(records, *task) -> result``; of a module, so that a process can import it.
    records : list of Record
    tasks : list of tuple
    keep : callable
        ``keep(result) -> str``, called here: what it returns is shown.
    executor : concurrent.futures.Executor, optional
        None: processes of their own, see `one_core_each`.
    verbose : bool

    Raises
    ------
    ChildProcessError
        If a process of the executor dies. Other errors are those of `function`.

    Examples
    --------
    >>> from concurrent.futures import ThreadPoolExecutor
    >>> results = []
    >>> with ThreadPoolExecutor(1) as executor:
    ...     run_tasks(lambda records, n: len(records) + n, ["a", "b"], [(0,), (10,)],
    ...               results.append, executor, verbose=False)
    >>> sorted(results)
    [2, 12]
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


def _call(function, packed, task):
    return function(_unpacked(packed), *task)


@functools.lru_cache(maxsize=1)
def _unpacked(packed):
    """The records; a worker unpacks them for its first task and keeps them for the others."""
    return pickle.loads(zlib.decompress(packed))
