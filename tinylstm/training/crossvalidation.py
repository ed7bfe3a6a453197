"""Cross-validation of a recipe: folds times seeds, side by side, and resumable.

A study is a grid of tasks, one for each fold and seed, that know nothing of each other: each trains
on the other folds' records, with all statistics from these alone, and gives probabilities for the
records of its fold. A task is a function of its arguments, so it does not matter where it runs, or
how often.
"""

import contextlib
import functools
import pickle
import time
import zlib
from concurrent.futures import FIRST_COMPLETED, wait

import numpy as np

from tinylstm.data.csv_files import as_count
from tinylstm.evaluation import roc_curve
from tinylstm.progress import Progress, duration

from .executors import one_core_each
from .folds import stratified_folds
from .models import outcomes, train_recipe
from .recipes import recipe_of
from .study import Results, Study, describe

__all__ = ["crossvalidate"]


def crossvalidate(
    records,
    recipe="hourly",
    folds=5,
    seeds=3,
    *,
    fold_seed=0,
    out=None,
    executor=None,
    verbose=True,
):
    """Cross-validate a recipe.

    Parameters
    ----------
    records : list of Record
        N of them, each with its outcome.
    recipe : str or Recipe
        A name of `RECIPES`, or settings of one's own.
    folds : int
        Number of folds; stratified by outcome.
    seeds : int
        Number of models for each fold, trained with the seeds 0, 1, ...
    fold_seed : int
        Decides which record goes to which fold.
    out : path, optional
        Folder for the results, each written whole as soon as it is there: a study that was
        interrupted goes on where it was, and one with more seeds makes use of what there is.
        ``study.json`` says what was asked for, ``fold-0-seed-0.json`` and so on are the results,
        ``probabilities.csv`` is written last.
    executor : concurrent.futures.Executor, optional
        Where the tasks run. None: processes of their own, one for each core. A process is started
        afresh and imports the caller's main module, so a script needs its
        ``if __name__ == "__main__":``.
    verbose : bool
        Whether to show progress, with the time left, on standard error.

    Returns
    -------
    Study

    Raises
    ------
    ValueError
        If a record has no outcome, there are too few of a class, or `out` holds another study.
    FloatingPointError
        As `fit`.

    Notes
    -----
    The numbers are the same to the last bit wherever the tasks run, on machines of one kind, with
    one NumPy and one BLAS thread in each worker: products may be summed up in another order by
    several. The own processes are started so; an executor's workers need
    ``OPENBLAS_NUM_THREADS=1`` (or the like of another BLAS) before they import NumPy.

    Examples
    --------
    >>> import dataclasses
    >>> from concurrent.futures import ThreadPoolExecutor
    >>> from tinylstm.data.physionet2012 import Record
    >>> from tinylstm.training.recipes import RECIPES
    >>> nothing = np.zeros((3, 0), dtype=int)
    >>> records = [Record(n, 30 + 5 * n, 0, np.nan, 4, 70.5, *nothing, died=int(n > 5))
    ...            for n in range(12)]
    >>> recipe = dataclasses.replace(RECIPES["hourly"], n_units=4, epochs=1)
    >>> study = crossvalidate(records, recipe, folds=3, seeds=2, verbose=False,
    ...                       executor=ThreadPoolExecutor(1))
    >>> study.seed_probabilities.shape, study.fold_aucs.shape
    ((2, 12), (3,))
    """
    records = list(records)
    recipe = recipe_of(recipe)
    seeds = as_count("seeds", seeds, least=1)
    died = outcomes(records)
    fold_of = stratified_folds(died, folds, fold_seed)
    results = Results(out, describe(records, recipe, folds, fold_seed))
    grid = [(fold, seed) for seed in range(seeds) for fold in range(folds)]
    todo = [task for task in grid if task not in results.done]
    if todo:
        _run_all(todo, results, records, fold_of, recipe, executor, verbose)
    probabilities, seconds = np.empty((seeds, len(records))), np.empty((folds, seeds))
    for fold, seed in grid:
        result = results.done[fold, seed]
        probabilities[seed, fold_of == fold] = result["probabilities"]
        seconds[fold, seed] = result["seconds"]
    ids = np.array([record.record_id for record in records])
    study = Study(recipe, ids, died, fold_of, probabilities, seconds)
    results.finish(study)
    return study


def _run_all(todo, results, records, fold_of, recipe, executor, verbose):
    """Run tasks until none is left; each result is kept as soon as it is there."""
    packed = zlib.compress(pickle.dumps(records), level=1)  # 42 MB of set-a become 7
    died = outcomes(records)
    where = one_core_each(len(todo)) if executor is None else contextlib.nullcontext(executor)
    with where as pool, Progress("trainings", len(todo), enabled=verbose) as progress:
        started = time.monotonic()
        pending = {pool.submit(_run, packed, fold_of, recipe, *task) for task in todo}
        try:
            while pending:
                finished, pending = wait(pending, timeout=1, return_when=FIRST_COMPLETED)
                n_done = len(todo) - len(pending)
                for future in finished:
                    result = future.result()
                    results.add(result)
                    left = (time.monotonic() - started) * len(pending) / n_done
                    auc = roc_curve(died[fold_of == result["fold"]], result["probabilities"]).auc
                    progress.line(
                        f"fold {result['fold']}, seed {result['seed']}: AUC {auc:.4f}, "
                        f"{duration(result['seconds'])}; {n_done} of {len(todo)} done, "
                        f"{duration(left)} left"
                    )
                progress.update(n_done)
        finally:
            for future in pending:
                future.cancel()


def _run(packed, fold_of, recipe, fold, seed):
    """One task: train on the other folds, test on this one; what JSON can hold."""
    records = _unpacked(packed)
    started = time.monotonic()
    train = [record for record, f in zip(records, fold_of, strict=True) if f != fold]
    test = [record for record, f in zip(records, fold_of, strict=True) if f == fold]
    model = train_recipe(train, recipe, seed, verbose=False)
    probabilities = model.probabilities(test).tolist()
    seconds = time.monotonic() - started
    return {"fold": fold, "seed": seed, "seconds": seconds, "probabilities": probabilities}


@functools.lru_cache(maxsize=1)
def _unpacked(packed):
    """The records; a worker unpacks them for its first task and keeps them for the others."""
    return pickle.loads(zlib.decompress(packed))
