"""Models: from raw records of the PhysioNet 2012 Challenge to probabilities, by a recipe."""

import dataclasses
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tinylstm.data import SequenceDataset
from tinylstm.evaluation.statistics.logistic_regression import sigmoid
from tinylstm.evaluation.statistics.recalibration import log_odds
from tinylstm.network import Network
from tinylstm.small.counts import as_count
from tinylstm.small.locks import locked
from tinylstm.training.checkpoint import load, save
from tinylstm.training.loop import History

from .layouts import LAYOUTS
from .recipes import Parts, Recipe, parts_of, recipe_of, recipe_of_plain, train_features
from .targets import TARGETS, classes_of
from .workers import run_tasks

BATCH_SIZE = 256  # of evaluation, where it decides the memory needed


@dataclass(frozen=True, eq=False, repr=False)
class Model:
    """A trained network, and what it needs to take raw records.

    Attributes
    ----------
    network : Network
    layout : HourlyLayout, ClinicalLayout or RowsLayout
        With the statistics of the training records.
    recipe : Recipe
    seed : int
    record_ids : ndarray (N,) int64
        Of the training records: so that nobody tests on them by mistake.
    history : History
    """

    network: Network
    layout: object
    recipe: Recipe
    seed: int
    record_ids: np.ndarray
    history: History

    def risks(self, records):
        """The probability of death as known after every step; outcomes are not looked at.

        Parameters
        ----------
        records : list of Record

        Returns
        -------
        list of ndarray (T_n,) float64
            One for each record: of a recipe with hourly steps, 48 hours.
        """
        return self.risks_of(self.layout.features(records))

    def risks_of(self, features):
        """The same from features that the layout has made, a list of ndarray (T_n, D)."""
        classes, risk = TARGETS[self.recipe.targets]
        dataset = SequenceDataset(features, [[]] * len(features), n_classes=len(classes))
        risks = []
        for batch in dataset.batches(BATCH_SIZE):
            p = self.network.forward(batch.features, batch.feature_mask)
            p = p[:, :, risk].astype(np.float64).sum(axis=2)
            lengths = batch.feature_mask.sum(axis=0)
            risks += [p[:length, n] for n, length in enumerate(lengths)]
        return risks

    def probabilities(self, records):
        """The probability of death after the last step, ndarray (N,) float64."""
        return np.array([risk[-1] for risk in self.risks(records)])

    def save(self, path):
        """Write everything into one ``.npz`` file, for `load_model`."""
        settings = {"recipe": dataclasses.asdict(self.recipe), "seed": self.seed}
        arrays = {**self.layout.to_arrays(), "record_ids": self.record_ids}
        save(path, self.network, history=self.history, settings=settings, arrays=arrays)

    def __repr__(self):
        n_records, layout = len(self.record_ids), self.recipe.layout
        return f"Model({self.network}, {layout} of {n_records} records, seed {self.seed})"


def train_recipe(records, recipe="hourly", seed=0, verbose=True):
    """Train a model on raw records; every statistic comes from them alone.

    Parameters
    ----------
    records : list of Record
        Each with its outcome.
    recipe : str or Recipe
        A name of `RECIPES`, or settings of one's own; of one network, see `train_seeds` for parts.
    seed : int
        Of initial weights, order and dropout. With the same seed, on the same machine, the weights
        are the same to the last bit.
    verbose : bool
        Whether to show progress on standard error.

    Returns
    -------
    Model

    Raises
    ------
    ValueError
        If a record has no outcome, all have the same, or there is no such recipe of one network.
    FloatingPointError
        As `fit`.

    Examples
    --------
    >>> from tinylstm.data.physionet2012 import Record
    >>> from tinylstm import RECIPES
    >>> nothing = np.zeros((3, 0), dtype=int)
    >>> records = [Record(n, 30 + 5 * n, 0, np.nan, 4, 70.5, *nothing, died=int(n > 5))
    ...            for n in range(12)]
    >>> recipe = dataclasses.replace(RECIPES["hourly"], n_units=4, epochs=1)
    >>> model = train_recipe(records, recipe, verbose=False)
    >>> model.probabilities(records[:3]).shape
    (3,)
    """
    recipe = recipe_of(recipe)
    if isinstance(recipe, Parts):
        raise ValueError(
            f"a recipe of {len(recipe.parts)} parts ({', '.join(recipe.parts)}): train_seeds "
            "trains them all, train_recipe one of recipe.parts"
        )
    outcomes(records)
    layout, features = LAYOUTS[recipe.layout].fit_features(records, recipe)
    labels = classes_of(records, recipe.targets)
    network, history = train_features(features, labels, recipe, seed, verbose)
    record_ids = np.array([record.record_id for record in records], dtype=np.int64)
    return Model(network, layout, recipe, seed, record_ids, history)


