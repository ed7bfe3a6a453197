"""The number of epochs of the example's recipe, chosen on folds of the training records.

    python tests/benchmarks/choose_epoch.py ROWS

ROWS is what `tinylstm physionet2012` made of set-a. Of the first 3,200 records four fifths train,
one fifth judges every epoch, each fifth in its turn; the last 800 are not read. It prints the mean
AUC of every epoch. `tinylstm train ROWS --epochs N` then trains on all 3,200.
"""

import sys

import numpy as np

import tinylstm as tl
from tinylstm.training.folds import stratified_folds

N_TRAIN, N_FOLDS, N_EPOCHS, SEED = 3200, 5, 15, 0
STD = 0.05


def main(rows):
    dataset = tl.SequenceDataset.from_csv(
        f"{rows}/sequence/%d.csv", f"{rows}/mortality/%d.csv", 0, N_TRAIN - 1, 2, skip_rows=1
    )
    died = np.array([labels[-1] for labels in dataset.labels])
    folds = stratified_folds(died, N_FOLDS)
    aucs = []
    for fold in range(N_FOLDS):
        train, judge = (_part(dataset, chosen) for chosen in (folds != fold, folds == fold))
        standardizer = tl.Standardizer().fit(train)
        rng = np.random.default_rng(SEED)
        how = {"initializer": tl.initializers.normal(STD), "rng": rng, "dtype": np.float32}
        network = tl.Network(
            {"lstm": tl.PeepholeLSTM(86, 300, **how), "output": tl.SoftmaxOutput(300, 2, **how)}
        )
        history = tl.fit(
            network,
            standardizer.transform(train),
            tl.SGD(0.05),
            epochs=N_EPOCHS,
            batch_size=32,
            validation=standardizer.transform(judge),
            seed=SEED,
        )
        aucs.append(history.validation_auc)
    mean = np.mean(aucs, axis=0)
    for epoch, auc in enumerate(mean, start=1):
        print(f"epoch {epoch}: mean AUC of {N_FOLDS} folds {auc:.4f}")
    print(f"chosen: epoch {mean.argmax() + 1}")


def _part(dataset, chosen):
    examples = np.flatnonzero(chosen)
    features, labels = ([part[i] for i in examples] for part in (dataset.features, dataset.labels))
    return tl.SequenceDataset(features, labels, n_classes=2)


if __name__ == "__main__":
    main(sys.argv[1])
