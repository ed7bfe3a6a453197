"""A run: a folder with a trained network, how it was trained, and what it is worth.

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
from tinylstm.data import SequenceDataset, Standardizer
from tinylstm.evaluation import evaluate
from tinylstm.network import Network, PeepholeLSTM, SoftmaxOutput, initializers
from tinylstm.small.json_files import read_json, write_json
from tinylstm.small.whole_files import write_whole
from tinylstm.training import SGD, fit, load, save

# The original example's settings but for three: it starts from N(0, 1), on raw features, and reads
# its files in order. `train` None is the first 80 %.
DEFAULTS = {
    "train": None,
    "classes": 2,
    "skip_rows": 1,
    "units": 300,
    "activation": "softsign",
    "forget_bias": 1.0,
    "init_std": 0.05,
    "dtype": "float32",
    "standardize": True,
    "shuffle": True,
    "pool": None,
    "epochs": 15,
    "batch_size": 32,
    "learning_rate": 0.05,
    "seed": 0,
}


def read_settings(run):
    """Read a run's settings.

    Parameters
    ----------
    run : path

    Returns
    -------
    dict
        The keys of `DEFAULTS`, and "data": the folder that it reads, as an absolute path.

    Raises
    ------
    FileNotFoundError, ValueError
        If the folder has no ``settings.json``, or it does not hold these keys.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_json(f"{folder}/settings.json", {"data": "data_samples/icu", **DEFAULTS})
    ...     print(read_settings(folder)["units"])
    300
    """
    return read_json(Path(run, "settings.json"), {"data", *DEFAULTS})


def read_folder(folder, settings):
    """Read the numbered files of ``folder/sequence`` and ``folder/mortality``.

    Parameters
    ----------
    folder : path
    settings : dict
        "classes" and "skip_rows" count.

    Returns
    -------
    SequenceDataset

    Raises
    ------
    FileNotFoundError, ValueError
        As ``SequenceDataset.from_csv``; a gap in the numbers, which begin at 0, is an error.

    Examples
    --------
    See `train_run`.
    """
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
        *patterns, 0, max(numbers), settings["classes"], skip_rows=settings["skip_rows"]
    )


def train_run(run, settings, say):
    """Train from the run's last whole epoch, or from the first, to the end; then test.

    Parameters
    ----------
    run : path
        The folder; made where it is not there.
    settings : dict
        The keys of `DEFAULTS` and "data".
    say : callable
        Takes a line of text for the terminal.

    Returns
    -------
    history : History
    evaluation : Evaluation
        Of the test part. None where the run was finished before.

    Raises
    ------
    FileNotFoundError, ValueError
        If the data or a setting will not do.
    FloatingPointError
        As `fit`.

    Examples
    --------
    ::

        settings = {"data": "data_samples/icu", **DEFAULTS, "units": 32}
        history, evaluation = train_run("runs/icu", settings, say=print)
        evaluate_run("runs/icu", "data_samples/icu", say=print)
    """
    run = Path(run)
    model, report = run / "model.npz", run / "report.json"
    optimizer = SGD(settings["learning_rate"])
    initializer = initializers.normal(settings["init_std"])
    checkpoint = load(model) if model.exists() else None
    if checkpoint is not None:
        done = len(checkpoint.history.loss)
        if settings["epochs"] < done:
            raise ValueError(f"--epochs {settings['epochs']}: {run} has {done} behind it")
        _require_unchanged(run, settings, checkpoint.settings)
        if settings["epochs"] == done and report.exists():
            return checkpoint.history, None
    train, test = _split(read_folder(settings["data"], settings), settings)
    if checkpoint is None:
        standardizer = Standardizer().fit(train) if settings["standardize"] else None
        network = _build(train.n_features, initializer, settings)
    else:
        standardizer, network = checkpoint.standardizer, checkpoint.network
    if standardizer is not None:
        train, test = standardizer.transform(train), standardizer.transform(test)

    def save_epoch(history):
        save(model, network, standardizer, history, optimizer, settings)
        _write_history(run / "history.csv", history)

    run.mkdir(parents=True, exist_ok=True)
    report.unlink(missing_ok=True)  # of fewer epochs
    write_json(run / "settings.json", settings)
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
        resume=checkpoint,
        on_epoch=save_epoch,
    )
    evaluation = evaluate(network, test, settings["batch_size"])
    _write_report(run, settings, history, evaluation)
    return history, evaluation


def evaluate_run(run, data, say):
    """Test a run's network on a folder of data; of the folder it was trained on, the test part.

    Parameters
    ----------
    run, data : path
    say : callable
        Takes a line of text for the terminal.

    Returns
    -------
    Evaluation

    Raises
    ------
    FileNotFoundError, ValueError
        If one of the two folders will not do.

    Examples
    --------
    See `train_run`.
    """
    settings = read_settings(run)
    checkpoint = load(Path(run, "model.npz"))
    dataset = read_folder(data, settings)
    expected = checkpoint.network.layers["lstm"].n_in
    if dataset.n_features != expected:
        raise ValueError(
            f"{data}: {dataset.n_features} columns, expected {expected} as in the data that {run} "
            "was trained on"
        )
    if os.path.realpath(data) == os.path.realpath(settings["data"]):
        _, dataset = _split(dataset, settings)
        say(
            f"{run} was trained on the first {settings['train']:,} examples of {data}: "
            "here are the others"
        )
    if checkpoint.standardizer is not None:
        dataset = checkpoint.standardizer.transform(dataset)
    return evaluate(checkpoint.network, dataset, settings["batch_size"])


def _require_unchanged(run, settings, trained_with):
    """What changed would not go on as if training had never stopped; data may have moved."""
    changed = [
        name
        for name in sorted(settings.keys() - {"data", "epochs"})
        if settings[name] != trained_with[name]
    ]
    if changed:
        raise ValueError(
            f"{Path(run, 'settings.json')}: {', '.join(changed)} not as in training (model.npz)"
        )


def _split(dataset, settings):
    """The training and the test part; how many examples the first has goes into the settings."""
    if settings["train"] is None:
        settings["train"] = len(dataset) * 4 // 5
    if not 0 < settings["train"] < len(dataset):
        raise ValueError(
            f"{settings['train']} of {len(dataset)} examples to train on: expected 1 at least, and "
            "1 at least left to test on"
        )
    return dataset.split(settings["train"])


def _build(n_features, initializer, settings):
    rng = np.random.default_rng(settings["seed"])
    lstm = PeepholeLSTM(
        n_features,
        settings["units"],
        activation=settings["activation"],
        forget_bias=settings["forget_bias"],
        initializer=initializer,
        rng=rng,
        dtype=settings["dtype"],
    )
    output = SoftmaxOutput(
        settings["units"], settings["classes"], initializer, rng, settings["dtype"]
    )
    return Network({"lstm": lstm, "output": output})


def _write_history(path, history):
    columns = history.loss, history.seconds, history.validation_loss, history.validation_auc
    lines = ["epoch,loss,seconds,test_loss,test_auc"]
    for epoch, row in enumerate(zip(*columns, strict=True), start=1):
        lines.append(",".join([str(epoch), *map(repr, row)]))
    write_whole(path, ("\n".join(lines) + "\n").encode())


def _write_report(run, settings, history, evaluation):
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
