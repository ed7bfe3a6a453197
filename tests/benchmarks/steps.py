"""A training step of the example's network against everybody else's, in one run."""

import os

from . import peers
from .measure import Table, interleaved
from .ours import make_batch, make_network, products, textbook_step, training_step

__all__ = ["forward", "steps"]

# The goals, ours / theirs, by peer: for (dtype, N), or for all. None: no goal is set.
GOALS = {
    "products": 1.25,
    "PyTorch nn.LSTM": {
        ("float32", 32): 1.05,
        ("float32", 64): 0.95,
        ("float64", 32): 0.90,
        ("float64", 64): 0.90,
    },
    "PyTorch peephole loop": {
        ("float32", 32): 0.60,
        ("float32", 64): 0.60,
        ("float64", 32): 0.75,
        ("float64", 64): 0.75,
    },
    "JAX scan": 0.55,
    "DeepLearning4j": {("float32", 32): 0.22, ("float32", 64): 0.19, ("float64", 32): 0.22},
}


def steps(quick, threads):
    """Tables of a step: milliseconds, and ratios against the goals."""
    shapes = [(100, 32)] if quick else [(50, 32), (100, 32), (200, 32), (50, 64), (100, 64)]
    shapes += [] if quick else [(200, 64)]
    rounds = 2 if quick else 5
    if threads > 1:
        shapes = [shape for shape in shapes if shape[0] == 100]
    times = {}
    for dtype in ("float32", "float64"):
        for shape in shapes:
            times[(dtype, *shape)] = _one_shape(*shape, dtype, rounds, warm_up=2 if quick else 12)
    names = list(dict.fromkeys(name for found in times.values() for name in found))
    where = "one core, pinned" if threads == 1 else f"{threads} threads, free"
    milliseconds = Table(
        f"A training step, milliseconds ({where})",
        ["dtype", "T", "N", *names],
        [[*key, *(f"{found[name]:.0f}" for name in names)] for key, found in times.items()],
        ["Medians; all columns of a row are measured in turn, in one run."],
    )
    return [milliseconds, _ratios(times, where)]


def _one_shape(n_steps, n_examples, dtype, rounds, warm_up):
    shape = n_steps, n_examples, dtype
    cases = {"ours": training_step(make_network(dtype), make_batch(*shape)), **products(*shape)}
    cases["textbook NumPy"] = textbook_step(*shape)
    if peers.installed("torch"):
        cases["PyTorch nn.LSTM"] = peers.torch_lstm(*shape)
        cases["PyTorch peephole loop"] = peers.torch_loop(*shape)
        cases["PyTorch loop, scripted"] = peers.torch_loop(*shape, script=True)
    if peers.installed("jax"):
        cases["JAX scan"] = peers.jax_scan(*shape)
    if "DL4J" in os.environ:
        cases["DeepLearning4j"] = peers.DL4J(*shape, warm_up)
    found = interleaved(cases, rounds)
    if "DeepLearning4j" in cases:
        cases["DeepLearning4j"].close()
    return found


def _ratios(times, where):
    theirs = list(dict.fromkeys(name for found in times.values() for name in found))
    theirs = ["products", *(n for n in theirs if n != "ours" and not n.startswith("products"))]
    rows = []
    for (dtype, n_steps, n_examples), found in times.items():
        found = {**found, "products": min(found["products, rows"], found["products, columns"])}
        row = [dtype, n_steps, n_examples]
        for name in theirs:
            goal = GOALS.get(name)
            goal = goal.get((dtype, n_examples)) if isinstance(goal, dict) else goal
            ratio = found["ours"] / found[name]
            row.append(f"{ratio:.2f}" + (f" (goal {goal:.2f})" if goal else ""))
        rows.append(row)
    return Table(
        f"A training step, ours / theirs ({where})",
        ["dtype", "T", "N", *theirs],
        rows,
        [
            "products: the step's own matrix products alone, the faster of two layouts. "
            "PyTorch's nn.LSTM has tanh and no peepholes; the loops and JAX have the same "
            "equations as ours. Below 1 ours is the faster."
        ],
    )


def forward(quick, threads):
    """Forward alone, float32, against onnxruntime."""
    if not (peers.installed("onnxruntime") and peers.installed("onnx")):
        return [Table("Forward alone: onnxruntime or onnx is not installed", [], [], [])]
    rows = []
    for shape in [(100, 32)] if quick else [(50, 32), (100, 32), (200, 32), (100, 64)]:
        layer = make_network("float32").layers["lstm"]
        x = make_batch(*shape, "float32").features
        cases = {
            "ours": lambda layer=layer, x=x: layer.forward(x) and None,
            "onnxruntime": peers.onnx_forward(*shape, threads),
        }
        found = interleaved(cases, 3 if quick else 21)
        ratio = found["ours"] / found["onnxruntime"]
        row = [*shape, f"{found['ours']:.1f}", f"{found['onnxruntime']:.1f}"]
        rows.append([*row, f"{ratio:.2f} (goal 1.15)"])
    columns = ["T", "N", "ours, ms", "onnxruntime, ms", "ours / theirs"]
    title = "The layer forward alone, float32 (one core, pinned)"
    return [Table(title, columns, rows, [])]
