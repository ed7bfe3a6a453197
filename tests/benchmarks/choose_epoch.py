"""The number of epochs of the example's recipe, chosen on a part of the training records.

    python tests/benchmarks/choose_epoch.py ROWS             on five folds of them
    python tests/benchmarks/choose_epoch.py ROWS --split 0   by early stopping, with this seed

ROWS is what `tinylstm physionet2012` made of set-a. With folds, of the first 3,200 records four
fifths train and one fifth judges every epoch, each fifth in its turn; the other 800 are not read.
It prints the mean AUC of every epoch, and `tinylstm train ROWS --epochs N` then trains on all
3,200. With --split, the first 2,560 records train, the next 640 choose the epoch (least loss,
patience 4), and the last 800 are looked at once, in the end.
"""

import argparse

import numpy as np

import tinylstm as tl
from tinylstm.study.crossvalidation import stratified_folds

N_TRAIN, N_FOLDS = 3200, 5
EPOCHS, BATCH, STD, RATE = 15, 32, 0.05, 0.05


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("rows")
    parser.add_argument("--split", type=int, metavar="SEED")
    arguments = parser.parse_args()
    patterns = f"{arguments.rows}/sequence/%d.csv", f"{arguments.rows}/mortality/%d.csv"
    last = N_TRAIN - 1 if arguments.split is None else 3999
    dataset = tl.SequenceDataset.from_csv(*patterns, 0, last, n_classes=2, skip_rows=1)
    if arguments.split is None:
        by_folds(dataset)
    else:
        by_early_stopping(dataset, arguments.split)


def by_folds(dataset):
    folds = stratified_folds([labels[-1] for labels in dataset.labels], N_FOLDS)
    aucs = []
    for fold in range(N_FOLDS):
        parts = [part(dataset, folds != fold), part(dataset, folds == fold)]
        aucs.append(train(*parts, seed=0).validation_auc)
    mean = np.mean(aucs, axis=0)
    for epoch, auc in enumerate(mean, start=1):
        print(f"epoch {epoch}: mean AUC of {N_FOLDS} folds {auc:.4f}")
    print(f"chosen: epoch {mean.argmax() + 1}")


def by_early_stopping(dataset, seed):
    known, test = dataset.split(N_TRAIN)
    chosen = np.arange(N_TRAIN) < N_TRAIN * 4 // 5
    stopping = tl.EarlyStopping(patience=4, monitor="loss")
    parts = [part(known, chosen), part(known, ~chosen)]
    train(*parts, seed=seed, early_stopping=stopping, test=test)


def train(training, judge, seed, early_stopping=None, test=None):
    """Train with the example's settings; print the test AUC where there is test data."""
    standardizer = tl.Standardizer().fit(training)
    how = {"initializer": tl.initializers.normal(STD), "rng": np.random.default_rng(seed)}
    how["dtype"] = np.float32
    network = tl.Network(
        {"lstm": tl.PeepholeLSTM(86, 300, **how), "output": tl.SoftmaxOutput(300, 2, **how)}
    )
    history = tl.fit(
        network,
        standardizer.transform(training),
        tl.SGD(RATE),
        epochs=EPOCHS,
        batch_size=BATCH,
        validation=standardizer.transform(judge),
        early_stopping=early_stopping,
        seed=seed,
    )
    if test is not None:
        best = network.with_parameters(early_stopping.parameters)
        auc = tl.evaluate(best, standardizer.transform(test)).auc
        print(f"seed {seed}: epoch {early_stopping.best_epoch}, test AUC {auc:.4f}")
    return history


def part(dataset, chosen):
    """The examples where `chosen` is true."""
    examples = np.flatnonzero(chosen)
    features, labels = (
        [values[i] for i in examples] for values in (dataset.features, dataset.labels)
    )
    return tl.SequenceDataset(features, labels, n_classes=2)


if __name__ == "__main__":
    main()
