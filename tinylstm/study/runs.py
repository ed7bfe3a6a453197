"""A study's run: a folder with the models that a recipe has made of raw records.

settings.json        what was asked for, written first
folds/               cross-validation of the training records, for recalibration and threshold
models/              a model for each seed, trained on all training records
rivals.npz           what they are compared with, fitted to the same records; baselines.npz in
                     older runs
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

from .crossvalidation import crossvalidate, stratified_folds
from .models import load_model, outcomes, train_seeds
from .recipes import RECIPES, recipe_of_plain
from .rivals import Rivals, fit_rivals

SETTINGS = {"recipe", "label", "data", "train", "seeds", "folds"}
TRAINING = {"recalibration", "threshold", "auc_of_folds", "deaths", "seconds"}


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Run:
    """A finished run: its folder, settings, a Model for each seed, rivals and ``training.json``.

    In `training` "threshold" is one for recalibrated probabilities.
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
    """Read the settings of a study's run, as of `new_settings`.

    FileNotFoundError or ValueError if there are none, or they are of another kind.
    """
    return read_json(Path(run, "settings.json"), SETTINGS)


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
    say(
        f"{len(train):,} records to train on, {len(records) - len(train):,} to test on; "
        f"{folds} x {seeds} trainings on folds for calibration and threshold, then {seeds} on all"
    )
    study = crossvalidate(train, recipe, folds, seeds, out=run / "folds", executor=executor)
    models = train_seeds(train, recipe, seeds, out=run / "models", executor=executor)
    rivals = fit_rivals(train, scores, study.folds)
    stream = io.BytesIO()
    np.savez(stream, **rivals.to_arrays())
    write_whole(run / "rivals.npz", stream.getvalue())
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
        raise ValueError(f"{run}: not finished; to go on: tinylstm train --resume {run}")
    names = [name for name in ("rivals.npz", "baselines.npz") if (run / name).exists()]
    if not names:
        raise FileNotFoundError(f"{run / 'rivals.npz'}: no such file")
    with np.load(run / names[0], allow_pickle=False) as arrays:
        rivals = Rivals.from_arrays(dict(arrays))
    paths = [run / "models" / f"seed-{seed}.npz" for seed in range(settings["seeds"])]
    models = [load_model(path) for path in paths]
    return Run(run, settings, models, rivals, read_json(run / "training.json", TRAINING))
