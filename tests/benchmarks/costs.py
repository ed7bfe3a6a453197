"""Memory, growth, reading, subnormal numbers, threads."""

import multiprocessing
import os
import tempfile
import tracemalloc
from pathlib import Path

import numpy as np

import tinylstm as tl

from . import peers
from .measure import Table, interleaved
from .ours import D, H, make_batch, make_network, training_step

__all__ = ["growth", "memory", "reading", "step_alone", "subnormals"]


def memory(quick, threads):
    """Bytes kept for BPTT, and the peak of a step, against the least that BPTT needs."""
    shapes = [(100, 32)] if quick else [(50, 32), (100, 32), (200, 64)]
    cases = [(dtype, *shape) for dtype in ("float32", "float64") for shape in shapes]
    # A process each: memory that an earlier case has left would be taken again, and not be seen.
    with multiprocessing.get_context("spawn").Pool(1, maxtasksperchild=1) as pool:
        rows = pool.starmap(_memory_of_a_step, cases, chunksize=1)
    columns = ["dtype", "T", "N", "least, MB", "kept / least", "peak of a step / least"]
    notes = ["The least: 4H gates, c, h and x of every step and example."]
    return [Table("Memory", columns, rows, notes)]


def _memory_of_a_step(dtype, n_steps, n_examples):
    network, batch = make_network(dtype), make_batch(n_steps, n_examples, dtype)
    network.loss_and_gradients(make_batch(1, 1, dtype))
    least = n_steps * n_examples * (6 * H + D) * np.dtype(dtype).itemsize
    tracemalloc.start()
    network.loss_and_gradients(batch)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    _, tape = network.layers["lstm"].forward(batch.features)
    kept = sum(array.nbytes for array in (tape.inputs, *tape.gates, *tape.c))
    row = [dtype, n_steps, n_examples, f"{least / 1e6:.1f}"]
    return [*row, f"{kept / least:.2f}", f"{peak / least:.2f}"]


def growth(quick, threads):
    """How a step's time grows with T, N, H and D, float32."""
    ranges = {"T": (25, 50, 100, 200), "N": (16, 32, 64, 128), "H": (75, 150, 300, 600)}
    ranges["D"] = (22, 86, 344)
    cases = {}
    for letter, values in ranges.items():
        for value in values[:2] if quick else values:
            size = {"T": 100, "N": 32, "H": H, "D": D, letter: value}
            batch = make_batch(size["T"], size["N"], "float32", size["D"])
            network = make_network("float32", size["D"], size["H"])
            cases[letter, value] = training_step(network, batch)
    found = interleaved(cases, 2 if quick else 9)
    rows = []
    for letter in ranges:
        times = {value: ms for (name, value), ms in found.items() if name == letter}
        slope = np.polyfit(np.log(list(times)), np.log(list(times.values())), 1)[0]
        texts = [f"{value}: {ms:.0f}" for value, ms in times.items()]
        rows.append([letter, ", ".join(texts), f"{slope:.2f}"])
    columns = ["size", "milliseconds of a step", "exponent"]
    notes = [f"The others at T = 100, N = 32, H = {H}, D = {D}."]
    return [Table("Growth, float32 (one core, pinned)", columns, rows, notes)]


def reading(quick, threads):
    """Reading numbered CSV files as large as the example's."""
    n_files = 100 if quick else 4000
    rng = np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as folder:
        for part in ("sequence", "label"):
            (Path(folder) / part).mkdir()
        for k in range(n_files):
            rows = rng.standard_normal((rng.integers(40, 110), D)).round(5).astype(str)
            text = "\n".join(",".join(row) for row in rows)
            (Path(folder) / f"sequence/{k}.csv").write_text(text, encoding="utf-8")
            (Path(folder) / f"label/{k}.csv").write_text("1\n", encoding="utf-8")
        patterns = f"{folder}/sequence/%d.csv", f"{folder}/label/%d.csv"

        def ours():
            tl.SequenceDataset.from_csv(*patterns, 0, n_files - 1, n_classes=2, verbose=False)

        def loadtxt():
            for k in range(n_files):
                np.loadtxt(patterns[0] % k, delimiter=",")
                np.loadtxt(patterns[1] % k, delimiter=",")

        found = interleaved({"ours": ours, "numpy.loadtxt": loadtxt}, 3, warm_up=1)
    rows = [[name, f"{ms / 1e3:.1f}"] for name, ms in found.items()]
    notes = ["numpy.loadtxt checks nothing and says no line or column of a fault."]
    return [Table(f"Reading {n_files} pairs of CSV files", ["who", "seconds"], rows, notes)]


def subnormals(quick, threads):
    """Forget bias 0 against 1 at T = 200: the gradient decays past the smallest normal float."""
    shape = (200, 32)
    rows = []
    for dtype in ("float32", "float64"):
        cases = {}
        for bias in (0.0, 1.0):
            network, batch = make_network(dtype, forget_bias=bias), make_batch(*shape, dtype)
            layer, x = network.layers["lstm"], batch.features
            cases["ours, step", bias] = training_step(network, batch)
            cases["ours, forward", bias] = lambda layer=layer, x=x: layer.forward(x) and None
            if peers.installed("torch"):
                cases["PyTorch nn.LSTM, step", bias] = peers.torch_lstm(*shape, dtype, bias)
        found = interleaved(cases, 1 if quick else 7, warm_up=1)
        for name in dict.fromkeys(name for name, _ in found):
            zero, one = found[name, 0.0], found[name, 1.0]
            rows.append([dtype, name, f"{zero:.0f}", f"{one:.0f}", f"{zero / one:.2f}"])
    columns = ["dtype", "who", "forget bias 0, ms", "forget bias 1, ms", "ratio (goal 1.10)"]
    return [Table("Subnormal numbers, T = 200, N = 32 (one core, pinned)", columns, rows, [])]


def step_alone(quick, threads):
    """Our step alone, for the comparison of thread counts."""
    cases = {}
    for dtype in ("float32", "float64"):
        for n_examples in (32, 64):
            network, batch = make_network(dtype), make_batch(100, n_examples, dtype)
            cases[dtype, n_examples] = training_step(network, batch)
    found = interleaved(cases, 3 if quick else 15)
    rows = [[*key, threads, f"{ms:.0f}"] for key, ms in found.items()]
    title = f"Our step, {threads} BLAS thread{'s' * (threads > 1)} on {os.cpu_count()} cores"
    return [Table(f"{title}, not pinned, T = 100", ["dtype", "N", "threads", "ms"], rows, [])]
