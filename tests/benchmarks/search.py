"""The search for the recipe of the hourly study, every configuration of it.

    python -m tests.benchmarks.search RAW RESULTS [NAME ...] [--seeds 5]

RAW is set-a. A configuration is judged by 5-fold cross-validation among the first 3,200 records in
order of RecordID; the other 800 are not read at all. Each result is a line of RESULTS (JSON); what
stands there with as many seeds is not run again. With names, only these configurations are run.
In the end all of RESULTS is written into study_search.md.
"""

import argparse
import json
import time
from pathlib import Path
from unittest.mock import patch

import numpy as np

import tinylstm as tl
from tinylstm.data.physionet2012 import (
    fit_hourly_statistics,
    hourly,
    hourly_features,
    read_records,
)
from tinylstm.data.physionet2012.hourly import COLUMNS, MEASURED, SINCE_LAST, hourly_cells
from tinylstm.study import recipes
from tinylstm.study.crossvalidation import stratified_folds
from tinylstm.study.recipes import RECIPES, train_features

from .configurations import CONFIGURATIONS, PAIRS

N_TRAIN, N_FOLDS = 3200, 5
THE_RECIPE = "pressures, 128 units"  # of the names of configurations
TABLE = Path(__file__).with_name("study_search.md")
INTRODUCTION = f"""\
# The search for the hourly recipe: every configuration tried

{{n_tried}} configurations, each judged by {N_FOLDS}-fold cross-validation among the first
{N_TRAIN:,} records of set-a (by RecordID); the other 800 were not read.
`python -m tests.benchmarks.search RAW RESULTS` runs the search and writes this file, and
configurations.py says what each name means. The recipe `hourly` is
"{THE_RECIPE}", where "pressures" are the layout's stand-ins.

AUC: mean over the folds, of the mean probability of the seeds. Single: mean over folds and seeds.
Seconds: CPU of one training, on cores that others used as well. More seeds make a better mean:
AUCs compare between rows of equally many, and what was behind after one or two seeds got no third.
The same configuration with other seeds comes out 0.003 higher or lower (standard deviation) with
one seed and 0.001 with three, so a difference below 0.002 is noise, and then the simpler one was
preferred.

Mixtures of configurations were looked at as well. Three models of "pressures, 128 units" (of one
or two hours a step) come to 0.852 in the mean of all choices, two of them and one with summaries
to 0.853 or 0.854: too little for a second set of features.

| configuration | seeds | AUC | single | seconds |
|---|---|---|---|---|"""


def make_features(records, folds, stand_ins):
    """Features and statistics for each fold, without the layout's own stand-ins."""
    features = []
    names = {"_STAND_INS": [], "hourly_cells": STAND_INS[stand_ins]}
    for fold in range(N_FOLDS):
        train = [record for record, f in zip(records, folds, strict=True) if f != fold]
        with patch.multiple(hourly, **names):
            statistics = fit_hourly_statistics(train)
            x = hourly_features(records, statistics)
        if stand_ins == "cells, own flags":
            with patch.object(hourly, "_STAND_INS", []):
                flags_and_times = slice(MEASURED.start, SINCE_LAST.stop)
                x[:, :, flags_and_times] = hourly_features(records, statistics)[
                    :, :, flags_and_times
                ]
        features.append((x, statistics))
    return features


def cells_with_stand_ins(records, on_scale):
    cells = hourly_cells(records, on_scale)
    for invasive, cuff in PAIRS:
        i, j = COLUMNS.index(invasive), COLUMNS.index(cuff)
        cells[:, :, i] = np.where(np.isnan(cells[:, :, i]), cells[:, :, j], cells[:, :, i])
    return cells


STAND_INS = {
    "none": hourly_cells,
    "cells": cells_with_stand_ins,
    "cells, own flags": cells_with_stand_ins,
}


def crossvalidate(configuration, folds, died, features, seeds):
    """Probabilities of every record from the model of each seed (S, N), and seconds of CPU."""
    recipe, transform, _, replaced = configuration
    probabilities = np.zeros((len(seeds), len(died)))
    started = time.process_time()
    for fold in range(N_FOLDS):
        train, test = np.flatnonzero(folds != fold), np.flatnonzero(folds == fold)
        x = transform(*features[fold])
        for row, seed in enumerate(seeds):
            with patch.dict(vars(recipes), replaced or {}):
                network, _ = train_features(list(x[train]), died[train], recipe, seed, False)
            p = network.forward(x[test].transpose(1, 0, 2))[-1, :, 1]
            probabilities[row, test] = p
    return probabilities, time.process_time() - started


def summary(died, folds, probabilities):
    def auc(p, part=slice(None)):
        return tl.roc_curve(died[part], p[part]).auc

    mean = probabilities.mean(axis=0)
    of_folds = [auc(mean, folds == fold) for fold in range(N_FOLDS)]
    single = [np.mean([auc(p, folds == fold) for fold in range(N_FOLDS)]) for p in probabilities]
    return {
        "auc": float(np.mean(of_folds)),
        "pooled": float(auc(mean)),
        "single": float(np.mean(single)),
        "folds": [float(value) for value in of_folds],
    }


def search(raw, results, names, n_seeds):
    """Run what is not among the results with as many seeds, and add it."""
    done = {row["name"] for row in read(results) if row["seeds"] >= n_seeds}
    todo = [name for name in names if name not in done]
    if not todo:
        return
    records = read_records(raw)[:N_TRAIN]
    died = np.array([record.died for record in records])
    folds = stratified_folds(died, N_FOLDS)
    features = {}
    for name in todo:
        configuration = CONFIGURATIONS[name]
        key = configuration.stand_ins
        if key not in features:
            features[key] = make_features(records, folds, key)
        probabilities, seconds = crossvalidate(
            configuration, folds, died, features[key], range(n_seeds)
        )
        row = {"name": name, "seeds": n_seeds, **summary(died, folds, probabilities)}
        row["seconds"] = seconds / (N_FOLDS * n_seeds)
        with results.open("a") as stream:
            print(json.dumps(row), file=stream)
        print(f"{name:<44} {row['auc']:.4f} {row['pooled']:.4f} {row['single']:.4f}", flush=True)


def read(results):
    return list(map(json.loads, results.read_text().splitlines())) if results.exists() else []


def table(rows):
    """All results as Markdown."""
    n_tried = len({row["name"] for row in rows})
    lines = [INTRODUCTION.format(n_tried=n_tried)]
    for row in sorted(rows, key=lambda row: -row["auc"]):
        numbers = f"{row['auc']:.4f} | {row['single']:.4f} | {row['seconds']:.0f}"
        lines.append(f"| {row['name']} | {row['seeds']} | {numbers} |")
    return "\n".join(lines) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("raw", metavar="RAW")
    parser.add_argument("results", metavar="RESULTS", type=Path)
    parser.add_argument("names", metavar="NAME", nargs="*", default=[*CONFIGURATIONS])
    parser.add_argument("--seeds", type=int, default=2)
    arguments = parser.parse_args()
    assert CONFIGURATIONS[THE_RECIPE].recipe == RECIPES["hourly"]
    search(arguments.raw, arguments.results, arguments.names, arguments.seeds)
    TABLE.write_text(table(read(arguments.results)))


if __name__ == "__main__":
    main()
