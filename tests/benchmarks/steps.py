"""A training step of the example's network against everybody else's, in one run."""

import os

from . import peers
from .measure import Table, blas, interleaved
from .ours import make_batch, make_network, products, textbook_step, training_step

__all__ = ["forward", "steps", "steps_at_100"]

# The goals, ours / theirs, by peer and (dtype, N).
SHAPES = [("float32", 32), ("float32", 64), ("float64", 32), ("float64", 64)]
GOALS = {
    "products": (1.30, 1.28, 1.12, 1.18),
    "PyTorch nn.LSTM": (1.00, 0.92, 0.78, 0.78),
    "PyTorch peephole loop": (0.60, 0.58, 0.70, 0.65),
    "JAX scan": (0.55, 0.52, 0.45, 0.40),
    "DeepLearning4j": (0.18, 0.17, 0.19, 0.16),
}
FORWARD_GOALS = {32: 1.25, 64: 1.10}


def steps(quick, threads):
    """Tables of a step: milliseconds, and ratios against the goals."""
    shapes = [(n_steps, n) for n in (32, 64) for n_steps in (50, 100, 200)]
    return _tables([(100, 32)] if quick else shapes, quick, "DL4J" in os.environ)


def steps_at_100(quick, threads):
    """The same for T = 100, with the kernels of the environment; DeepLearning4j has its own."""
    tables = _tables([(100, 32)] if quick else [(100, 32), (100, 64)], quick, with_dl4j=False)
    return [table._replace(title=f"{table.title}: {blas()}") for table in tables]


def _tables(shapes, quick, with_dl4j):
    rounds, warm_up, times = (2 if quick else 5), (2 if quick else 12), {}
    for dtype in ("float32", "float64"):
        for shape in shapes:
            times[(dtype, *shape)] = _one_shape(*shape, dtype, rounds, warm_up, with_dl4j)
    names = list(dict.fromkeys(name for found in times.values() for name in found))
    milliseconds = Table(
        "A training step, milliseconds (one core, pinned)",
        ["dtype", "T", "N", *names],
        [[*key, *(f"{found[name]:.0f}" for name in names)] for key, found in times.items()],
        ["Medians; all columns of a row are measured in turn, in one run."],
    )
    return [milliseconds, _ratios(times)]


def _one_shape(n_steps, n_examples, dtype, rounds, warm_up, with_dl4j):
    shape = n_steps, n_examples, dtype
    cases = {"ours": training_step(make_network(dtype), make_batch(*shape)), **products(*shape)}
    cases["textbook NumPy"] = textbook_step(*shape)
    if peers.installed("torch"):
        cases["PyTorch nn.LSTM"] = peers.torch_lstm(*shape)
        cases["PyTorch peephole loop"] = peers.torch_loop(*shape)
    if peers.installed("jax"):
        cases["JAX scan"] = peers.jax_scan(*shape)
    if with_dl4j:
        cases["DeepLearning4j"] = peers.DL4J(*shape, warm_up)
    found = interleaved(cases, rounds)
    if "DeepLearning4j" in cases:
        cases["DeepLearning4j"].close()
    return found


def _ratios(times):
    theirs = list(dict.fromkeys(name for found in times.values() for name in found))
    theirs = ["products", *(n for n in theirs if n != "ours" and not n.startswith("products"))]
    rows = []
    for (dtype, n_steps, n_examples), found in times.items():
        found = {**found, "products": min(found["products, rows"], found["products, columns"])}
        row = [dtype, n_steps, n_examples]
        for name in theirs:
            goal = name in GOALS and GOALS[name][SHAPES.index((dtype, n_examples))]
            ratio = found["ours"] / found[name]
            row.append(f"{ratio:.2f}" + (f" (goal {goal:.2f})" if goal else ""))
        rows.append(row)
    return Table(
        "A training step, ours / theirs (one core, pinned)",
        ["dtype", "T", "N", *theirs],
        rows,
        [
            "products: the step's own matrix products alone, the faster of two layouts. "
            "PyTorch's nn.LSTM has tanh and no peepholes; the loops (subnormal numbers flushed to "
            "zero) and JAX have the same equations as ours. Below 1 ours is the faster. The goals "
            "are for T = 100; at 50 and 200 the ratios are to be within 10 % of those."
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
        rows.append([*row, f"{ratio:.2f} (goal {FORWARD_GOALS[shape[1]]:.2f})"])
    columns = ["T", "N", "ours, ms", "onnxruntime, ms", "ours / theirs"]
    title = "The layer forward alone, float32 (one core, pinned)"
    return [Table(title, columns, rows, [])]
