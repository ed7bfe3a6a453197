"""Judging: a run's models on records that they have not seen, and a recipe by cross-validation."""

from pathlib import Path

import numpy as np

from tinylstm.evaluation import brier_score, event2, roc_curve
from tinylstm.small.progress import duration
from tinylstm.small.whole_files import write_whole

from .crossvalidation import crossvalidate
from .recipes import recipe_of_plain
from .reports.outputs import groups_of, probabilities_csv, write_report
from .reports.report import make_report
from .reports.tables import number
from .rivals import out_of_fold, thresholds_of_others

HOURS = np.arange(1, 49)


def unseen(run, records, say):
    """Leave out the records that a run was trained on; ValueError if none is left.

    `say` takes a line of text for the terminal.
    """
    seen = set(run.models[0].record_ids.tolist())
    left = [record for record in records if record.record_id not in seen]
    n_seen = len(records) - len(left)
    if not left:
        raise ValueError(f"{run.path} was trained on all of these {n_seen:,} records")
    if n_seen:
        say(f"{n_seen:,} records that {run.path} was trained on are left out")
    return left


def judge_run(run, records, scores, source, out=None):
    """Judge a run's models, averaged and recalibrated, on records that they have not seen.

    `source` says where the records are from; `out` is the folder for ``probabilities.csv`` and the
    report's files, None for none. Returns the report, for a terminal: where outcomes are not
    known, the probabilities as CSV.
    """
    risks = np.stack([_risks_by_hour(model, records) for model in run.models])  # (S, 48, N)
    mean = risks.mean(axis=0)
    probabilities = run.recalibration(mean)
    table = probabilities_csv(records, probabilities[-1], risks[:, -1])
    if out is not None:
        Path(out).mkdir(parents=True, exist_ok=True)
        write_whole(Path(out, "probabilities.csv"), table.encode())
    if any(record.died is None for record in records):
        return table
    died = np.array([record.died for record in records])
    report = make_report(
        died,
        probabilities[-1],
        run.training["threshold"],
        by_hour=probabilities,
        groups=groups_of(records),
        rivals={
            name: (p, run.rivals.thresholds[name])
            for name, p in run.rivals.probabilities(records, scores).items()
        },
    )
    settings, training = run.settings, run.training
    seeds, seed_aucs = settings["seeds"], _aucs(died, risks[:, -1])
    about = [
        ("Recipe", settings["label"]),
        ("Models", f"{seeds}, of seeds 0 to {seeds - 1}, probabilities averaged"),
        ("Recalibrated", _in_words(run.recalibration, settings["folds"])),
        (
            "Trained on",
            f"{settings['train']:,} records of {Path(settings['data']).name}, "
            f"{training['deaths']:,} deaths; {duration(np.mean(training['seconds']))} a model",
        ),
        ("Judged on", f"{len(records):,} records of {source}, none of them trained on"),
        ("Threshold", f"from {settings['folds']} folds of the training records"),
        ("AUC of each seed alone", ", ".join(map(number, seed_aucs))),
        ("AUC on the training folds", f"{training['auc_of_folds']:.3f}"),
    ]
    numbers = {
        "seed_aucs": [None if np.isnan(auc) else auc for auc in seed_aucs],
        "auc_of_training_folds": training["auc_of_folds"],
        "seconds": training["seconds"],
        "recalibration": training["recalibration"],
        "before_recalibration": _calibration(died, mean[-1]),
        "settings": settings,
    }
    title = f"Recipe {settings['label']}, on {source}"
    return write_report(out, report, records, title, about, numbers)


def crossvalidate_study(settings, records, scores, out, executor):
    """Cross-validate a recipe, and report: each record is judged by models of the other folds.

    `settings` are as of ``new_settings``, without a word on "train"; `out` is the study's folder,
    to which the report's files are added. Returns the report, for a terminal.
    """
    recipe = recipe_of_plain(settings["recipe"])
    study = crossvalidate(
        records, recipe, settings["folds"], settings["seeds"], out=out, executor=executor
    )
    died, folds, mean = study.died, study.folds, study.probabilities
    report = make_report(
        died,
        study.recalibrate(mean),
        study.recalibrate(thresholds_of_others(died, mean, folds)),
        groups=groups_of(records),
        rivals=out_of_fold(records, scores, folds),
    )
    source = Path(settings["data"]).name
    about = [
        ("Recipe", settings["label"]),
        ("Records", f"{len(records):,} of {source}, each judged by models of the other folds"),
        ("Models", f"{settings['folds']} folds x {settings['seeds']} seeds, seeds averaged"),
        (
            "AUC of the folds",
            f"{', '.join(f'{auc:.3f}' for auc in study.fold_aucs)}; mean {study.auc:.4f}",
        ),
        ("AUC of one seed", f"{study.seed_fold_aucs.mean():.4f}, mean of folds and seeds"),
        ("Recalibrated", "each fold by a logistic regression on log-odds of the other folds"),
        ("Training", f"{duration(study.seconds.mean())} a model"),
    ]
    numbers = {
        "fold_aucs": study.fold_aucs.tolist(),
        "auc_of_folds": study.auc,
        "auc_of_one_seed": float(study.seed_fold_aucs.mean()),
        "seconds": study.seconds.ravel().tolist(),
        "before_recalibration": {"auc": study.pooled_auc, **_calibration(died, mean)},
        "settings": settings,
    }
    title = f"Recipe {settings['label']}, {settings['folds']}-fold cross-validation of {source}"
    return write_report(out, report, records, title, about, numbers)


def _risks_by_hour(model, records):
    """The probability of death as known after 1, 2, ..., 48 hours, (48, N)."""
    columns = []
    for record, risk in zip(records, model.risks(records), strict=True):
        known = np.searchsorted(model.layout.hours(record), HOURS, side="right")
        columns.append(risk[known - 1])
    return np.stack(columns, axis=1)


def _in_words(recalibration, n_folds):
    """What was done to the log-odds."""
    slope, intercept = recalibration.slope, recalibration.intercept
    if (slope, intercept) == (1, 0):
        return f"no: on {n_folds} folds of the training records the order was no better than chance"
    return (
        f"log-odds times {slope:.2f} {'+−'[intercept < 0]} {abs(intercept):.2f}, fitted to "
        f"{n_folds} folds of the training records"
    )


def _calibration(died, probabilities):
    """Event 2 and the Brier score, for JSON."""
    # For event 2 there must be ten records, and it is infinite where all have the same risk.
    h = event2(died, probabilities) if len(died) >= 10 else np.inf
    return {"event2": h if h < np.inf else None, "brier": brier_score(died, probabilities)}


def _aucs(died, seed_probabilities):
    """The AUC of each row of (S, N)."""
    if len(np.unique(died)) < 2:
        return [float("nan")] * len(seed_probabilities)
    return [roc_curve(died, p).auc for p in seed_probabilities]