def load_model(path):
    """Load what `Model.save` wrote.

    Parameters
    ----------
    path : path

    Returns
    -------
    Model

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        As `load`, or if it is a checkpoint of something else; the message names the file.

    Examples
    --------
    >>> import tempfile
    >>> from tinylstm.data.physionet2012 import Record
    >>> from tinylstm import RECIPES
    >>> nothing = np.zeros((3, 0), dtype=int)
    >>> records = [Record(n, 30 + 5 * n, 0, np.nan, 4, 70.5, *nothing, died=int(n > 5))
    ...            for n in range(12)]
    >>> recipe = dataclasses.replace(RECIPES["hourly"], n_units=4, epochs=1)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     train_recipe(records, recipe, verbose=False).save(f"{folder}/model.npz")
    ...     model = load_model(f"{folder}/model.npz")
    >>> [len(risk) for risk in model.risks(records[:2])]
    [48, 48]
    """
    checkpoint = load(path)
    try:
        recipe = recipe_of_plain((checkpoint.settings or {})["recipe"])
        seed = checkpoint.settings["seed"]
        layout = LAYOUTS[recipe.layout].from_arrays(checkpoint.arrays, recipe)
        record_ids = checkpoint.arrays["record_ids"]
        _check_model(checkpoint.network, layout, recipe, seed, record_ids)
    except (AttributeError, TypeError, KeyError, ValueError) as error:
        raise ValueError(f"{path}: a checkpoint, but of no recipe's model ({error})") from error
    return Model(checkpoint.network, layout, recipe, seed, record_ids, checkpoint.history)


def train_seeds(records, recipe="hourly", seeds=3, *, out, executor=None, verbose=True):
    """Train a model for each of the seeds 0, 1, ..., side by side; each is saved when it is done.

    Parameters
    ----------
    records : list of Record
        Each with its outcome.
    recipe : str, Recipe or Parts
    seeds : int
    out : path
        The folder of ``seed-0.npz``, ``seed-1.npz``, ..., of parts ``seed-0-plain.npz`` and so on;
        made where it is not there. What stands there of the same recipe and records is not trained
        again.
    executor, verbose
        As of `crossvalidate`; so is the condition for the same bits everywhere.

    Returns
    -------
    list of Model
        For `mean_probabilities`: part after part, each in the order of the seeds.

    Raises
    ------
    ValueError
        As `train_recipe`, or if a file in `out` is of another recipe or other records.
    BlockingIOError, FloatingPointError, ChildProcessError
        As `crossvalidate`.

    Examples
    --------
    >>> import tempfile
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
    seeds, parts = as_count("seeds", seeds, least=1), parts_of(recipe)
    paths = {(part, seed): out / model_name(seed, part) for part in parts for seed in range(seeds)}
    ids = [record.record_id for record in records]

    def keep(result):
        part, model = result
        model.save(paths[part, model.seed])
        loss = f"loss {model.history.loss[-1]:#.4g} in the last epoch"
        return f"{in_words(model.seed, part)}: {loss}"

    with locked(out):
        there = {key for key, path in paths.items() if path.exists()}
        for part, seed in there:
            _require_same(paths[part, seed], parts[part], ids)
        tasks = [(parts[part], part, seed) for part, seed in paths if (part, seed) not in there]
        run_tasks(_train, records, tasks, keep, executor, verbose)
        return [load_model(path) for path in paths.values()]


def mean_probabilities(models, records):
    """What several models say together: the mean over seeds, and of parts the mean of log-odds.

    Parameters
    ----------
    models : list of Model
        Those of one recipe, of different seeds, are averaged first.
    records : list of Record

    Returns
    -------
    ndarray (N,) float64
    """
    by_part = seeds_by_part(models)
    return combined(
        [
            np.mean([model.probabilities(records) for model in of_part], axis=0)
            for of_part in by_part
        ]
    )


def seeds_by_part(models):
    """The models of each recipe, in the order in which the recipes first come: list of lists."""
    by_part = []
    for model in models:
        for of_part in by_part:
            if of_part[0].recipe == model.recipe:
                of_part.append(model)
                break
        else:
            by_part.append([model])
    return by_part


def combined(probabilities):
    """The probabilities (...) whose log-odds are the mean of those of parts, (P, ...)."""
    if len(probabilities) == 1:
        return np.asarray(probabilities[0])
    return sigmoid(np.mean([log_odds(p) for p in probabilities], axis=0))


def outcomes(records):
    """Who died in hospital, ndarray (N,) int64; each record must have an outcome."""
    if len(records) == 0:
        raise ValueError("no records, expected at least one")
    for record in records:
        if record.died is None:
            raise ValueError(f"record {record.record_id} has no outcome")
    return np.array([record.died for record in records], dtype=np.int64)


def _check_model(network, layout, recipe, seed, record_ids):
    """Whether what was read of a model fits together; else a ValueError."""
    *_, output = network.layers.values()
    first = next(iter(network.layers.values()))
    found = first.n_in, output.n_classes
    expected = len(layout.columns), len(TARGETS[recipe.targets].classes)
    if found != expected:
        raise ValueError(f"{found[0]} columns and {found[1]} classes, expected {expected}")
    if type(seed) is not int or seed < 0:
        raise ValueError(f"seed {seed!r}")
    if record_ids.ndim != 1 or record_ids.dtype.kind != "i":
        raise ValueError(
            f"record_ids: {record_ids.dtype} {record_ids.shape}, expected whole numbers"
        )


def _require_same(path, recipe, ids):
    """What stands in a folder is of this recipe and these records, or it is an error."""
    model = load_model(path)
    if model.recipe != recipe:
        raise ValueError(f"{path}: a model of another recipe; name another folder")
    if not np.array_equal(model.record_ids, ids):
        raise ValueError(f"{path}: a model of other records; name another folder")


def model_name(seed, part):
    """The file of a model; `part` is "" where the recipe has no parts."""
    return f"seed-{seed}-{part}.npz" if part else f"seed-{seed}.npz"


def in_words(seed, part):
    """Seed and part, as the progress names them."""
    return f"seed {seed}, {part}" if part else f"seed {seed}"


def _train(records, recipe, part, seed):
    """One task: a part's name and Model."""
    return part, train_recipe(records, recipe, seed, verbose=False)
