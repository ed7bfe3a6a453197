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
from functools import partial
from pathlib import Path
from typing import NamedTuple
from unittest.mock import patch

import numpy as np

import tinylstm as tl
from tinylstm.data.physionet2012 import (
    fit_hourly_statistics,
    hourly,
    hourly_features,
    read_records,
)
from tinylstm.data.physionet2012.hourly import COLUMNS, MEASURED, SINCE_LAST, VALUE
from tinylstm.network import Dropout, PeepholeLSTM
from tinylstm.training import recipes
from tinylstm.training.folds import stratified_folds
from tinylstm.training.recipes import RECIPES, train_features

N_TRAIN, N_FOLDS = 3200, 5
P = replace(RECIPES["hourly"], n_units=64)  # where the search began
Q = replace(P, n_units=128)


def plain(x, _):
    return x


def every(k, transform=plain):
    """Every k-th hour, the last one among them."""
    return lambda x, statistics: transform(x, statistics)[:, k - 1 :: k]


def summaries(x, _):
    """Running minimum, maximum, mean and number of each variable's values beside the rest."""
    value, measured = x[:, :, VALUE], x[:, :, MEASURED] == 1
    count = np.cumsum(measured, axis=1)
    lowest = np.minimum.accumulate(np.where(measured, value, np.inf), axis=1)
    highest = np.maximum.accumulate(np.where(measured, value, -np.inf), axis=1)
    mean = np.cumsum(np.where(measured, value, 0), axis=1) / np.maximum(count, 1)
    known = count > 0
    parts = [np.where(known, part, 0) for part in (lowest, highest, mean)]
    return np.concatenate([x, *parts, np.log1p(count) / 2], axis=2)


def hinges(x, statistics):
    """Summaries, and what of each value, minimum, maximum and mean is beyond -1, 0 and 1."""
    x = summaries(x, statistics)
    n = len(COLUMNS)
    numbers = np.concatenate([x[:, :, VALUE], x[:, :, n : n + 3 * 37]], axis=2)
    return np.concatenate([x, *(np.maximum(numbers - knot, 0) for knot in (-1, 0, 1))], axis=2)


def pressures(x, _):
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


def pressures_and_summaries(x, statistics):
    return summaries(pressures(x, statistics), statistics)


def pressures_decaying(x, statistics):
    """Values that go back to the mean, 0, within a day."""
    x = pressures(x, statistics)
    x[:, :, VALUE] *= 1 - x[:, :, SINCE_LAST]
    return x


def physical(x, statistics, name):
    """The value as last measured, (N, 48), in its unit."""
    k = COLUMNS.index(name)
    value = x[:, :, k] * statistics.std[k] + statistics.mean[k]
    return np.expm1(value) if hourly._IS_LOG[k] else value


def urine_of_6_hours(x, statistics):
    """Beside the rest: urine of the last 6 hours per kg, on the scale of its logarithm."""
    measured = x[:, :, MEASURED.start + COLUMNS.index("Urine")]
    amount = np.cumsum(physical(x, statistics, "Urine") * measured, axis=1)
    amount[:, 6:] -= amount[:, :-6].copy()
    rate = np.log1p(np.maximum(amount, 0) / physical(x, statistics, "AdmissionWeight")) - 1
    return np.concatenate([pressures(x, statistics), rate[:, :, None]], axis=2)


def derived(x, statistics):
    """Beside the rest: what clinicians calculate of two values, and the lowest GCS so far."""
    x = pressures(x, statistics)
    sys_abp, dia_abp, hr, pa_o2, fi_o2, bun, creatinine = (
        physical(x, statistics, name)
        for name in ("SysABP", "DiasABP", "HR", "PaO2", "FiO2", "BUN", "Creatinine")
    )
    gcs = COLUMNS.index("GCS")
    columns = [
        4 * (hr / np.maximum(sys_abp, 20) - 0.75),  # the shock index
        (sys_abp - dia_abp - 60) / 20,
        np.log(np.maximum(pa_o2, 10) / np.maximum(fi_o2, 0.2) / 250),
        2 * np.log(np.maximum(bun, 1) / np.maximum(creatinine, 0.1) / 20),
        np.minimum.accumulate(x[:, :, gcs], axis=1),
    ]
    return np.concatenate([x, np.clip(np.stack(columns, axis=2), -4, 4)], axis=2)


class VariableDropout(Dropout):
    """A variable is dropped with its flag and its time since the last measurement."""

    def draw(self, network, n_examples, rng):
        masks = super().draw(network, n_examples, rng)
        x = masks["lstm.x"]
        x[:, MEASURED] = x[:, SINCE_LAST] = x[:, VALUE]
        return masks


