"""``tinylstm train``: on numbered CSV files, or by a recipe on raw records; then test."""

import argparse
import contextlib
import math
import shlex
from pathlib import Path

import numpy as np

from tinylstm.data import Standardizer
from tinylstm.evaluation import evaluate
from tinylstm.network import Network, PeepholeLSTM, SoftmaxOutput, initializers
from tinylstm.small.json_files import write_json
from tinylstm.small.locks import locked
from tinylstm.small.progress import duration
from tinylstm.study.judging import judge_run
from tinylstm.study.runs import load_run, read_set, read_study_settings, train_study
from tinylstm.study.workers import n_cores, one_core_each
from tinylstm.training import SGD, fit, load, save

from .example_run import (
    DEFAULTS,
    is_study,
    read_folder,
    read_settings,
    require_new,
    require_unchanged,
    split,
    write_history,
    write_report,
)
from .recipe_options import (
    STUDY_OPTIONS,
    add_fields,
    add_recipe,
    add_study_options,
    delimiter,
    given_options,
    study_settings,
    whole,
)
from .terminal import say, show

SUMMARY = "train on a folder of numbered CSV files or on raw records, and test"
DESCRIPTION = """\
Train a network on the first files of a folder and test it on the rest; or, with --recipe, on the
first raw records of a set.

  tinylstm train data_samples/icu --out runs/icu --units 32
  tinylstm train --resume runs/icu                    after Ctrl-C
  tinylstm train --resume runs/icu --epochs 30        for more epochs
  tinylstm train set-a.tar.gz --recipe hourly --seeds 3 --out runs/a

Without --recipe, the settings are those of DeepLearning4j's example "LSTM Network", but for three
with which it learns more: small initial weights, standardised features, shuffled examples. As
published:

  tinylstm train DIR --out RUN --init-std 1 --no-standardize --no-shuffle

After Ctrl-C (exit status 130) a run is resumed from its last whole epoch, to the same bits as if
it had never stopped. RUN holds settings.json, history.csv, model.npz and in the end report.json
(the test AUC is its key "auc"), loss.png and roc.png; with --recipe, a model for each seed and
report.html too. What is finished is not done again."""


def add_arguments(parser):
    """Declare the command's arguments; an option that is not given is absent from the result."""
    # Spelled out, all options would take eight lines, above each message about a wrong one too.
    parser.usage = "%(prog)s DIR --out RUN [options]\n       %(prog)s --resume RUN [--epochs N]"
    parser.description = DESCRIPTION
    parser.add_argument(
        "data",
        nargs="?",
        metavar="DIR",
        help="holds sequence/0.csv, 1.csv, ... (a row a step, a column a feature) and "
        "mortality/0.csv, 1.csv, ... (the label, 1 or 0; or a row a step, of --classes classes); "
        "with --recipe: a set's .tar.gz or a folder with its records",
    )
    parser.add_argument("--out", metavar="RUN", help="folder to make")
    parser.add_argument("--resume", metavar="RUN", help="resume this run")

    def add(flag, help, **how):
        default = DEFAULTS.get(flag.removeprefix("--").replace("-", "_"))
        if default is not None:
            help += f" (default {default})"
        parser.add_argument(flag, help=help, default=argparse.SUPPRESS, **how)

    add_fields(add)
    add("--forget-bias", "initial bias of the forget gate", type=float, metavar="X")
    add("--seed", "of initial weights and shuffling", type=whole(0), metavar="N")
    add("--no-standardize", "train on raw features", action="store_false", dest="standardize")
    add("--no-shuffle", "take examples in file order", action="store_false", dest="shuffle")
    add(
        "--pool",
        "batches of like lengths, drawn from pools of N batches: faster, 50 is a good number",
        type=whole(1),
        metavar="N",
    )
    add(
        "--train",
        "train on the first N files or records, test on the rest (default the first 80 %%)",
        type=whole(1),
        metavar="N",
    )
    add("--classes", "labels are 0 to N - 1", type=whole(2), metavar="N")
    add("--skip-rows", "header lines of sequence files", type=whole(0), metavar="N")
    add("--label-skip-rows", "header lines of label files", type=whole(0), metavar="N")
    add("--delimiter", "between two cells; a tab is \\t", type=delimiter, metavar="C")
    group = parser.add_argument_group("training on raw records by a recipe")
    add_recipe(
        group, default=argparse.SUPPRESS, help="DIR is a raw set then; options above change it"
    )
    add_study_options(
        lambda flag, help, **how: group.add_argument(
            flag, help=help, default=argparse.SUPPRESS, **how
        ),
        workers="processes, models side by side (default one a core); without a recipe, as many "
        "that share each batch (default 1)",
    )


