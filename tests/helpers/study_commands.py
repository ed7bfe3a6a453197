"""What the tests of the commands on raw records share: arguments, names of files, and readers."""

import csv
import json
import re

import numpy as np
from helpers.paths import SAMPLES

from tinylstm.cli import main, train_command
from tinylstm.cli.command_line import parse
from tinylstm.evaluation import Recalibration
from tinylstm.study.boosting import is_installed

SET = SAMPLES / "physionet2012" / "set-s"
CHANGES = ["--units", "3", "--epochs", "2", "--batch-size", "16"]
SMALL = ["--recipe", "hourly", *CHANGES, "--seeds", "2", "--folds", "2"]
REPORT = ["auc_by_hour.png", "calibration.png", "precision_recall.png", "probabilities.csv"]
REPORT += ["report.html", "report.json", "roc.png"]
RIVALS = ["gradient boosting"] if is_installed() else []
RIVALS += ["logistic regression, clinical", "logistic regression", "SAPS-I", "SOFA", "prevalence"]
RIVALS += [f"half this model, half {RIVALS[0]}"]
RUN = ["folds", "models", "rivals.npz", "settings.json", "training.json"]
PATIENT = ["contributions.csv", "contributions.png", "contributions_by_step.csv"]
PATIENT += ["contributions_by_step.png", "course.png", "measurements.csv", "patient.html"]
PATIENT += ["risk.csv", "units.csv", "units.png"]


def files(folder):
    return sorted(path.name for path in folder.iterdir())


def rows_of(path):
    with open(path, newline="") as stream:
        return list(csv.DictReader(stream))


def recalibration_of(run):
    return Recalibration(**json.loads((run / "training.json").read_text())["recalibration"])


def mean_of_seeds(rows):
    return np.mean([[float(row[f"seed_{k}"]) for row in rows] for k in range(2)], axis=0)


def train(*argv, executor):
    """`tinylstm train` on an executor without processes, which take a second each to start."""
    return train_command.run(parse([str(argument) for argument in argv]), executor)


def fails(capsys, message, *argv):
    assert main([str(argument) for argument in argv]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert re.fullmatch(f"tinylstm: .*{message}.*\n", err)
