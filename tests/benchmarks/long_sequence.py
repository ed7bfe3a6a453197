"""Truncated backpropagation through one sequence of 100,000 steps: how much memory it takes.

    python -m tests.benchmarks.long_sequence [STEPS]

8 features, 32 units, a label at every step, chunks of 200 steps: one epoch of training and one
evaluation. Prints the largest resident set of the whole process, Python and NumPy included, which
has to be under 200 MB (exit status 1 where it is not).
"""

import resource
import sys
import time

import numpy as np

import tinylstm as tl

LIMIT = 200e6


def main(n_steps=100_000):
    rng = np.random.default_rng(0)
    x = rng.standard_normal((n_steps, 8))
    y = (np.cumsum(x[:, 0]) > 0).astype(int)
    dataset = tl.SequenceDataset([x], [y], n_classes=2)
    network = tl.Network(
        {"lstm": tl.PeepholeLSTM(8, 32, rng=rng), "output": tl.SoftmaxOutput(32, 2, rng=rng)}
    )
    start, chunk = time.monotonic(), 200
    optimizer = tl.Clipped(tl.Adam(0.01), max_norm=1.0)
    how = {"epochs": 1, "batch_size": 1, "truncate": (chunk, chunk), "verbose": False}
    tl.fit(network, dataset, optimizer, **how)
    evaluation = tl.evaluate(network, dataset, align="equal", chunk=chunk)
    seconds = time.monotonic() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(
        f"{n_steps:,} steps: {peak / 1e6:.0f} MB in all, {seconds:.1f} s, accuracy "
        f"{evaluation.accuracy:.3f}"
    )
    return int(peak > LIMIT)


if __name__ == "__main__":
    raise SystemExit(main(*map(int, sys.argv[1:])))
