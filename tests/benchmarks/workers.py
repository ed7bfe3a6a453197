"""Two workers that share a batch, against one process and against PyTorch with two threads."""

from contextlib import ExitStack

import numpy as np

import tinylstm as tl
from tinylstm.training.data_parallel import data_parallel

from . import peers
from .measure import Table, interleaved
from .ours import LEARNING_RATE, D, make_network
from .steps import SHAPES

__all__ = ["workers"]

N_STEPS, N_WORKERS = 100, 2
GOALS = {
    "PyTorch nn.LSTM, two threads": (1.00, 0.88, 0.65, 0.60),
    "one process": (0.60, 0.55, 0.58, 0.53),
}


def workers(quick, threads):
    """A table of a step's milliseconds and ratios; our processes have one BLAS thread each."""
    rows = []
    for k, (dtype, n_examples) in enumerate(SHAPES[:1] if quick else SHAPES):
        with ExitStack() as stack:
            cases = {f"{n} processes": _step(stack, dtype, n_examples, n) for n in (1, N_WORKERS)}
            if peers.installed("torch"):
                cases["torch"] = _torch(dtype, n_examples)
            found = interleaved(cases, 3 if quick else 21)
        one, two = found["1 processes"], found[f"{N_WORKERS} processes"]
        theirs = {"PyTorch nn.LSTM, two threads": found.get("torch", np.nan), "one process": one}
        row = [dtype, N_STEPS, n_examples, f"{two:.0f}", *(f"{ms:.0f}" for ms in theirs.values())]
        row += [f"{two / ms:.2f} (goal {GOALS[who][k]:.2f})" for who, ms in theirs.items()]
        rows.append(row)
    columns = ["dtype", "T", "N", "two workers, ms", *(f"{who}, ms" for who in GOALS)]
    columns += [f"two workers / {who}" for who in GOALS]
    return [Table("A training step of two workers (two cores, not pinned)", columns, rows, [])]


def _step(stack, dtype, n_examples, n_workers):
    rng = np.random.default_rng(0)
    features = [rng.standard_normal((N_STEPS, D)) for _ in range(n_examples)]
    dataset = tl.SequenceDataset(features, [[n % 2] for n in range(n_examples)], n_classes=2)
    network, (dataset,) = stack.enter_context(
        data_parallel(make_network(dtype), [dataset], n_workers)
    )
    optimizer = tl.SGD(LEARNING_RATE)

    def step():
        (batch,) = dataset.batches(n_examples)
        _, gradients = network.loss_and_gradients(batch)
        optimizer.step(network.parameters, gradients)

    return step


def _torch(dtype, n_examples):
    import torch

    torch.set_num_threads(N_WORKERS)
    return peers.torch_lstm(N_STEPS, n_examples, dtype)
