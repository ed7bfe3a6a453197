"""A study's run: a folder with the models that a recipe has made of raw records.

settings.json        what was asked for, written first
folds/               cross-validation of the training records, for recalibration and threshold
models/              a model for each seed, trained on all training records
baselines.npz        what they are compared with, fitted to the same records
training.json        recalibration, threshold and times, written last; then, where records are
                     left to test on, the files of a report (see outputs.py)
"""

import dataclasses
import io
from pathlib import Path

import numpy as np

from tinylstm.data.physionet2012 import read_records, read_scores
from tinylstm.evaluation import Recalibration
from tinylstm.small.json_files import read_json, write_json
from tinylstm.small.progress import counted
from tinylstm.small.whole_files import write_whole
from tinylstm.study.models.models import load_model, outcomes
from tinylstm.study.models.recipes import RECIPES, Recipe
from tinylstm.study.models.seeds import train_seeds

from .crossvalidation import crossvalidate
from .folds import stratified_folds
from .rivals import Baselines, fit_baselines

__all__ = [
    "Run",
    "load_run",
    "new_settings",
    "read_set",
    "read_study_settings",
    "recipe_of_settings",
    "train_study",
]

SETTINGS = {"recipe", "label", "data", "train", "seeds", "folds"}
TRAINING = {"recalibration", "threshold", "auc_of_folds", "deaths", "seconds"}


@dataclasses.dataclass(frozen=True, eq=False)
class Run:
    """A finished run.

    Attributes
    ----------
    path : Path
    settings : dict
    models : list of Model
        One for each seed.
    baselines : Baselines
    training : dict
        What is in ``training.json``; "threshold" is one for recalibrated probabilities.
    """

    path: Path
    settings: dict
    models: list
    baselines: Baselines
    training: dict

    @property
    def recalibration(self):
        """What makes the mean of the models' probabilities the run's: a Recalibration."""
        return Recalibration(**self.training["recalibration"])


def new_settings(name, changes, data, train, seeds, folds):
    """The settings of a run.

    Parameters
    ----------
    name : str
        Of a recipe.
    changes : dict
        Fields of the recipe -> other values.
    data : path
        The raw records.
    train : int or None
        How many of the records, by ascending RecordID, train; None: the first 80 %.
    seeds, folds : int

    Returns
    -------
    dict
        As JSON can hold it.

    Examples
    --------
    >>> settings = new_settings("hourly", {"n_units": 32}, "/data/set-a.tar.gz", None, 3, 5)
    >>> settings["label"], settings["recipe"]["n_units"]
    ('hourly, with n_units=32', 32)
    """
    recipe = dataclasses.replace(RECIPES[name], **changes)
    varied = ", ".join(f"{key}={value}" for key, value in changes.items())
    return {
        "recipe": dataclasses.asdict(recipe),
        "label": f"{name}, with {varied}" if varied else name,
        "data": str(Path(data).absolute()),
        "train": train,
        "seeds": seeds,
        "folds": folds,
    }


def read_study_settings(run):
    """Read the settings of a study's run.

    Parameters
    ----------
    run : path

    Returns
    -------
    dict
        As of `new_settings`.

    Raises
    ------
    FileNotFoundError, ValueError
        If there are none, or they are of another kind.
    """
    return read_json(Path(run, "settings.json"), SETTINGS)


def recipe_of_settings(settings):
    """The recipe of a run.

    Parameters
    ----------
    settings : dict
        As of `new_settings`, JSON's lists for tuples included.

    Returns
    -------
    Recipe

    Examples
    --------
    >>> settings = new_settings("hourly", {}, "set-a.tar.gz", None, 3, 5)
    >>> recipe_of_settings(settings) == RECIPES["hourly"]
    True
    """
    fields = settings["recipe"].items()
    return Recipe(**{k: tuple(v) if isinstance(v, list) else v for k, v in fields})


def read_set(raw):
    """Read records and severity scores, with a progress line.

    Parameters
    ----------
    raw : path
        A set's archive or folder, as ``read_records`` takes it.

    Returns
    -------
    records : list of Record
    scores : dict of dict of float

    Raises
    ------
    FileNotFoundError, ValueError
        As ``read_records`` and ``read_scores``.
    """
    with counted("reading records") as progress:
        records = read_records(raw, progress)
    return records, read_scores(raw)


def train_study(run, settings, records, scores, executor, say):
    """Train what the settings ask for, or what of it is not there yet.

    Parameters
    ----------
    run : path
        The folder; made where it is not there.
    settings : dict
        As of `new_settings`.
    records, scores
        As of `read_set`.
    executor : concurrent.futures.Executor
        Where the trainings run.
    say : callable
        Takes a line of text for the terminal.

    Raises
    ------
    ValueError
        If there are too few records, or one has no outcome; nothing is written then.
    FloatingPointError
        As `fit`.
    """
    run, recipe = Path(run), recipe_of_settings(settings)
    if settings["train"] is None:
        settings = {**settings, "train": len(records) * 4 // 5}
    if not 0 < settings["train"] <= len(records):
        raise ValueError(f"{settings['train']} of {len(records)} records to train on")
    train = records[: settings["train"]]
    died = outcomes(train)
    stratified_folds(died, settings["folds"])  # raises now what would else come later
    run.mkdir(parents=True, exist_ok=True)
    write_json(run / "settings.json", settings)
    if (run / "training.json").exists():
        return
    seeds, folds = settings["seeds"], settings["folds"]
    say(
        f"{len(train):,} records to train on, {len(records) - len(train):,} to test on; "
        f"{folds} x {seeds} trainings on folds for calibration and threshold, then {seeds} on all"
    )
    study = crossvalidate(train, recipe, folds, seeds, out=run / "folds", executor=executor)
    models = train_seeds(train, recipe, seeds, out=run / "models", executor=executor)
    baselines = fit_baselines(train, scores, study.folds)
    stream = io.BytesIO()
    np.savez(stream, **baselines.to_arrays())
    write_whole(run / "baselines.npz", stream.getvalue())
    recalibration = study.recalibration
    training = {
        "recalibration": dataclasses.asdict(recalibration),
        # The order stays, and so what is best of the means is best of what becomes of them.
        "threshold": float(recalibration(study.threshold)),
        "auc_of_folds": study.auc,
        "deaths": int(died.sum()),
        "seconds": [sum(model.history.seconds) for model in models],
    }
    write_json(run / "training.json", training)


def load_run(run):
    """Load a finished run.

    Parameters
    ----------
    run : path

    Returns
    -------
    Run

    Raises
    ------
    FileNotFoundError, ValueError
        If it is no study's run, not finished, or damaged.
    """
    run = Path(run)
    settings = read_study_settings(run)
    if not (run / "training.json").exists():
        raise ValueError(f"{run}: not finished; to go on: tinylstm train --resume {run}")
    with np.load(run / "baselines.npz", allow_pickle=False) as arrays:
        baselines = Baselines.from_arrays(dict(arrays))
    paths = [run / "models" / f"seed-{seed}.npz" for seed in range(settings["seeds"])]
    models = [load_model(path) for path in paths]
    return Run(run, settings, models, baselines, read_json(run / "training.json", TRAINING))
