"""Judging: a run's models on records that they have not seen, and a recipe by cross-validation."""

from pathlib import Path

import numpy as np

from tinylstm.evaluation import brier_score, event2, roc_curve
from tinylstm.small.progress import duration
from tinylstm.small.whole_files import write_whole

from .crossvalidation import crossvalidate
from .models import combined, seeds_by_part
from .recipes import parts_of, recipe_of_plain
from .reports.model_report import make_report
from .reports.outputs import groups_of, probabilities_csv, write_report
from .reports.tables import number
from .rivals import half_and_half, out_of_fold, thresholds_of_others

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


def judge_run(run, records, scores, source, out=None, challenge=False):
    """Judge a run's models, averaged and recalibrated, on records that they have not seen.

    `source` says where the records are from; `out` is the folder for ``probabilities.csv`` and the
    report's files, None for none. Returns the report, for a terminal: where outcomes are not
    known, the probabilities as CSV; for `challenge` the two lines of the Challenge's own program.
    """
    hours, risks = risks_by_hour(run.models, records)  # (H,), (P, S, H, N)
    seed_risks, mean = combined(risks), combined(risks.mean(axis=1))  # (S, H, N), (H, N)
    probabilities = run.recalibration(mean)
    table = probabilities_csv(records, probabilities[-1], seed_risks[:, -1])
    if out is not None:
        Path(out).mkdir(parents=True, exist_ok=True)
        write_whole(Path(out, "probabilities.csv"), table.encode())
    if any(record.died is None for record in records):
        if challenge:
            raise ValueError(f"{source}: without outcomes there are no scores of the Challenge")
        return table
    died = np.array([record.died for record in records])
    rivals = run.rivals.probabilities(records, scores)
    averages = half_and_half(probabilities[-1], rivals)
    thresholds = run.rivals.thresholds
    report = make_report(
        died,
        probabilities[-1],
        run.training["threshold"],
        by_hour=probabilities,
        first_hour=int(hours[0]),
        groups=groups_of(records),
        rivals={name: (p, thresholds[name]) for name, p in rivals.items()},
        averages={name: (p, thresholds[name]) for name, p in averages.items()},
        missing=run.rivals.missing,
    )
    settings, training = run.settings, run.training
    seeds, seed_aucs = settings["seeds"], _aucs(died, seed_risks[:, -1])
    about = [
        ("Recipe", settings["label"]),
        (
            "Models",
            f"{_of_parts(settings)}{seeds}, of seeds 0 to {seeds - 1}, probabilities averaged",
        ),
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
    text = write_report(out, report, records, title, about, numbers)
    if challenge:
        e1, e2 = report.scores.event1, report.scores.event2
        return f"Unofficial Event 1 score: {e1:g}\nUnofficial Event 2 score: {e2:g}"
    return text


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
    recalibrated = study.recalibrate(mean)
    rivals, missing = out_of_fold(records, scores, folds)
    averages = half_and_half(recalibrated, rivals)
    report = make_report(
        died,
        recalibrated,
        study.recalibrate(thresholds_of_others(died, mean, folds)),
        groups=groups_of(records),
        rivals=_with_thresholds(died, rivals, folds),
        averages=_with_thresholds(died, averages, folds),
        missing=missing,
    )
    source = Path(settings["data"]).name
    about = [
        ("Recipe", settings["label"]),
        ("Records", f"{len(records):,} of {source}, each judged by models of the other folds"),
        (
            "Models",
            f"{_of_parts(settings)}{settings['folds']} folds x {settings['seeds']} seeds, seeds "
            "averaged",
        ),
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


def risks_by_hour(models, records):
    """Hours (H,) from the first at which every part knows a risk to 48, and risks (P, S, H, N).

    Models of one part have the statistics of the same training records, and so one set of features.
    """
    by_part = seeds_by_part(models)
    of_parts = [(part[0].layout.hours, part[0].layout.features(records), part) for part in by_part]
    first = max(hours(record)[0] for hours, _, _ in of_parts for record in records)
    known = HOURS[first <= HOURS]
    risks = np.empty((len(by_part), len(by_part[0]), len(known), len(records)))
    for of_part, (hours, features, part) in zip(risks, of_parts, strict=True):
        steps = [np.searchsorted(hours(record), known, side="right") - 1 for record in records]
        for of_seed, model in zip(of_part, part, strict=True):
            every = zip(model.risks_of(features), steps, strict=True)
            of_seed[:] = np.stack([risk[step] for risk, step in every], axis=1)
    return known, risks


def _with_thresholds(died, probabilities, folds):
    """Name -> probabilities and the thresholds of the other folds."""
    return {
        name: (p, thresholds_of_others(died, p, folds, name)) for name, p in probabilities.items()
    }


def _of_parts(settings):
    """How many parts there are, in words; nothing for one."""
    n_parts = len(parts_of(recipe_of_plain(settings["recipe"])))
    return f"{n_parts} parts, log-odds averaged, each of " if n_parts > 1 else ""


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
