"""The example's run: a folder with a trained network, how it was trained, and what it is worth.

settings.json        what was asked for, written first
model.npz            weights, standardizer and history after the last whole epoch
history.csv          loss and time of every epoch, loss and AUC of the test part after it
report.json          what the network is worth on the test part, written last, with
loss.png, roc.png    its figures
"""

import math
import os
import platform
import re
from pathlib import Path

import numpy as np

from tinylstm import __version__
from tinylstm.data import SequenceDataset
from tinylstm.small.json_files import (
    check_form,
    number,
    one_of,
    optional,
    read_json,
    text,
    truth,
    whole,
    write_json,
)
from tinylstm.small.whole_files import write_whole
from tinylstm.study.recipes import RECIPES

from .recipe_options import FIELDS

# Option -> value where it is not given. The recipe "example" has them but for those of the files,
# and those that every recipe leaves as they are here. `train` None is the first 80 %.
DEFAULTS = {
    "train": None,
    "classes": 2,
    "skip_rows": 1,
    "label_skip_rows": 0,
    "delimiter": ",",
    **{option: getattr(RECIPES["example"], field) for option, field in FIELDS.items()},
    "forget_bias": 1.0,
    "standardize": True,
    "shuffle": True,
    "pool": None,
    "seed": 0,
    "workers": 1,
}


# What settings.json has to hold. Runs of earlier versions lack those of LATER.
FORM = {
    "data": text,
    "train": optional(whole(1)),
    "classes": whole(2),
    "skip_rows": whole(0),
    "label_skip_rows": whole(0),
    "delimiter": text,
    "epochs": whole(1),
    "batch_size": whole(1),
    "learning_rate": number(above=0),
    "units": whole(1),
    "activation": text,
    "init_std": number(0),
    "dtype": one_of("float32", "float64"),
    "forget_bias": number(),
    "standardize": truth,
    "shuffle": truth,
    "pool": optional(whole(1)),
    "seed": whole(0),
    "workers": whole(1),
}
LATER = {name: DEFAULTS[name] for name in ("label_skip_rows", "delimiter", "workers")}
# What is known of a run whose network was imported.
IMPORTED = {name: FORM[name] for name in ("classes", "skip_rows", "batch_size", *LATER)}
IMPORTED["imported"] = text


def require_new(folder):
    """FileExistsError unless a run can be made in this folder (Path): it is empty."""
    if any(folder.iterdir()):
        raise FileExistsError(f"{folder}: is there already; name a folder that is new or empty")


def is_study(run):
    """Whether a run's settings are a study's (bool); FileNotFoundError where there are none."""
    return "recipe" in read_json(Path(run, "settings.json"))


def read_settings(run):
    """A run's settings: the keys of DEFAULTS, and "data", the absolute path of what it reads.

    Where its network was imported, the keys of IMPORTED; "imported" is then the path it came from.
    """
    path = Path(run, "settings.json")
    settings = {**LATER, **read_json(path)}
    try:
        check_form(settings, IMPORTED if "imported" in settings else FORM)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None
    return settings


def read_folder(folder, settings):
    """The SequenceDataset of the files 0.csv, 1.csv, ... in the folder's two; a gap is an error."""
    if Path(folder).is_file():
        raise ValueError(f"{folder}: is no folder; an archive of raw records goes with --recipe")
    kinds = [Path(folder, kind) for kind in ("sequence", "mortality")]
    numbers = [
        int(path.stem)
        for kind in kinds
        for path in kind.iterdir()
        if re.fullmatch(r"(0|[1-9][0-9]*)\.csv", path.name)
    ]
    if not numbers:
        raise FileNotFoundError(f"{kinds[0]}: no files 0.csv, 1.csv, ...")
    patterns = [str(kind).replace("%", "%%") + os.sep + "%d.csv" for kind in kinds]
    return SequenceDataset.from_csv(
        *patterns,
        0,
        max(numbers),
        settings["classes"],
        settings["skip_rows"],
        settings["label_skip_rows"],
        settings["delimiter"],
    )


def split(dataset, settings):
    """The training and the test part; how many examples the first has goes into the settings."""
    if settings["train"] is None:
        settings["train"] = len(dataset) * 4 // 5
    if not 0 < settings["train"] < len(dataset):
        raise ValueError(
            f"{settings['train']} of {len(dataset)} examples to train on: expected 1 at least, and "
            "1 at least left to test on"
        )
    return dataset.split(settings["train"])


def require_unchanged(run, settings, trained_with):
    """ValueError unless training would resume as if it had never stopped; data may have moved."""
    trained_with = {**LATER, **trained_with}
    changed = [
        name
        for name in sorted(settings.keys() - {"data", "epochs"})
        if settings[name] != trained_with.get(name)
    ]
    if changed:
        raise ValueError(
            f"{Path(run, 'settings.json')}: {', '.join(changed)} not as in training (model.npz)"
        )


def write_history(path, history):
    """Write a line for each epoch."""
    columns = history.loss, history.seconds, history.validation_loss, history.validation_auc
    lines = ["epoch,loss,seconds,test_loss,test_auc"]
    for epoch, row in enumerate(zip(*columns, strict=True), start=1):
        lines.append(",".join([str(epoch), *map(repr, row)]))
    write_whole(path, ("\n".join(lines) + "\n").encode())


def write_report(run, settings, history, evaluation):
    """Write the figures, and then report.json, whose presence says that the run is finished."""
    from tinylstm import plots  # not at the top: matplotlib takes half a second to import

    n_classes = len(evaluation.rocs)
    plots.loss_curve(history, run / "loss.png", held_out="test")
    rocs = {f"class {k} against the rest": roc for k, roc in enumerate(evaluation.rocs)}
    plots.roc_plot(evaluation.roc if n_classes == 2 else rocs, run / "roc.png")
    labels = evaluation.confusion.sum(axis=1).tolist()
    precisions = [curve.average_precision for curve in evaluation.precision_recalls]
    report = {
        "auc": evaluation.auc,
        "average_precision": precisions[1] if n_classes == 2 else float(np.mean(precisions)),
        "loss": evaluation.loss,
        "accuracy": evaluation.accuracy,
        "n": evaluation.n_examples,
        "labels": labels,
        **({"deaths": labels[1]} if n_classes == 2 else {}),
        "confusion": evaluation.confusion.tolist(),
        "epochs": len(history.loss),
        "seconds": math.fsum(history.seconds),
        "settings": settings,
        "versions": {
            "python": platform.python_version(),
            "numpy": np.__version__,
            "tinylstm": __version__,
        },
    }
    # JSON has no nan.
    finite = {k: None if v != v else v for k, v in report.items()}
    write_json(run / "report.json", finite)
