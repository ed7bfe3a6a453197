"""What classes, columns and steps are worth to a part of the recipe `clinical`, on folds of a set.

OPENBLAS_NUM_THREADS=1 python -m tests.benchmarks.ablation set-a.tar.gz --seeds 2
"""

import argparse
import dataclasses
from pathlib import Path

import numpy as np

import tinylstm as tl
from tinylstm.data.physionet2012 import read_records
from tinylstm.study.crossvalidation import stratified_folds
from tinylstm.study.layouts import LAYOUTS
from tinylstm.study.models import combined
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


def of_study(records, folder):
    """Name -> risks (S, N) of each part, of some together and of all, of a finished study."""
    n_seeds = len({path.name.split("-")[3] for path in folder.glob("fold-0-seed-*.json")})
    study = tl.crossvalidate(records, "clinical", seeds=n_seeds, out=folder, verbose=False)
    parts = dict(zip(study.recipe.parts, study.part_probabilities, strict=True))
    together = [["base"], ["plain"], ["hinges"], ["base", "hinges"], ["base", "plain", "hinges"]]
    for names in together:
        means = [parts[name].mean(axis=0) for name in names]
        seeds = combined([parts[name] for name in names])
        yield " + ".join(names), combined(means), seeds


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("raw", metavar="RAW")
    parser.add_argument("names", metavar="NAME", nargs="*", default=[*CONFIGURATIONS])
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--study", metavar="FOLDER", type=Path)
    arguments = parser.parse_args()
    records = read_records(arguments.raw)
    died = np.array([record.died for record in records])
    folds = stratified_folds(died, N_FOLDS)

    def mean_auc(p):
        parts = [folds == fold for fold in range(N_FOLDS)]
        return np.mean([tl.roc_curve(died[part], p[part]).auc for part in parts])

    def row(name, mean, risks):
        single = np.mean([mean_auc(p) for p in risks])
        print(f"| {name} | {len(risks)} | {mean_auc(mean):.4f} | {single:.4f} |", flush=True)

    if arguments.study is not None:
        for name, mean, risks in of_study(records, arguments.study):
            row(name, mean, risks)
        return
    for name in arguments.names:
        risks = crossvalidate(records, folds, CONFIGURATIONS[name], arguments.seeds)
        row(name, risks.mean(axis=0), risks)


if __name__ == "__main__":
    main()
