"""Cross-validation of a recipe: folds times seeds, side by side, and resumable.

A study is a grid of tasks, one for each fold and seed, that know nothing of each other: each trains
on the other folds' records, with all statistics from these alone, and gives probabilities for the
records of its fold. A task is a function of its arguments, so it does not matter where it runs, or
how often.
"""

import contextlib
import time

import numpy as np

from tinylstm.evaluation import roc_curve
from tinylstm.small.counts import as_count
from tinylstm.small.locks import locked
from tinylstm.small.progress import duration

from .models import in_words, outcomes, train_recipe
from .recipes import parts_of, recipe_of
from .results import Results, Study, describe
from .workers import run_tasks


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
    recipe : str, Recipe or Parts
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
        ``study.json`` says what was asked for, ``fold-0-seed-0.json`` and so on are the results (of
        parts ``fold-0-seed-0-plain.json``),
        ``probabilities.csv`` is written last, see ``Study.to_csv``.
    executor : concurrent.futures.Executor, optional
        Where the trainings run. None: processes of their own, one for each core, see
        `one_core_each` in workers.py; a script then needs its ``if __name__ == "__main__":``.
    verbose : bool
        Whether to show progress, with the time left, on standard error.

    Returns
    -------
    Study

    Raises
    ------
    ValueError
        If a record has no outcome, there are too few of a class, or `out` holds another study.
    BlockingIOError
        If another process is at work in `out`.
    FloatingPointError
        As `fit`.
    ChildProcessError
        If a worker's process dies. What is finished is in `out`, and the next call goes on there.

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
    >>> from tinylstm import RECIPES
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
    parts = parts_of(recipe)
    grid = [(fold, seed, part) for part in parts for seed in range(seeds) for fold in range(folds)]
    with contextlib.nullcontext() if out is None else locked(out):
        results = Results(out, describe(records, recipe, folds, fold_seed), died, fold_of)

        def keep(result):
            results.add(result)
            return _in_short(result)

        tasks = [
            (fold_of, parts[part], part, fold, seed)
            for fold, seed, part in grid
            if (fold, seed, part) not in results.done
        ]
        run_tasks(_train_and_test, records, tasks, keep, executor, verbose)
        probabilities = np.empty((len(parts), seeds, len(records)))
        seconds = np.zeros((folds, seeds))
        for fold, seed, part in grid:
            result = results.done[fold, seed, part]
            probabilities[[*parts].index(part), seed, fold_of == fold] = result["probabilities"]
            seconds[fold, seed] += result["seconds"]
        ids = np.array([record.record_id for record in records])
        study = Study(recipe, ids, died, fold_of, probabilities, seconds)
        results.finish(study)
    return study


def stratified_folds(labels, n_folds, seed=0):
    """Deal N examples out to folds, every class by itself: the fold of each, ndarray (N,) int64.

    The numbers of examples of a class in two folds differ by one at most, and so do those of all
    examples. ValueError if a class has fewer examples than there are folds.
    """
    labels = np.asarray(labels)
    n_folds = as_count("n_folds", n_folds, least=2)
    rng = np.random.default_rng(as_count("seed", seed, least=0))
    order = []
    for label in np.unique(labels):
        members = np.flatnonzero(labels == label)
        if len(members) < n_folds:
            raise ValueError(f"{len(members)} examples of class {label} for {n_folds} folds")
        order.append(rng.permutation(members))
    folds = np.empty(len(labels), dtype=np.int64)
    # One round for all classes: where one ends the next goes on, so that sizes stay even.
    folds[np.concatenate(order)] = np.arange(len(labels)) % n_folds
    return folds


def _train_and_test(records, fold_of, recipe, part, fold, seed):
    """One task: train on the other folds, test on this one; what JSON can hold."""
    started = time.monotonic()
    train = [record for record, f in zip(records, fold_of, strict=True) if f != fold]
    test = [record for record, f in zip(records, fold_of, strict=True) if f == fold]
    model = train_recipe(train, recipe, seed, verbose=False)
    probabilities = model.probabilities(test)
    return {
        "fold": int(fold),
        "seed": int(seed),
        **({"part": part} if part else {}),
        "auc": float(roc_curve(outcomes(test), probabilities).auc),
        "seconds": time.monotonic() - started,
        "probabilities": probabilities.tolist(),
    }


def _in_short(result):
    """What a finished training came to, as a line of the progress."""
    return (
        f"fold {result['fold']}, {in_words(result['seed'], result.get('part', ''))}: "
        f"AUC {result['auc']:.4f}, {duration(result['seconds'])}"
    )
