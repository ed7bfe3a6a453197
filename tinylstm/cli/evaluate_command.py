"""``tinylstm evaluate``: test what was trained, on other data."""

import contextlib
import os
from pathlib import Path

from tinylstm.evaluation import evaluate
from tinylstm.small.locks import locked
from tinylstm.study.judging import judge_run, unseen
from tinylstm.study.runs import load_run, read_set
from tinylstm.training import load

from .example_run import is_study, read_folder, read_settings, split
from .terminal import say, show

SUMMARY = "test what was trained, on other data"
DESCRIPTION = """\
Test a run's network: loss, accuracy, AUC, average precision, confusion counts.

  tinylstm evaluate runs/icu data_samples/icu
  tinylstm evaluate runs/a set-b.tar.gz --out reports/b        a run that a recipe made

Of the data that the run was trained on, only what it did not train on counts; of any other, all.
REPORT gets probabilities.csv and, where outcomes are known, report.json, report.html, figures."""


def add_arguments(parser):
    """Declare the command's arguments."""
    parser.description = DESCRIPTION
    parser.add_argument("run_folder", metavar="RUN", help="folder that tinylstm train made")
    parser.add_argument(
        "data",
        metavar="DIR",
        help="holds sequence/ and mortality/, or raw records, as in training",
    )
    parser.add_argument("--out", metavar="REPORT", help="folder for the report of a recipe's run")
    parser.add_argument(
        "--challenge",
        action="store_true",
        help="print the two scores alone, as the Challenge's program did, of a recipe's run",
    )


def run(arguments):
    """Test a run; the exit status."""
    if is_study(arguments.run_folder):
        _evaluate_study(arguments.run_folder, arguments.data, arguments.out, arguments.challenge)
    elif arguments.out is not None or arguments.challenge:
        option = "--challenge" if arguments.out is None else "--out"
        raise ValueError(f"{option} goes with a run that a recipe has made")
    else:
        show(_evaluate_example(arguments.run_folder, arguments.data))
    return 0


def _evaluate_study(folder, data, out, challenge):
    run = load_run(folder)
    records, scores = read_set(data)
    records = unseen(run, records, say)
    if records[0].died is None and not challenge:
        say("no outcomes: probabilities, and no report")
    with contextlib.nullcontext() if out is None else locked(out):
        show(judge_run(run, records, scores, Path(data).name, out, challenge).rstrip())


def _evaluate_example(folder, data):
    """The Evaluation on a folder of data; of the folder it was trained on, on the test part."""
    settings = read_settings(folder)
    checkpoint = load(Path(folder, "model.npz"))
    dataset = read_folder(data, settings)
    expected = next(iter(checkpoint.network.layers.values())).n_in
    if dataset.n_features != expected:
        raise ValueError(
            f"{data}: {dataset.n_features} columns, expected {expected} as in the data that "
            f"{folder} was trained on"
        )
    if "data" in settings and os.path.realpath(data) == os.path.realpath(settings["data"]):
        _, dataset = split(dataset, settings)
        say(
            f"{folder} was trained on the first {settings['train']:,} examples of {data}: "
            "here are the others"
        )
    if checkpoint.standardizer is not None:
        dataset = checkpoint.standardizer.transform(dataset)
    return evaluate(checkpoint.network, dataset, settings["batch_size"])
