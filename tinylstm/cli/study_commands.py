"""The commands on raw records: train and evaluate by a recipe, crossvalidate, explain, download."""

import shlex
from pathlib import Path

from tinylstm.data.physionet2012 import CITATION, download
from tinylstm.small.json_files import read_json
from tinylstm.small.progress import counted
from tinylstm.study.executors import dask_executor, n_cores, one_core_each
from tinylstm.study.judging import crossvalidate_study, judge_run, unseen
from tinylstm.study.reports.patient import explain_record
from tinylstm.study.runs import load_run, new_settings, read_set, read_study_settings, train_study

# Options that change a recipe's field of another or the same name.
CHANGES = {
    "units": "n_units",
    "activation": "activation",
    "learning_rate": "learning_rate",
    "epochs": "epochs",
    "batch_size": "batch_size",
    "init_std": "init_std",
    "dtype": "dtype",
}
FOLDS, SEEDS = 5, 3
OWN = {"recipe", "seeds", "folds", "workers"}


def is_study(run):
    """Whether a run's settings are a study's (bool); FileNotFoundError where there are none."""
    return "recipe" in read_json(Path(run, "settings.json"))


def train(arguments, given, say):
    """Train by a recipe, or go on with it, and judge the models on the records that are left.

    Parameters
    ----------
    arguments : argparse.Namespace
    given : dict
        The options that were given.
    say : callable
        Takes a line of text for the terminal.

    Returns
    -------
    int
        Exit status.
    """
    workers = given.pop("workers", n_cores())
    if arguments.resume is not None:
        run = Path(arguments.resume)
        if arguments.data or arguments.out or given:
            raise ValueError(
                "--resume RUN takes its settings from RUN; only --workers goes with it"
            )
        settings = read_study_settings(run)
    else:
        run = Path(arguments.out)
        settings = _settings(arguments.data, given)
    records, scores = read_set(settings["data"])
    try:
        train_study(run, settings, records, scores, workers, say)
    except KeyboardInterrupt:
        say(f"interrupted; to go on: tinylstm train --resume {shlex.quote(str(run))}")
        return 130
    trained = load_run(run)
    left = records[trained.settings["train"] :]
    if left:
        source = Path(settings["data"]).name
        print(judge_run(trained, left, scores, source, run))
    say(f"all in {run}")
    return 0


def evaluate(arguments, say):
    """Judge a run's models on a raw set."""
    run = load_run(arguments.run)
    records, scores = read_set(arguments.data)
    records = unseen(run, records, say)
    if records[0].died is None:
        say("no outcomes: probabilities, and no report")
    print(judge_run(run, records, scores, Path(arguments.data).name, arguments.out).rstrip())
    return 0


def crossvalidate(arguments, say):
    """Cross-validate a recipe; an earlier study in the folder is gone on with."""
    given = _given(arguments)
    if arguments.dask is not None and "workers" in given:
        raise ValueError("--workers counts processes of this machine: not with --dask")
    workers = given.pop("workers", n_cores())
    settings = _settings(arguments.data, given)
    records, scores = read_set(arguments.data)
    address = arguments.dask
    where = one_core_each(workers) if address is None else dask_executor(address)
    try:
        with where as executor:
            print(crossvalidate_study(settings, records, scores, arguments.out, executor))
    except KeyboardInterrupt:
        say("interrupted; the same command goes on with what there is")
        return 130
    return 0


def explain(arguments, say):
    """Explain the risk that a run's models see in one record."""
    run = load_run(arguments.run)
    records, _ = read_set(arguments.data)
    record = next((r for r in records if r.record_id == arguments.record), None)
    if record is None:
        first, last = records[0].record_id, records[-1].record_id
        raise ValueError(f"{arguments.data}: no record {arguments.record} among {first} to {last}")
    if record.record_id in run.models[0].record_ids:
        say(f"{run.path} was trained on record {record.record_id}, and may know its outcome")
    print(explain_record(run, record, arguments.out, arguments.units))
    return 0


def fetch(arguments):
    """Download sets of the Challenge."""
    with counted("bytes") as progress:
        archives = download(arguments.download, arguments.sets or ["a"], progress=progress)
    print(*archives, "", CITATION, sep="\n")
    return 0


def _given(arguments):
    """The options of a study that were given."""
    return {name: v for name, v in vars(arguments).items() if name in OWN or name in CHANGES}


def _settings(data, given):
    given = dict(given)
    name, seeds = given.pop("recipe"), given.pop("seeds", SEEDS)
    folds, train = given.pop("folds", FOLDS), given.pop("train", None)
    other = [option.replace("_", "-") for option in given if option not in CHANGES]
    if other:
        raise ValueError(f"--recipe {name} has no place for these options: {', '.join(other)}")
    changes = {CHANGES[option]: value for option, value in given.items()}
    return new_settings(name, changes, data, train, seeds, folds)