class Configuration(NamedTuple):
    """A recipe; what is made of its features (N, 48, 122) and their statistics; whether the layout
    has its stand-ins, which it had not from the beginning; and what is put in the place of names of
    recipes.py.
    """

    recipe: recipes.Recipe
    transform: object = plain
    stand_ins: bool = False
    replaced: dict | None = None


def two(recipe=P, transform=plain, replaced=None, stand_ins=False, **changes):
    """A variation that takes every second hour: as good as every hour, in half the time."""
    recipe = replace(recipe, **changes)
    return Configuration(recipe, every(2, transform), stand_ins, replaced)


def four(transform=summaries, **changes):
    """A variation with summaries that takes every fourth hour."""
    return Configuration(replace(P, **changes), every(4, transform))


def third(transform=pressures, replaced=None, **changes):
    """A variation of what the second round came to."""
    return two(Q, transform, replaced, **changes)


def fourth(transform=plain, replaced=None, **changes):
    """The same, with the layout's stand-ins in the place of `pressures`."""
    return two(Q, transform, replaced, stand_ins=True, **changes)


CONFIGURATIONS = {
    "P": Configuration(P),
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
    "8 h, summaries": Configuration(P, every(8, summaries)),
    "2 h, 1e-3": two(learning_rate=1e-3),
    "2 h, 8 epochs": two(epochs=8),
    "2 h, softsign": two(activation="softsign"),
    "4 hours a step": Configuration(P, every(4)),
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
    "128 units": Configuration(Q),
    "pressures, 128 units": Configuration(Q, pressures),
    # The third round: variations of "2 h, pressures, 128 units".
    "3: variables dropped, .1": third(
        replaced={"Dropout": VariableDropout}, dropout=(0.1, 0.2, 0.3)
    ),
    "3: variables dropped, .2": third(replaced={"Dropout": VariableDropout}),
    "3: urine of 6 hours": third(urine_of_6_hours),
    "3: derived": third(derived),
    "3: decaying values": third(pressures_decaying),
    "3: forget bias 2": third(replaced={"PeepholeLSTM": partial(PeepholeLSTM, forget_bias=2.0)}),
    "3: decay 1e-3": third(weight_decay=1e-3),
    "3: decay 3e-3": third(weight_decay=3e-3),
    "3: class weights 1, 3": third(class_weights=(1.0, 3.0)),
    "3: 8 epochs": third(epochs=8),
    "3: 10 epochs": third(epochs=10),
    "3: 16 epochs": third(epochs=16),
    "3: 1e-3": third(learning_rate=1e-3),
    "3: inputs .3": third(dropout=(0.3, 0.2, 0.3)),
    "3: recurrent .4": third(dropout=(0.2, 0.4, 0.3)),
    "3: output .5": third(dropout=(0.2, 0.2, 0.5)),
    "3: average .995": third(average=0.995),
    "3: max norm .5": third(max_norm=0.5),
    "3: batch 32, 1.4e-3": third(batch_size=32, learning_rate=1.4e-3),
    "3: labels at last 3": third(labelled_steps=3),
    # The fourth: what the layout became.
    "2 h, stand-ins, 128 units": fourth(),
    "stand-ins, 128 units": Configuration(Q, stand_ins=True),
}


def make_features(records, folds):
    """Features and statistics for each fold."""
    features = []
    for fold in range(N_FOLDS):
        train = [record for record, f in zip(records, folds, strict=True) if f != fold]
        statistics = fit_hourly_statistics(train)
        features.append((hourly_features(records, statistics), statistics))
    return features


def crossvalidate(configuration, folds, died, features, seeds):
    """Probabilities of every record from the model of each seed (S, N), and seconds of CPU."""
    recipe, transform, stand_ins, replaced = configuration
    probabilities = np.zeros((len(seeds), len(died)))
    started = time.process_time()
    for fold in range(N_FOLDS):
        train, test = np.flatnonzero(folds != fold), np.flatnonzero(folds == fold)
        x = transform(*features[stand_ins][fold])
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
    features = {True: make_features(records, folds)}
    with patch.object(hourly, "_STAND_INS", []):
        features[False] = make_features(records, folds)
    for name in arguments.names:
        if (name, arguments.seeds) in done:
            continue
        probabilities, seconds = crossvalidate(
            CONFIGURATIONS[name], folds, died, features, range(arguments.seeds)
        )
        row = {"name": name, "seeds": arguments.seeds, **summary(died, folds, probabilities)}
        row["seconds"] = seconds / (N_FOLDS * arguments.seeds)
        with arguments.results.open("a") as stream:
            print(json.dumps(row), file=stream)
        print(f"{name:<44} {row['auc']:.4f} {row['pooled']:.4f} {row['single']:.4f}", flush=True)


if __name__ == "__main__":
    main()
