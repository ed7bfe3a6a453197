"""A study's run: a folder with the models that a recipe has made of raw records.

settings.json        what was asked for, written first
folds/               cross-validation of the training records, for recalibration and threshold
models/              a model for each seed (and part), trained on all training records
rivals.npz           what they are compared with, fitted to the same records; baselines.npz in
                     older runs
training.json        recalibration, threshold and times, written last; then, where records are
                     left to test on, the files of a report (see outputs.py)
"""

import dataclasses
from pathlib import Path

import numpy as np

from tinylstm.data.physionet2012 import read_records, read_scores
from tinylstm.evaluation import Recalibration
from tinylstm.small.json_files import (
    anything,
    dict_of,
    list_of,
    number,
    optional,
    read_json,
    text,
    whole,
    write_json,
)
from tinylstm.small.npz_files import read_npz, write_npz
from tinylstm.small.progress import counted

from .crossvalidation import crossvalidate, stratified_folds
from .models import load_model, model_name, outcomes, train_seeds
from .recipes import RECIPES, parts_of, recipe_of_plain, varied
from .rivals import Rivals, fit_rivals

SETTINGS = {
    "recipe": dict_of(anything),
    "label": text,
    "data": text,
    "train": optional(whole(1)),
    "seeds": whole(1),
    "folds": whole(2),
}
TRAINING = {
    "recalibration": {"slope": number(above=0), "intercept": number()},
    "threshold": number(0, 1),
    "auc_of_folds": number(0, 1),
    "deaths": whole(0),
    "seconds": list_of(number(0)),
}


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Run:
    """A finished run: its folder, settings, a Model for each part and seed, rivals and times.

    `training` is what ``training.json`` holds; its "threshold" is for recalibrated probabilities.
    """

    path: Path
    settings: dict
    models: list
    rivals: Rivals
    training: dict

    @property
    def recalibration(self):
        """What makes the mean of the models' probabilities the run's: a Recalibration."""
        return Recalibration(**self.training["recalibration"])

    def __repr__(self):
        return f"Run({self.path}: {self.settings['label']}, {len(self.models)} models)"


def new_settings(name, changes, data, train, seeds, folds):
    """The settings of a run, as JSON can hold them.

    `changes` are fields of the recipe of that name and their other values; `data` is the path of
    the raw records, of which the first `train` by ascending RecordID train (None: 80 %).
    """
    recipe = varied(RECIPES[name], **changes)
    other = ", ".join(f"{key}={value}" for key, value in changes.items())
    return {
        "recipe": dataclasses.asdict(recipe),
        "label": f"{name}, with {other}" if other else name,
        "data": str(Path(data).absolute()),
        "train": train,
        "seeds": seeds,
        "folds": folds,
    }


def read_study_settings(run):
    """Read the settings of a study's run, as of `new_settings`.

    FileNotFoundError or ValueError if there are none, or they are of another kind.
    """
    path = Path(run, "settings.json")
    settings = read_json(path, SETTINGS)
    try:
        recipe_of_plain(settings["recipe"])
    except (TypeError, AttributeError) as error:
        raise ValueError(f"{path}: recipe: not the fields of one ({error})") from None
    return settings


def read_set(raw):
    """Read a set's records and severity scores, with a progress line; as ``read_records``."""
    with counted("reading records") as progress:
        records = read_records(raw, progress)
    return records, read_scores(raw)


def train_study(run, settings, records, scores, executor, say):
    """Train what the settings ask for, or what of it is not there yet, in the folder `run`.

    The trainings run on the executor; `say` takes a line of text for the terminal. ValueError if
    there are too few records, or one has no outcome: nothing is written then.
    """
    run, recipe = Path(run), recipe_of_plain(settings["recipe"])
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
    n_models = seeds * len(parts_of(recipe))
    say(
        f"{len(train):,} records to train on, {len(records) - len(train):,} to test on; "
        f"{folds} x {n_models} trainings on folds for calibration and threshold, then {n_models} "
        "on all"
    )
    study = crossvalidate(train, recipe, folds, seeds, out=run / "folds", executor=executor)
    models = train_seeds(train, recipe, seeds, out=run / "models", executor=executor)
    own = study.recalibrate(study.probabilities)
    write_npz(run / "rivals.npz", fit_rivals(train, scores, study.folds, own).to_arrays())
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
    """Load a finished run; FileNotFoundError or ValueError if it is none, or damaged."""
    run = Path(run)
    settings = read_study_settings(run)
    if not (run / "training.json").exists():
        raise ValueError(f"{run}: not finished; to resume: tinylstm train --resume {run}")
    training = read_json(run / "training.json", TRAINING)
    names = [name for name in ("rivals.npz", "baselines.npz") if (run / name).exists()]
    if not names:
        raise FileNotFoundError(f"{run / 'rivals.npz'}: no such file")
    arrays = read_npz(run / names[0])
    try:
        rivals = Rivals.from_arrays(arrays)
    except (KeyError, TypeError) as error:
        raise ValueError(f"{run / names[0]}: no array {error}") from None
    except ValueError as error:
        raise ValueError(f"{run / names[0]}: {error}") from None
    models = _load_models(run, settings)
    if len(training["seconds"]) != len(models):
        raise ValueError(f"{run / 'training.json'}: expected {len(models)} seconds")
    return Run(run, settings, models, rivals, training)


def _load_models(run, settings):
    """The models of a run, part after part, each of its recipe, seed and training records."""
    parts = parts_of(recipe_of_plain(settings["recipe"]))
    models = []
    for part, recipe in parts.items():
        for seed in range(settings["seeds"]):
            path = run / "models" / model_name(seed, part)
            model = load_model(path)
            if (model.recipe, model.seed) != (recipe, seed):
                raise ValueError(f"{path}: not of the recipe and seed of {run / 'settings.json'}")
            first = models[0] if models else model
            if len(model.record_ids) != settings["train"] or not np.array_equal(
                model.record_ids, first.record_ids
            ):
                raise ValueError(f"{path}: not of the run's {settings['train']} training records")
            models.append(model)
    return models
