"""Models: from raw records of the PhysioNet 2012 Challenge to probabilities, by a recipe."""

import dataclasses
from dataclasses import dataclass

import numpy as np

from tinylstm.data import SequenceDataset
from tinylstm.network import Network
from tinylstm.training.checkpoint import load, save
from tinylstm.training.loop import History

from .layouts import LAYOUTS
from .recipes import Recipe, recipe_of, train_features

__all__ = ["Model", "load_model", "mean_probabilities", "outcomes", "train_recipe"]

BATCH_SIZE = 256  # of evaluation, where it decides the memory needed


@dataclass(frozen=True, eq=False)
class Model:
    """A trained network, and what it needs to take raw records.

    Attributes
    ----------
    network : Network
    layout : HourlyLayout or RowsLayout
        With the statistics of the training records.
    recipe : Recipe
    seed : int
    record_ids : ndarray (N,) int64
        Of the training records: so that nobody tests on them by mistake.
    history : History

    Examples
    --------
    See `train_recipe`.
    """

    network: Network
    layout: object
    recipe: Recipe
    seed: int
    record_ids: np.ndarray
    history: History

    def risks(self, records):
        """The probability of death as known after every step.

        Parameters
        ----------
        records : list of Record
            Outcomes are not looked at.

        Returns
        -------
        list of ndarray (T_n,) float64
            One for each record: of a recipe with hourly steps, 48 hours.

        Examples
        --------
        See `load_model`.
        """
        features = self.layout.features(records)
        dataset = SequenceDataset(features, [[]] * len(features), n_classes=2)
        risks = []
        for batch in dataset.batches(BATCH_SIZE):
            p = self.network.forward(batch.features, batch.feature_mask)[:, :, 1]
            lengths = batch.feature_mask.sum(axis=0)
            risks += [p[:length, n].astype(np.float64) for n, length in enumerate(lengths)]
        return risks

    def probabilities(self, records):
        """The probability of death after the last step.

        Parameters
        ----------
        records : list of Record
            Outcomes are not looked at.

        Returns
        -------
        ndarray (N,) float64

        Examples
        --------
        See `train_recipe`.
        """
        return np.array([risk[-1] for risk in self.risks(records)])

    def save(self, path):
        """Write everything into one ``.npz`` file, for `load_model`.

        Parameters
        ----------
        path : path

        Examples
        --------
        See `load_model`.
        """
        settings = {"recipe": dataclasses.asdict(self.recipe), "seed": self.seed}
        arrays = {**self.layout.to_arrays(), "record_ids": self.record_ids}
        save(path, self.network, history=self.history, settings=settings, arrays=arrays)


def train_recipe(records, recipe="hourly", seed=0, verbose=True):
    """Train a model on raw records; every statistic comes from them alone.

    Parameters
    ----------
    records : list of Record
        Each with its outcome.
    recipe : str or Recipe
        A name of `RECIPES`, or settings of one's own.
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
        If a record has no outcome, all have the same, or there is no such recipe.
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
    died = outcomes(records)
    layout = LAYOUTS[recipe.layout].fit(records)
    network, history = train_features(layout.features(records), died, recipe, seed, verbose)
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
        recipe = dict((checkpoint.settings or {})["recipe"])
        recipe = Recipe(**{k: tuple(v) if isinstance(v, list) else v for k, v in recipe.items()})
        seed = checkpoint.settings["seed"]
        layout = LAYOUTS[recipe.layout].from_arrays(checkpoint.arrays)
        record_ids = checkpoint.arrays["record_ids"]
    except (TypeError, KeyError, ValueError) as error:
        raise ValueError(f"{path}: a checkpoint, but of no recipe's model ({error})") from error
    return Model(checkpoint.network, layout, recipe, seed, record_ids, checkpoint.history)


def mean_probabilities(models, records):
    """The mean of several models' probabilities: those of different seeds, by custom.

    Parameters
    ----------
    models : list of Model
    records : list of Record

    Returns
    -------
    ndarray (N,) float64

    Examples
    --------
    See `train_seeds`.
    """
    return np.mean([model.probabilities(records) for model in models], axis=0)


def outcomes(records):
    """Who died.

    Parameters
    ----------
    records : list of Record

    Returns
    -------
    ndarray (N,) int64
        1: died in hospital.

    Raises
    ------
    ValueError
        If there are no records, or one has no outcome.

    Examples
    --------
    >>> from tinylstm.data.physionet2012 import Record
    >>> nothing = np.zeros((3, 0), dtype=int)
    >>> record = Record(132539, 54, 0, np.nan, 4, 70.5, *nothing, died=0)
    >>> print(outcomes([record]))
    [0]
    """
    if len(records) == 0:
        raise ValueError("no records, expected at least one")
    for record in records:
        if record.died is None:
            raise ValueError(f"record {record.record_id} has no outcome")
    return np.array([record.died for record in records], dtype=np.int64)
