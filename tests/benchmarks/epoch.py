"""An epoch of PhysioNet 2012's set-a with its real lengths."""

import os
import time
from pathlib import Path

import numpy as np

import tinylstm as tl
from tinylstm.data.physionet2012 import read_records
from tinylstm.study.layouts import RowsLayout
from tinylstm.study.recipes import RECIPES

from . import peers
from .measure import Table
from .ours import make_network, training_step

__all__ = ["epoch"]

N = 32
GOALS = {
    "PyTorch nn.LSTM, padded": {"float32": 0.70, "float64": 0.55},
    "PyTorch nn.LSTM, pooled": {"float32": 1.00, "float64": 0.80},
    "DeepLearning4j, padded (estimated)": {"float32": 0.12, "float64": 0.12},
}


def epoch(quick, threads):
    """A table of an epoch's seconds: ours in file order and pooled, and others'."""
    if "TINYLSTM_PHYSIONET2012" not in os.environ:
        title = "An epoch of set-a: skipped, TINYLSTM_PHYSIONET2012 does not name its folder"
        return [Table(title, [], [], [])]
    records = read_records(Path(os.environ["TINYLSTM_PHYSIONET2012"]) / "set-a.tar.gz")
    _, features = RowsLayout.fit_features(records, RECIPES["example"])
    labels = [[int(record.died)] for record in records]
    dataset = tl.SequenceDataset(features, labels, n_classes=2)
    in_order = list(dataset.batches(N))
    pooled = list(dataset.batches(N, pool=50, shuffle=np.random.default_rng(0)))
    if quick:
        in_order, pooled = in_order[:3], pooled[:3]
    rows = []
    for dtype in ("float32", "float64"):
        seconds = _epoch(in_order, pooled, dtype)
        seconds |= _dl4j(in_order, dtype, quick) if "DL4J" in os.environ else {}
        for name, theirs in seconds.items():
            ours = seconds["ours, pooled" if "pooled" in name else "ours, file order"]
            goal = f" (goal {GOALS[name][dtype]:.2f})" if name in GOALS else ""
            rows.append([dtype, name, f"{theirs:.1f}", f"{ours / theirs:.2f}{goal}"])
    real = sum(int(batch.feature_mask.sum()) for batch in in_order)
    places = sum(batch.feature_mask.size for batch in in_order)
    notes = [
        f"{len(in_order)} batches of {N}; {real / places:.0%} of the places of the padded batches "
        "in file order are real steps. All but DeepLearning4j take each batch in turn, in one "
        "run; DeepLearning4j is estimated: its step is measured at five numbers of steps T and "
        "interpolated at each batch's T.",
    ]
    columns = ["dtype", "who", "seconds", "ours on the same batches / theirs"]
    return [Table("An epoch of set-a (one core, pinned)", columns, rows, notes)]


def _epoch(in_order, pooled, dtype):
    """Seconds of an epoch; the first batch is taken once before, as a warm-up."""
    network = make_network(dtype)
    takers = {"ours, file order": (in_order, lambda batch: training_step(network, batch)())}
    takers["ours, pooled"] = pooled, lambda batch: training_step(network, batch)()
    if peers.installed("torch"):
        takers["PyTorch nn.LSTM, padded"] = in_order, _torch_taker(dtype, packed=False)
        takers["PyTorch nn.LSTM, pooled"] = pooled, _torch_taker(dtype, packed=False)
        takers["PyTorch nn.LSTM, packed"] = in_order, _torch_taker(dtype, packed=True)
    seconds = dict.fromkeys(takers, 0.0)
    for batches, take in takers.values():
        take(_cast(batches[0], dtype))
    for k in range(len(in_order)):
        for name, (batches, take) in takers.items():
            batch = _cast(batches[k], dtype)
            start = time.perf_counter()
            take(batch)
            seconds[name] += time.perf_counter() - start
    return seconds


def _cast(batch, dtype):
    arrays = batch.features.astype(dtype), batch.labels.astype(dtype)
    return tl.Batch(*arrays, batch.feature_mask, batch.label_mask)


def _torch_taker(dtype, packed):
    import torch

    lstm, output, optimizer = peers.torch_net(dtype)

    def take(batch):
        x, lengths = torch.from_numpy(batch.features), batch.feature_mask.sum(axis=0)
        n = np.arange(len(lengths))
        y = torch.from_numpy(batch.labels[lengths - 1, n].argmax(axis=1))
        optimizer.zero_grad()
        if packed:
            x = torch.nn.utils.rnn.pack_padded_sequence(
                x, torch.from_numpy(lengths), enforce_sorted=False
            )
            last = lstm(x)[1][0][0]
        else:
            last = lstm(x)[0][lengths - 1, n]
        torch.nn.functional.cross_entropy(output(last), y).backward()
        optimizer.step()

    return take


def _dl4j(batches, dtype, quick):
    """Seconds of an epoch by its step's time at some numbers of steps, interpolated."""
    lengths = [len(batch.features) for batch in batches]
    points = np.unique(np.linspace(min(lengths), max(lengths), 2 if quick else 5).astype(int))
    medians = []
    for n_steps in points:
        process = peers.DL4J(n_steps, N, dtype, warm_up=2 if quick else 12)
        medians.append(np.median([process() for _ in range(5)]))
        process.close()
    total = np.interp(lengths, points, medians).sum() / 1e3
    return {"DeepLearning4j, padded (estimated)": total}