def run(arguments, executor=None):
    """Train or resume, by a recipe on the executor (None: on this machine's cores); exit status."""
    given = given_options(arguments, {*DEFAULTS, *STUDY_OPTIONS})
    resumed = arguments.resume is not None
    if not resumed and not (arguments.data and arguments.out):
        raise ValueError("train needs DIR and --out RUN, or --resume RUN")
    folder = Path(arguments.resume if resumed else arguments.out)
    by_recipe = is_study(folder) if resumed else "recipe" in given
    settable = "workers" if by_recipe else "epochs"
    if resumed and (arguments.data or arguments.out or given.keys() - {settable}):
        raise ValueError(
            f"--resume RUN takes its settings from RUN; only --{settable} goes with it"
        )
    how_to_resume = f"tinylstm train --resume {shlex.quote(str(folder))}"
    try:
        with locked(folder):
            if not resumed:
                require_new(folder)
            if by_recipe:
                _train_by_recipe(folder, arguments.data, given, executor)
            else:
                _train_example(folder, arguments.data, given, how_to_resume)
    except KeyboardInterrupt:
        if not (folder / "settings.json").exists():
            raise
        say(f"interrupted; to resume: {how_to_resume}")
        return 130
    return 0


def _train_by_recipe(folder, data, given, executor):
    workers = given.pop("workers", n_cores())
    where = one_core_each(workers) if executor is None else contextlib.nullcontext(executor)
    settings = read_study_settings(folder) if data is None else study_settings(data, given)
    records, scores = read_set(settings["data"])
    with where as executor:
        train_study(folder, settings, records, scores, executor, say)
    trained = load_run(folder)
    left = records[trained.settings["train"] :]
    if left:
        show(judge_run(trained, left, scores, Path(settings["data"]).name, folder))
    say(f"all in {folder}")


def _train_example(folder, data, given, how_to_resume):
    if given.keys() & STUDY_OPTIONS - {"workers"}:
        raise ValueError("--seeds and --folds go with --recipe")
    if data is None:
        settings = {**read_settings(folder), **given}
        if "imported" in settings:
            raise ValueError(f"{folder}: its network was imported, there is no training to resume")
    else:
        settings = {"data": str(Path(data).absolute()), **DEFAULTS, **given}
    if settings["pool"] and not settings["shuffle"]:
        raise ValueError("--pool draws its batches at random: not with --no-shuffle")
    try:
        history, evaluation = train_example(folder, settings)
    except ChildProcessError as error:
        raise ChildProcessError(
            f"{error}; {folder} is as after its last whole epoch; to resume: {how_to_resume}"
        ) from error
    n = len(history.loss)
    epochs = f"{n} epoch{'s' * (n > 1)}"
    if evaluation is None:
        show(f"{folder} is finished, with {epochs}; for more: {how_to_resume} --epochs {2 * n}")
        return
    show(evaluation)
    took = duration(math.fsum(history.seconds))
    show(f"test AUC {evaluation.auc:.4f} after {epochs}, {took} of training; all in {folder}")


def train_example(folder, settings):
    """Train from the run's last whole epoch, or from the first, to the end; then test.

    Returns the History and the test part's Evaluation, None where the run was finished before.
    """
    model, report = folder / "model.npz", folder / "report.json"
    optimizer = SGD(settings["learning_rate"])
    initializer = initializers.normal(settings["init_std"])
    checkpoint = load(model) if model.exists() else None
    if checkpoint is not None:
        done = len(checkpoint.history.loss)
        if settings["epochs"] < done:
            raise ValueError(f"--epochs {settings['epochs']}: {folder} has {done} behind it")
        require_unchanged(folder, settings, checkpoint.settings)
        if settings["epochs"] == done and report.exists():
            return checkpoint.history, None
    train, test = split(read_folder(settings["data"], settings), settings)
    if checkpoint is None:
        standardizer = Standardizer().fit(train) if settings["standardize"] else None
        network = _build(train.n_features, initializer, settings)
    else:
        standardizer, network = checkpoint.standardizer, checkpoint.network
    if standardizer is not None:
        train, test = standardizer.transform(train), standardizer.transform(test)

    def save_epoch(history):
        save(model, network, standardizer, history, optimizer, settings)
        write_history(folder / "history.csv", history)

    report.unlink(missing_ok=True)  # of fewer epochs
    write_json(folder / "settings.json", settings)
    say(
        f"{len(train):,} examples to train on, {len(test):,} to test on (called validation below); "
        f"{sum(p.size for p in network.parameters.values()):,} parameters"
    )
    history = fit(
        network,
        train,
        optimizer,
        epochs=settings["epochs"],
        batch_size=settings["batch_size"],
        validation=test,
        shuffle=settings["shuffle"],
        pool=settings["pool"],
        seed=settings["seed"],
        workers=settings["workers"],
        resume=checkpoint,
        on_epoch=save_epoch,
    )
    evaluation = evaluate(network, test, settings["batch_size"])
    write_report(folder, settings, history, evaluation)
    return history, evaluation


def _build(n_features, initializer, settings):
    rng = np.random.default_rng(settings["seed"])
    n_units, how = settings["units"], {"initializer": initializer, "rng": rng}
    how["dtype"] = settings["dtype"]
    lstm = PeepholeLSTM(
        n_features,
        n_units,
        activation=settings["activation"],
        forget_bias=settings["forget_bias"],
        **how,
    )
    return Network({"lstm": lstm, "output": SoftmaxOutput(n_units, settings["classes"], **how)})
