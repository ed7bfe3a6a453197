"""What classes, columns and steps are worth to a part of the recipe `clinical`, on folds of a set.

OPENBLAS_NUM_THREADS=1 python -m tests.benchmarks.ablation set-a.tar.gz --seeds 2
"""

import argparse
import dataclasses
import time

import numpy as np

import tinylstm as tl
from tinylstm.data.physionet2012 import read_records
from tinylstm.study.crossvalidation import stratified_folds
from tinylstm.study.layouts import LAYOUTS
from tinylstm.study.recipes import train_features
from tinylstm.study.targets import TARGETS, classes_of

PLAIN = tl.RECIPES["clinical"].parts["plain"]
CONFIGURATIONS = {
    "plain": PLAIN,
    "plain, two classes": dataclasses.replace(PLAIN, targets="death"),
    "plain, 1 step": dataclasses.replace(PLAIN, step=48),
    "plain, 3 steps": dataclasses.replace(PLAIN, step=16),
    "plain, 12 steps": dataclasses.replace(PLAIN, step=4),
    "plain, 48 steps": dataclasses.replace(PLAIN, step=1),
}
N_FOLDS = 5


def crossvalidate(records, folds, recipe, n_seeds):
    """Risks (S, N) out of fold; the features of a fold are made once for all seeds."""
    risks = np.zeros((n_seeds, len(records)))
    labels, risk = classes_of(records, recipe.targets), list(TARGETS[recipe.targets].risk)
    for fold in range(N_FOLDS):
        inside = folds == fold
        train = [record for record, its_own in zip(records, inside, strict=True) if not its_own]
        test = [record for record, its_own in zip(records, inside, strict=True) if its_own]
        layout, features = LAYOUTS[recipe.layout].fit_features(train, recipe)
        x = np.stack(layout.features(test), axis=1)
        for seed in range(n_seeds):
            network, _ = train_features(features, labels[~inside], recipe, seed, False)
            risks[seed, inside] = network.forward(x)[-1, :, risk].sum(axis=0)
    return risks


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("raw", metavar="RAW")
    parser.add_argument("names", metavar="NAME", nargs="*", default=[*CONFIGURATIONS])
    parser.add_argument("--seeds", type=int, default=2)
    arguments = parser.parse_args()
    records = read_records(arguments.raw)
    died = np.array([record.died for record in records])
    folds = stratified_folds(died, N_FOLDS)

    def mean_auc(p):
        parts = [folds == fold for fold in range(N_FOLDS)]
        return np.mean([tl.roc_curve(died[part], p[part]).auc for part in parts])

    for name in arguments.names:
        started = time.monotonic()
        risks = crossvalidate(records, folds, CONFIGURATIONS[name], arguments.seeds)
        single = np.mean([mean_auc(p) for p in risks])
        seconds = time.monotonic() - started
        row = f"{mean_auc(risks.mean(axis=0)):.4f} | {single:.4f} | {seconds:.0f} s"
        print(f"| {name} | {arguments.seeds} | {row} |", flush=True)


if __name__ == "__main__":
    main()
