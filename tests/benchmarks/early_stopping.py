"""The example's recipe with the epoch chosen on a part of the training records.

    python tests/benchmarks/early_stopping.py ROWS SEED

ROWS is what `tinylstm physionet2012` made of set-a. The first 2,560 records train, the next 640
choose the epoch (least loss, patience 4), and the last 800 are looked at once, in the end.
"""

import sys

import numpy as np

import tinylstm as tl

N_TRAIN, N_CHOICE = 2560, 640
STD = 0.05


def main(rows, seed):
    dataset = tl.SequenceDataset.from_csv(
        f"{rows}/sequence/%d.csv", f"{rows}/mortality/%d.csv", 0, 3999, n_classes=2, skip_rows=1
    )
    standardizer = tl.Standardizer().fit(dataset[:N_TRAIN])
    dataset = standardizer.transform(dataset)
    train, rest = dataset.split(N_TRAIN)
    choice, test = rest.split(N_CHOICE)
    rng = np.random.default_rng(seed)
    how = {"initializer": tl.initializers.normal(STD), "rng": rng, "dtype": np.float32}
    network = tl.Network(
        {"lstm": tl.PeepholeLSTM(86, 300, **how), "output": tl.SoftmaxOutput(300, 2, **how)}
    )
    stopping = tl.EarlyStopping(patience=4, monitor="loss")
    settings = {"epochs": 15, "batch_size": 32, "seed": seed, "early_stopping": stopping}
    tl.fit(network, train, tl.SGD(0.05), validation=choice, **settings)
    auc = tl.evaluate(network.with_parameters(stopping.parameters), test).auc
    print(f"seed {seed}: epoch {stopping.best_epoch}, test AUC {auc:.4f}")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
