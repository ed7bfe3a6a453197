"""The search for the recipe of the hourly study, every configuration of it.

    python tests/benchmarks/search.py RAW RESULTS [NAME ...] [--seeds 5]

RAW is set-a. A configuration is judged by 5-fold cross-validation among the first 3,200 records in
order of RecordID; the other 800 are not read at all. Each result is a line of RESULTS (JSON); what
stands there already is not run again. With names, only these configurations are run. The results
are in study_search.md.
"""

import argparse
import json
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

import tinylstm as tl
from tinylstm.data.physionet2012 import fit_hourly_statistics, hourly_features, read_records
from tinylstm.data.physionet2012.hourly import COLUMNS, MEASURED, SINCE_LAST, VALUE
from tinylstm.training.folds import stratified_folds
from tinylstm.training.recipes import RECIPES, train_features

N_TRAIN, N_FOLDS = 3200, 5
P = replace(RECIPES["hourly"], n_units=64)  # where the search began


def plain(x):
    return x


def every(k):
    """Every k-th hour, the last one among them."""
    return lambda x: x[:, k - 1 :: k]


def summaries(x):
    """Running minimum, maximum, mean and number of each variable's values beside the rest."""
    value, measured = x[:, :, VALUE], x[:, :, MEASURED] == 1
    count = np.cumsum(measured, axis=1)
    lowest = np.minimum.accumulate(np.where(measured, value, np.inf), axis=1)
    highest = np.maximum.accumulate(np.where(measured, value, -np.inf), axis=1)
    mean = np.cumsum(np.where(measured, value, 0), axis=1) / np.maximum(count, 1)
    known = count > 0
    parts = [np.where(known, part, 0) for part in (lowest, highest, mean)]
    return np.concatenate([x, *parts, np.log1p(count) / 2], axis=2)


def hinges(x):
    """Summaries, and what of each value, minimum, maximum and mean is beyond -1, 0 and 1."""
    x = summaries(x)
    n = len(COLUMNS)
    numbers = np.concatenate([x[:, :, VALUE], x[:, :, n : n + 3 * 37]], axis=2)
    return np.concatenate([x, *(np.maximum(numbers - knot, 0) for knot in (-1, 0, 1))], axis=2)


def pressures(x):
    """An invasive pressure that is older than the cuff's takes over its value."""
    x = x.copy()
    since = x[:, :, SINCE_LAST]
    for invasive, cuff in (("SysABP", "NISysABP"), ("DiasABP", "NIDiasABP"), ("MAP", "NIMAP")):
        i, j = COLUMNS.index(invasive), COLUMNS.index(cuff)
        older = since[:, :, i] > since[:, :, j]
        x[:, :, i] = np.where(older, x[:, :, j], x[:, :, i])
        measured = MEASURED.start
        x[:, :, measured + i] = np.maximum(x[:, :, measured + i], x[:, :, measured + j])
    return x


def pressures_and_summaries(x):
    return summaries(pressures(x))


def two(recipe=P, transform=plain, **changes):
    """A variation that takes every second hour: as good as every hour, in half the time."""
    return replace(recipe, **changes), lambda x: transform(x)[:, 1::2]


def four(transform=summaries, **changes):
    """A variation with summaries that takes every fourth hour."""
    return replace(P, **changes), lambda x: transform(x)[:, 3::4]


