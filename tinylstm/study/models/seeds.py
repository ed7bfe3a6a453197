"""One recipe, several seeds: the models whose probabilities are averaged."""

import tempfile
from pathlib import Path

import numpy as np

from tinylstm.small.counts import as_count
from tinylstm.small.whole_files import write_whole
from tinylstm.study.tasks import run_tasks

from .models import load_model, outcomes, train_recipe
from .recipes import recipe_of

__all__ = ["train_seeds"]


def train_seeds(records, recipe="hourly", seeds=3, *, out, executor=None, verbose=True):
    """Train a model for each of the seeds 0, 1, ..., side by side; each is saved when it is done.

    Parameters
    ----------
    records : list of Record
        Each with its outcome.
    recipe : str or Recipe
    seeds : int
    out : path
        The folder of ``seed-0.npz``, ``seed-1.npz``, ...; made where it is not there. What stands
        there of the same recipe and records is not trained again.
    executor, verbose
        As of `crossvalidate`; so is the condition for the same bits everywhere.

    Returns
    -------
    list of Model
        For `mean_probabilities`.

    Raises
    ------
    ValueError
        As `train_recipe`, or if a file in `out` is of another recipe or other records.
    FloatingPointError, ChildProcessError
        As `crossvalidate`.

    Examples
    --------
    >>> import dataclasses
    >>> from concurrent.futures import ThreadPoolExecutor
    >>> from tinylstm.data.physionet2012 import Record
    >>> from tinylstm import RECIPES, mean_probabilities
    >>> nothing = np.zeros((3, 0), dtype=int)
    >>> records = [Record(n, 30 + 5 * n, 0, np.nan, 4, 70.5, *nothing, died=int(n > 5))
    ...            for n in range(12)]
    >>> recipe = dataclasses.replace(RECIPES["hourly"], n_units=4, epochs=1)
    >>> with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(1) as executor:
    ...     models = train_seeds(records, recipe, seeds=2, out=folder, executor=executor,
    ...                          verbose=False)
    >>> mean_probabilities(models, records).shape
    (12,)
    """
    records, recipe, out = list(records), recipe_of(recipe), Path(out)
    outcomes(records)
    paths = [out / f"seed-{seed}.npz" for seed in range(as_count("seeds", seeds, least=1))]
    ids = [record.record_id for record in records]
    for path in paths:
        if path.exists():
            _require_same(path, recipe, ids)
    out.mkdir(parents=True, exist_ok=True)

    def keep(result):
        seed, content, loss = result
        write_whole(paths[seed], content)
        return f"seed {seed}: loss {loss:#.4g} in the last epoch"

    tasks = [(recipe, seed) for seed, path in enumerate(paths) if not path.exists()]
    run_tasks(_train, records, tasks, keep, executor, verbose)
    return [load_model(path) for path in paths]


def _require_same(path, recipe, ids):
    model = load_model(path)
    if model.recipe != recipe:
        raise ValueError(f"{path}: a model of another recipe; name another folder")
    if not np.array_equal(model.record_ids, ids):
        raise ValueError(f"{path}: a model of other records; name another folder")


def _train(records, recipe, seed):
    """One task: the model as the content of a file, which goes through where an object may not."""
    model = train_recipe(records, recipe, seed, verbose=False)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "model.npz")
        model.save(path)
        return seed, path.read_bytes(), model.history.loss[-1]