# Name -> the recipe, and what is made of the features (N, 48, 122).
CONFIGURATIONS = {
    "P": (P, plain),
    "2 hours a step": two(),
    "2 h, labels at last 12": two(labelled_steps=12),
    "2 h, summaries": two(transform=summaries),
    "2 h, dropout .4 .4 .5": two(dropout=(0.4, 0.4, 0.5)),
    "2 h, 32 units": two(n_units=32),
    "2 h, decay 3e-3": two(weight_decay=3e-3),
    "4 h, summaries": four(),
    "4 h, hinges": four(hinges),
    "4 h, pressures": four(pressures_and_summaries),
    "4 h, summaries, dropout .4 .2 .3": four(dropout=(0.4, 0.2, 0.3)),
    "4 h, summaries, dropout .5 .2 .5": four(dropout=(0.5, 0.2, 0.5)),
    "4 h, summaries, 8 epochs": four(epochs=8),
    "4 h, summaries, 20 epochs": four(epochs=20),
    "4 h, summaries, 1e-3": four(learning_rate=1e-3),
    "4 h, summaries, 32 units": four(n_units=32),
    "4 h, summaries, softsign": four(activation="softsign"),
    "4 h, summaries, labels at last 3": four(labelled_steps=3),
    "4 h, summaries, decay 1e-3": four(weight_decay=1e-3),
    "8 h, summaries": (P, lambda x: summaries(x)[:, 7::8]),
    "2 h, 1e-3": two(learning_rate=1e-3),
    "2 h, 8 epochs": two(epochs=8),
    "2 h, softsign": two(activation="softsign"),
    "4 hours a step": (P, every(4)),
    "2 h, labels at all 24": two(labelled_steps=24),
    "2 h, labels at last 3": two(labelled_steps=3),
    "2 h, dropout .4 .2 .3": two(dropout=(0.4, 0.2, 0.3)),
    "2 h, 128 units": two(n_units=128),
    "2 h, 20 epochs": two(epochs=20),
    "2 h, 4e-3": two(learning_rate=4e-3),
    "2 h, class weights 1, 3": two(class_weights=(1.0, 3.0)),
    "2 h, batch 32": two(batch_size=32),
    "2 h, no dropout": two(dropout=(0.0, 0.0, 0.0)),
    # The second round: what had gained by itself, together.
    "2 h, pressures": two(transform=pressures),
    "2 h, 128 units, softsign": two(n_units=128, activation="softsign"),
    "2 h, pressures, summaries, 128 units": two(transform=pressures_and_summaries, n_units=128),
    "2 h, pressures, 128 units": two(transform=pressures, n_units=128),
    "2 h, pressures, 256 units": two(transform=pressures, n_units=256),
    "2 h, pressures, 128 units, dropout .3 .3 .3": two(
        transform=pressures, n_units=128, dropout=(0.3, 0.3, 0.3)
    ),
    "128 units": (replace(P, n_units=128), plain),
    "pressures, 128 units": (replace(P, n_units=128), pressures),
}


def crossvalidate(recipe, transform, folds, died, features, n_seeds):
    """Probabilities of every record from the model of each seed (S, N), and seconds of CPU."""
    probabilities = np.zeros((n_seeds, len(died)))
    started = time.process_time()
    for fold in range(N_FOLDS):
        train, test = np.flatnonzero(folds != fold), np.flatnonzero(folds == fold)
        x = transform(features[fold])
        for seed in range(n_seeds):
            network, _ = train_features(list(x[train]), died[train], recipe, seed, verbose=False)
            p = network.forward(x[test].transpose(1, 0, 2))[-1, :, 1]
            probabilities[seed, test] = p
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


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("raw", metavar="RAW")
    parser.add_argument("results", metavar="RESULTS", type=Path)
    parser.add_argument("names", metavar="NAME", nargs="*", default=[*CONFIGURATIONS])
    parser.add_argument("--seeds", type=int, default=2)
    arguments = parser.parse_args()
    done = set()
    if arguments.results.exists():
        rows = map(json.loads, arguments.results.read_text().splitlines())
        done = {(row["name"], row["seeds"]) for row in rows}
    records = read_records(arguments.raw)[:N_TRAIN]
    died = np.array([record.died for record in records])
    folds = stratified_folds(died, N_FOLDS)
    features = []
    for fold in range(N_FOLDS):
        train = [record for record, f in zip(records, folds, strict=True) if f != fold]
        features.append(hourly_features(records, fit_hourly_statistics(train)))
    for name in arguments.names:
        if (name, arguments.seeds) in done:
            continue
        recipe, transform = CONFIGURATIONS[name]
        probabilities, seconds = crossvalidate(
            recipe, transform, folds, died, features, arguments.seeds
        )
        row = {"name": name, "seeds": arguments.seeds, **summary(died, folds, probabilities)}
        row["seconds"] = seconds / (N_FOLDS * arguments.seeds)
        with arguments.results.open("a") as stream:
            print(json.dumps(row), file=stream)
        print(f"{name:<44} {row['auc']:.4f} {row['pooled']:.4f} {row['single']:.4f}", flush=True)


if __name__ == "__main__":
    main()
